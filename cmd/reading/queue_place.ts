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
import type { Terminal } from "../terminal.ts";

const WANTED = "consume queue";

/** A queue that was found. */
export interface QueuePlace extends QueueDirectory {
  readonly segments: SegmentList;
  /** Its extension files, which may be none. */
  readonly extensions: SegmentList;
}

/** Finds the queues at a path, sorted. Throws a failure when there can be none. */
export function queuesAt(
  terminal: Terminal,
  argument: string | undefined,
  options: { readonly batch?: boolean | undefined } = {},
): QueuePlace[] {
  const { files } = terminal;
  const place = placeAt(terminal, argument);
  const { path } = place;
  if (place.kind === "store") {
    const { consumeQueue, batchConsumeQueue } = place.paths;
    if (![consumeQueue, batchConsumeQueue].some((it) => files.stat(it) !== undefined)) {
      throw notA(terminal, place, WANTED);
    }
    return storeQueues(files, place.paths).map((queue) => placeOf(files, queue));
  }
  const kind: QueueKind = options.batch === true || isBatchPath(path) ? "batch" : "simple";
  if (place.kind === "file") return [fileQueue(terminal, place, kind)];
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
  if (queues.length === 0) throw notA(terminal, place, WANTED);
  return queues.sort((a, b) => a.queueId - b.queueId);
}

/** All queues of a store. Throws a failure for queues that are in RocksDB. */
export function storeQueues(files: FileSystem, paths: StorePaths): readonly QueueDirectory[] {
  const { queues, isRocksDb } = listQueues(files, paths);
  if (!isRocksDb) return queues;
  throw new Failure(
    `Store "${paths.root}" keeps its consume queues in RocksDB, which mq does not read`,
  );
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
  if (start === undefined) throw notA(terminal, place, WANTED);
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

function isBatchPath(path: string): boolean {
  return resolve(path).split(sep).includes(NAME.batchConsumeQueue);
}
