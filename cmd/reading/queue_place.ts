/**
 * Finds the consume queues a command is to read: those of a store, of one of its queue trees, of a
 * topic, a lone queue folder, or one file.
 *
 * @module
 */
import { basename, dirname, join, resolve, sep } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import {
  NAME,
  parseOffsetName,
  parseQueueId,
  type StorePaths,
  storePaths,
} from "../../store/names.ts";
import {
  listQueueFiles,
  type QueueDirectory,
  type QueueKind,
  QueueTrees,
} from "../../store/queue_reader.ts";
import { listSegments, type SegmentList } from "../../store/segments.ts";
import { Failure } from "../failure.ts";
import { holdsQueue } from "./file_content.ts";
import { notA, type Place, placeAt } from "./store_path.ts";
import { rocksText } from "./topic_table.ts";
import { note, type Terminal } from "../terminal.ts";

/** What each kind of queue is called, and the command that shows it. */
const WANTED: Readonly<Record<QueueKind, string>> = {
  simple: "consume queue",
  batch: "batch consume queue",
};
const COMMAND: Readonly<Record<QueueKind, string>> = {
  simple: "mq inspect consumequeue",
  batch: "mq inspect batchconsumequeue",
};

/** A queue with its files. */
export interface QueuePlace extends QueueDirectory {
  readonly segments: SegmentList;
  /** Its extension files, which may be none. */
  readonly extensions: SegmentList;
}

/** A queue that was found. */
export interface FoundQueue extends QueueDirectory {
  /** Lists its files. Of many queues those of few are in memory at a time. */
  open(): QueuePlace;
}

/** Queues that were found. */
export interface FoundQueues {
  /** Of the kind wanted, sorted by topic and queue id; found while one goes over them. */
  readonly places: Iterable<FoundQueue>;
  /** Topics that have queues of the other kind. */
  readonly otherTopics: ReadonlySet<string>;
  /** Folders of the commit log they lead to; they may not be there. */
  readonly commitLogs: readonly string[];
}

/** Which queues are asked for. */
export interface QueueWish {
  readonly kind: QueueKind;
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
}

/** Finds those queues of one kind at a path that are asked for. Throws a failure when there can be none. */
export function queuesAt(
  terminal: Terminal,
  argument: string | undefined,
  wish: QueueWish,
): FoundQueues {
  const found = queuesIn(terminal, argument, wish);
  const { topic, queue } = wish;
  const places: Iterable<FoundQueue> = {
    *[Symbol.iterator]() {
      for (const place of found.places) {
        const isWanted = topic === undefined || place.topic === topic;
        if (isWanted && (queue === undefined || place.queueId === queue)) yield place;
      }
    },
  };
  const others = [...found.otherTopics].filter((it) => topic === undefined || it === topic);
  return { ...found, places, otherTopics: new Set(others) };
}

function queuesIn(
  terminal: Terminal,
  argument: string | undefined,
  wish: QueueWish,
): FoundQueues {
  const { kind } = wish;
  const { files } = terminal;
  const place = placeAt(terminal, argument);
  const { path } = place;
  if (place.kind === "store") return queuesOf(terminal, place, wish);
  const pathKind = kindOfPath(path);
  if (pathKind !== undefined && pathKind !== kind) {
    throw new Failure(
      `"${path}" is no ${WANTED[kind]} but a ${WANTED[pathKind]}: ${COMMAND[pathKind]}`,
    );
  }
  const places = place.kind === "file"
    ? [fileQueue(terminal, place, kind)]
    : folderQueues(files, path, kind);
  if (places.length === 0) throw notA(terminal, place, WANTED[kind]);
  const [first] = places;
  // Not `dirname`: the path may begin below the root.
  const root = first === undefined ? path : join(first.path, "..", "..", "..");
  const { commitLogPath } = terminal;
  return {
    places,
    otherTopics: new Set(),
    commitLogs: storePaths(root, { commitLogPath }).commitLogs,
  };
}

function queuesOf(
  terminal: Terminal,
  place: Place & { readonly kind: "store" },
  wish: QueueWish,
): FoundQueues {
  const { files } = terminal;
  const { kind } = wish;
  const { consumeQueue, batchConsumeQueue, commitLogs } = place.paths;
  const wanted = kind === "simple" ? consumeQueue : batchConsumeQueue;
  const trees = storeQueues(files, place.paths);
  const otherTree = kind === "simple" ? batchConsumeQueue : consumeQueue;
  const others = files.stat(otherTree) === undefined ? [] : [...trees.walk()];
  const otherTopics = new Set(others.filter((it) => it.kind !== kind).map((it) => it.topic));
  if (files.stat(wanted) === undefined && otherTopics.size === 0) {
    throw notA(terminal, place, WANTED[kind]);
  }
  return { places: treeQueues(files, trees, wish), otherTopics, commitLogs };
}

function treeQueues(
  files: FileSystem,
  trees: QueueTrees,
  { kind, topic }: QueueWish,
): Iterable<FoundQueue> {
  return {
    *[Symbol.iterator]() {
      for (const queue of trees.walk(topic)) {
        if (queue.kind === kind) yield foundQueue(files, queue);
      }
    },
  };
}

