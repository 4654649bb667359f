/**
 * Names of everything under a store's root directory: one function per kind of file, and
 * {@linkcode parseOffsetName} that inverts the numbered ones. Nobody else spells a file name.
 *
 * @module
 */
import { join, sep } from "node:path";

/** Fixed names under the root. */
export const NAME = {
  commitLog: "commitlog",
  consumeQueue: "consumequeue",
  consumeQueueExt: "consumequeue_ext",
  batchConsumeQueue: "batchconsumequeue",
  index: "index",
  config: "config",
  checkpoint: "checkpoint",
  /** Kept by mq alone; a Java broker does not look at it. */
  queueEnds: "queueends",
  /** Kept by mq alone, too, while a recovery is under way. */
  recoveryProgress: "recoveryprogress",
  abort: "abort",
  lock: "lock",
  timerWheel: "timerwheel",
  timerLog: "timerlog",
  /** Under `config`, as are the JSON files. */
  timerCheckpoint: "timercheck",
  timerMetrics: "timermetrics",
  epochFile: "epochFileCheckpoint",
  topics: "topics.json",
  subscriptionGroups: "subscriptionGroup.json",
  consumerOffsets: "consumerOffset.json",
  /** Stands in for it where a broker has light message queues. */
  lmqConsumerOffsets: "lmqConsumerOffset.json",
  delayOffsets: "delayOffset.json",
  consumerFilters: "consumerFilter.json",
  /** RocksDB keeps this file where a consume queue directory of its kind is meant. */
  rocksDbMarker: "CURRENT",
} as const;

/** Paths of one store. */
export interface StorePaths {
  readonly root: string;
  /** Folder of the commit log; the first where it has several. */
  readonly commitLog: string;
  /** All folders of the commit log, those that get no new files last. */
  readonly commitLogs: readonly string[];
  /** Those of them that get no new files. */
  readonly readOnlyCommitLogs: readonly string[];
  readonly consumeQueue: string;
  readonly consumeQueueExt: string;
  readonly batchConsumeQueue: string;
  readonly index: string;
  readonly config: string;
  readonly checkpoint: string;
  readonly queueEnds: string;
  readonly recoveryProgress: string;
  readonly abort: string;
  readonly lock: string;
}

/** Where a commit log lies that is not under the root. */
export interface CommitLogPlace {
  /** Its folder, or several, separated by commas (Java: `storePathCommitLog`). */
  readonly commitLogPath?: string | undefined;
  /** Folders with files of it that get no new ones (Java: `readOnlyCommitLogStorePaths`). */
  readonly readOnlyCommitLogPath?: string | undefined;
}

/**
 * Where the parts of a store lie; the commit log may have a place of its own, or several.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { storePaths } from "./names.ts";
 *
 * const place = { commitLogPath: "/a,/b", readOnlyCommitLogPath: "/old" };
 * assert.deepEqual(storePaths("/store", place).commitLogs, ["/a", "/b", "/old"]);
 * assert.deepEqual(storePaths("/store").commitLogs, ["/store/commitlog"]);
 * ```
 */
export function storePaths(root: string, place: string | CommitLogPlace = {}): StorePaths {
  const { commitLogPath = "", readOnlyCommitLogPath = "" } = typeof place === "string"
    ? { commitLogPath: place }
    : place;
  const readOnly = foldersIn(readOnlyCommitLogPath);
  const given = foldersIn(commitLogPath);
  const all = given.length > 0 ? given : [join(root, NAME.commitLog)];
  const commitLogs = [...new Set([...all.filter((it) => !readOnly.includes(it)), ...readOnly])];
  return {
    root,
    commitLog: commitLogs[0]!,
    commitLogs,
    readOnlyCommitLogs: readOnly,
    consumeQueue: join(root, NAME.consumeQueue),
    consumeQueueExt: join(root, NAME.consumeQueueExt),
    batchConsumeQueue: join(root, NAME.batchConsumeQueue),
    index: join(root, NAME.index),
    config: join(root, NAME.config),
    checkpoint: join(root, NAME.checkpoint),
    queueEnds: join(root, NAME.queueEnds),
    recoveryProgress: join(root, NAME.recoveryProgress),
    abort: join(root, NAME.abort),
    lock: join(root, NAME.lock),
  };
}

function foldersIn(setting: string): string[] {
  return setting.split(",").map((it) => it.trim()).filter((it) => it !== "");
}

/** Directory of one queue under `consumequeue` or one of its sisters. */
export function queueDirectory(parent: string, queue: { topic: string; queueId: number }): string {
  // Tens of thousands are named at a start; a topic has nothing in it to normalize.
  const topic = queue.topic === "" ? parent : parent + sep + queue.topic;
  return topic + sep + queue.queueId;
}

/**
 * The queue id a folder of a topic stands for, as Java writes it: `07` would be taken for queue 7, whose
 * folder is another. Below 0 it is one that damage wrote into a record; a Java broker takes it up, too.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseQueueId } from "./names.ts";
 * assert(parseQueueId("7") === 7 && parseQueueId("07") === undefined);
 * ```
 */
export function parseQueueId(name: string): number | undefined {
  const queueId = Number(name);
  const isId = /^(0|-?[1-9]\d{0,9})$/.test(name) && queueId === (queueId | 0);
  return isId ? queueId : undefined;
}

/** Folder for files that are being made for a folder brokers load; on the same disk, if it can be. */
export function unfinishedFolder(folder: string): string {
  return `${folder}.unfinished`;
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

/**
 * Name for a new index file, behind the last one. The time is that of its first record unless that
 * does not lead behind the last name, or nowhere: the clock was ahead, or a bit of the record flipped.
 */
export function nextIndexName(timeMs: number, last: string | undefined): string {
  const name = indexName(timeMs);
  const first = isIndexName(name) ? name : indexName(0);
  if (last === undefined) return first;
  if (isIndexName(name) && name > last) return name;
  const at = last.search(/[0-8]9*$/);
  // Nothing is behind a name of nines alone, which no broker gives.
  if (at < 0) return first;
  return last.slice(0, at) + (Number(last[at]) + 1) + "0".repeat(last.length - at - 1);
}

/** Whether a name can be that of an index file. */
export function isIndexName(name: string): boolean {
  return /^\d{17}$/.test(name);
}
