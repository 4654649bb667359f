/**
 * Names of everything under a store's root directory: one function per kind of file, and
 * {@linkcode parseOffsetName} that inverts the numbered ones. Nobody else spells a file name.
 *
 * @module
 */
import { join } from "node:path";

/** Fixed names under the root. */
export const NAME = {
  commitLog: "commitlog",
  consumeQueue: "consumequeue",
  consumeQueueExt: "consumequeue_ext",
  batchConsumeQueue: "batchconsumequeue",
  index: "index",
  config: "config",
  checkpoint: "checkpoint",
  abort: "abort",
  lock: "lock",
  timerWheel: "timerwheel",
  timerLog: "timerlog",
  topics: "topics.json",
  subscriptionGroups: "subscriptionGroup.json",
  consumerOffsets: "consumerOffset.json",
  /** Stands in for it where a broker has light message queues. */
  lmqConsumerOffsets: "lmqConsumerOffset.json",
  delayOffsets: "delayOffset.json",
  /** RocksDB keeps this file where a consume queue directory of its kind is meant. */
  rocksDbMarker: "CURRENT",
} as const;

/** Paths of one store. */
export interface StorePaths {
  readonly root: string;
  readonly commitLog: string;
  readonly consumeQueue: string;
  readonly consumeQueueExt: string;
  readonly batchConsumeQueue: string;
  readonly index: string;
  readonly config: string;
  readonly checkpoint: string;
  readonly abort: string;
  readonly lock: string;
}

/** Where the parts of a store lie; the commit log may have a place of its own. */
export function storePaths(root: string, commitLog?: string): StorePaths {
  return {
    root,
    commitLog: commitLog ?? join(root, NAME.commitLog),
    consumeQueue: join(root, NAME.consumeQueue),
    consumeQueueExt: join(root, NAME.consumeQueueExt),
    batchConsumeQueue: join(root, NAME.batchConsumeQueue),
    index: join(root, NAME.index),
    config: join(root, NAME.config),
    checkpoint: join(root, NAME.checkpoint),
    abort: join(root, NAME.abort),
    lock: join(root, NAME.lock),
  };
}

/** Directory of one queue under `consumequeue` or one of its sisters. */
export function queueDirectory(parent: string, queue: { topic: string; queueId: number }): string {
  return join(parent, queue.topic, String(queue.queueId));
}

const OFFSET_DIGITS = 20;

/** Name of a log-like file: its start offset, 20 digits. */
export function offsetName(start: number): string {
  return String(start).padStart(OFFSET_DIGITS, "0");
}

/** Start offset a file name states, or `undefined` for a name that is not one. */
export function parseOffsetName(name: string): number | undefined {
  if (!/^\d{20}$/.test(name)) return undefined;
  const start = Number(name);
  return Number.isSafeInteger(start) ? start : undefined;
}

/** Name of an index file: local time to the millisecond, 17 digits. */
export function indexName(timeMs: number): string {
  const time = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}` +
    `${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}` +
    String(time.getMilliseconds()).padStart(3, "0");
}

/** Whether a name can be that of an index file. */
export function isIndexName(name: string): boolean {
  return /^\d{17}$/.test(name);
}