/** The queues of a tree, of a topic's folder, or the one whose folder it is. */
function folderQueues(
  files: FileSystem,
  path: string,
  kind: QueueKind,
): readonly FoundQueue[] {
  if (basename(path) === NAME.consumeQueue || basename(path) === NAME.batchConsumeQueue) {
    return [...treeQueues(files, storeQueues(files, storePaths(dirname(path))), { kind })];
  }
  const lone = lonePlace(files, path, kind);
  if (lone !== undefined) return [lone];
  const queues = files.list(path).flatMap((name) => {
    const isQueue = parseQueueId(name) !== undefined;
    const queue = isQueue ? lonePlace(files, join(path, name), kind) : undefined;
    return queue === undefined ? [] : [queue];
  });
  return queues.sort((a, b) => a.queueId - b.queueId);
}

/** Says where the queues of a topic are that this command does not show. */
export function otherKindNote(kind: QueueKind): string {
  const other = kind === "simple" ? "batch" : "simple";
  return `${WANTED[other]}s are left out: ${COMMAND[other]}`;
}

/** All queues of a store. Throws a failure for queues that are in RocksDB. */
export function storeQueues(files: FileSystem, paths: StorePaths): QueueTrees {
  const trees = new QueueTrees(files, paths);
  if (!trees.isRocksDb) return trees;
  throw new Failure(rocksText(paths.root, ["consume queues"]));
}

function foundQueue(files: FileSystem, queue: QueueDirectory): FoundQueue {
  return { ...namedQueue(queue), open: () => placeOf(files, queue) };
}

/** One that has its path as a property. */
function namedQueue({ kind, topic, queueId, path }: QueueDirectory): QueueDirectory {
  return { kind, topic, queueId, path };
}

function placeOf(files: FileSystem, queue: QueueDirectory): QueuePlace {
  const root = dirname(dirname(dirname(queue.path)));
  const extensions = join(root, NAME.consumeQueueExt, queue.topic, String(queue.queueId));
  return {
    ...namedQueue(queue),
    segments: listQueueFiles(files, queue),
    extensions: listSegments(files, extensions),
  };
}

/** The queue whose folder this is; `undefined` when it holds no file of one. */
function lonePlace(files: FileSystem, path: string, kind: QueueKind): FoundQueue | undefined {
  if (files.stat(path)?.isDirectory !== true) return undefined;
  if (listSegments(files, path).segments.length === 0) return undefined;
  return foundQueue(files, { kind, path, ...namesOf(path) });
}

function fileQueue(terminal: Terminal, place: Place, kind: QueueKind): FoundQueue {
  const { path } = place;
  const named = parseOffsetName(basename(path));
  if (named === undefined && !holdsQueue(terminal.files, path, kind)) {
    throw notA(terminal, place, WANTED[kind]);
  }
  if (named === undefined) {
    note(terminal, `"${path}" has not the name of a queue file: its units are counted from 0`);
  }
  const start = named ?? 0;
  const { size: length, allocatedBytes } = terminal.files.stat(path)!;
  const queue: QueueDirectory = { kind, path: dirname(path), ...namesOf(dirname(path)) };
  const segment = { start, length, allocatedBytes, name: basename(path), path };
  const segments = { segments: [segment], strays: [], segmentBytes: length };
  return { ...queue, open: () => ({ ...placeOf(terminal.files, queue), segments }) };
}

/** A queue by its topic and id. */
interface QueueNames {
  readonly topic: string;
  readonly queueId: number;
}

/** No topic has this name. */
const UNKNOWN: QueueNames = { topic: "", queueId: -1 };

/** What of a queue's names is told: nothing of one whose folder does not say. */
export function toldNames({ topic, queueId }: QueueNames): Partial<QueueNames> {
  return topic === UNKNOWN.topic ? {} : { topic, queueId };
}

/**
 * Topic and queue id a queue's folder stands for: those of a lone folder are believed where its name is
 * a number, those of one below a tree of queues where a queue has its place.
 */
export function namesOf(path: string): QueueNames {
  const parts = resolve(path).split(sep);
  const queueId = parseQueueId(parts.at(-1) ?? "");
  const topic = parts.at(-2) ?? "";
  const treeAt = Math.max(...TREES.map((name) => parts.lastIndexOf(name)));
  const isPlaced = treeAt < 0 || treeAt === parts.length - 3;
  return queueId === undefined || topic === "" || !isPlaced ? UNKNOWN : { topic, queueId };
}

const TREES = [NAME.consumeQueue, NAME.batchConsumeQueue, NAME.consumeQueueExt];

/** The kind of queue a path lies in by its name. */
function kindOfPath(path: string): QueueKind | undefined {
  const parts = resolve(path).split(sep);
  const at = (name: string) => parts.lastIndexOf(name);
  const [simple, batch] = [at(NAME.consumeQueue), at(NAME.batchConsumeQueue)];
  if (simple === batch) return undefined;
  return simple > batch ? "simple" : "batch";
}
