/**
 * Finds the consume queues a command is to read: those of a store, of one of its queue trees, of a
 * topic, a lone queue folder, or one file.
 *
 * @module
 */
import { basename, dirname, join, resolve, sep } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import { NAME, parseOffsetName, type StorePaths, storePaths } from "../../store/names.ts";
import { listQueues, type QueueDirectory, type QueueKind } from "../../store/queue_reader.ts";
import { listSegments, type SegmentList } from "../../store/segments.ts";
import { Failure } from "../failure.ts";
import { notA, type Place, placeAt } from "./store_path.ts";
import { rocksText } from "./topic_table.ts";
import type { Terminal } from "../terminal.ts";

/** What each kind of queue is called, and the command that shows it. */
const WANTED: Readonly<Record<QueueKind, string>> = {
  simple: "consume queue",
  batch: "batch consume queue",
};
const COMMAND: Readonly<Record<QueueKind, string>> = {
  simple: "mq inspect consumequeue",
  batch: "mq inspect batchconsumequeue",
};

/** A queue that was found. */
export interface QueuePlace extends QueueDirectory {
  readonly segments: SegmentList;
  /** Its extension files, which may be none. */
  readonly extensions: SegmentList;
}

/** Queues that were found. */
export interface FoundQueues {
  /** Of the kind wanted, sorted by topic and queue id. */
  readonly places: readonly QueuePlace[];
  /** Topics that have queues of the other kind. */
  readonly otherTopics: ReadonlySet<string>;
  /** Folders of the commit log they lead to; they may not be there. */
  readonly commitLogs: readonly string[];
}

/** Finds the queues of one kind at a path. Throws a failure when there can be none. */
export function queuesAt(
  terminal: Terminal,
  argument: string | undefined,
  kind: QueueKind = "simple",
): FoundQueues {
  const { files } = terminal;
  const place = placeAt(terminal, argument);
  const { path } = place;
  if (place.kind === "store") return queuesOf(terminal, place, kind);
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
  kind: QueueKind,
): FoundQueues {
  const { files } = terminal;
  const { consumeQueue, batchConsumeQueue, commitLogs } = place.paths;
  const wanted = kind === "simple" ? consumeQueue : batchConsumeQueue;
  const all = storeQueues(files, place.paths);
  const others = all.filter((it) => it.kind !== kind).map((it) => it.topic);
  if (files.stat(wanted) === undefined && others.length === 0) {
    throw notA(terminal, place, WANTED[kind]);
  }
  const places = all.filter((it) => it.kind === kind).map((queue) => placeOf(files, queue));
  return { places, otherTopics: new Set(others), commitLogs };
}

/** The queues of a tree, of a topic's folder, or the one whose folder it is. */
function folderQueues(files: FileSystem, path: string, kind: QueueKind): QueuePlace[] {
  if (basename(path) === NAME.consumeQueue || basename(path) === NAME.batchConsumeQueue) {
    return storeQueues(files, storePaths(dirname(path)))
      .filter((queue) => queue.kind === kind).map((queue) => placeOf(files, queue));
  }
  const lone = lonePlace(files, path, kind);
  if (lone !== undefined) return [lone];
  const queues = files.list(path).flatMap((name) => {
    const queue = /^\d+$/.test(name) ? lonePlace(files, join(path, name), kind) : undefined;
    return queue === undefined ? [] : [queue];
  });
  return queues.sort((a, b) => a.queueId - b.queueId);
}

/** Those of the queues that are asked for. */
export function wantedQueues(
  found: FoundQueues,
  { topic, queue }: { readonly topic?: string | undefined; readonly queue?: number | undefined },
): FoundQueues {
  const places = found.places
    .filter((it) => topic === undefined || it.topic === topic)
    .filter((it) => queue === undefined || it.queueId === queue);
  const others = [...found.otherTopics].filter((it) => topic === undefined || it === topic);
  return { ...found, places, otherTopics: new Set(others) };
}

/** Says where the queues of a topic are that this command does not show. */
export function otherKindNote(kind: QueueKind): string {
  const other = kind === "simple" ? "batch" : "simple";
  return `${WANTED[other]}s are left out: ${COMMAND[other]}`;
}

/** All queues of a store. Throws a failure for queues that are in RocksDB. */
export function storeQueues(files: FileSystem, paths: StorePaths): readonly QueueDirectory[] {
  const { queues, isRocksDb } = listQueues(files, paths);
  if (!isRocksDb) return queues;
  throw new Failure(rocksText(paths.root, ["consume queues"]));
}

function placeOf(files: FileSystem, queue: QueueDirectory): QueuePlace {
  const root = dirname(dirname(dirname(queue.path)));
  const extensions = join(root, NAME.consumeQueueExt, queue.topic, String(queue.queueId));
  return {
    ...queue,
    segments: listSegments(files, queue.path),
    extensions: listSegments(files, extensions),
  };
}

/** The queue whose folder this is; `undefined` when it holds no file of one. */
function lonePlace(files: FileSystem, path: string, kind: QueueKind): QueuePlace | undefined {
  if (files.stat(path)?.isDirectory !== true) return undefined;
  if (listSegments(files, path).segments.length === 0) return undefined;
  return placeOf(files, { kind, path, ...namesOf(path) });
}

function fileQueue(terminal: Terminal, place: Place, kind: QueueKind): QueuePlace {
  const { path } = place;
  const start = parseOffsetName(basename(path));
  if (start === undefined) throw notA(terminal, place, WANTED[kind]);
  const { size: length, allocatedBytes } = terminal.files.stat(path)!;
  const queue = placeOf(terminal.files, { kind, path: dirname(path), ...namesOf(dirname(path)) });
  const segments = [{ start, length, allocatedBytes, name: basename(path), path }];
  return { ...queue, segments: { segments, strays: [], segmentBytes: length } };
}

/** Topic and queue id a queue's folder stands for. */
function namesOf(path: string): { topic: string; queueId: number } {
  const whole = resolve(path);
  const name = basename(whole);
  return { topic: basename(dirname(whole)), queueId: /^\d+$/.test(name) ? Number(name) : 0 };
}

/** The kind of queue a path lies in by its name. */
function kindOfPath(path: string): QueueKind | undefined {
  const parts = resolve(path).split(sep);
  const at = (name: string) => parts.lastIndexOf(name);
  const [simple, batch] = [at(NAME.consumeQueue), at(NAME.batchConsumeQueue)];
  if (simple === batch) return undefined;
  return simple > batch ? "simple" : "batch";
}
