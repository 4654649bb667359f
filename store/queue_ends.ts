/**
 * The file `queueends`: how a clean stop left the queues, so that the next start need not look for the
 * end of each. It is written when everything else is on the disk, and removed before anything is
 * written again; a process that was killed leaves none that could be believed.
 *
 * Where it does not fit the log and the checkpoint beside it, for instance because a Java broker ran
 * since, it counts for nothing. What becomes of it at a start is told in `clean_start.ts`.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { type FileSystem, readWholeFile, replaceWholeFile } from "./file.ts";
import { QUEUE_ENDS, QUEUE_ENDS_HEAD, QUEUE_ENDS_QUEUE, QUEUE_ENDS_TOPIC } from "./format.ts";
import { readI64, type ValueOf, writeI64 } from "./layout.ts";
import type { StorePaths } from "./names.ts";
import { listSegments } from "./segments.ts";

const HEAD = QUEUE_ENDS_HEAD;
const TOPIC = QUEUE_ENDS_TOPIC;
const QUEUE = QUEUE_ENDS_QUEUE;

/** How one queue was left; see the table in `format.ts`. */
export type QueueEnd = ValueOf<typeof QUEUE_ENDS_QUEUE.rows>;

/** How the queues of one topic were left. */
export interface TopicEnds {
  readonly topic: string;
  /** When its folder was changed last, −1 without it. */
  readonly folderTime: number;
  readonly queues: readonly QueueEnd[];
}

/** How the queues of one kind were left. */
export interface QueueTreeEnds {
  /** When the folder of all topics was changed last, −1 without it. */
  readonly folderTime: number;
  readonly topics: readonly TopicEnds[];
}

/** How a store was left. */
export interface QueueEnds {
  readonly logStart: number;
  readonly logEnd: number;
  /** Log offset of the last record with keys in the index. */
  readonly indexEnd: number;
  readonly queues: QueueTreeEnds;
  readonly batchQueues: QueueTreeEnds;
}

/** When a file or folder was changed last, −1 without it. Runtimes tell parts of a millisecond or not. */
export function changeTime(fs: FileSystem, path: string): number {
  const stat = fs.stat(path);
  return stat === undefined ? -1 : Math.floor(stat.mtimeMs);
}

/** Checksum over what can be seen of a queue's files in front of the one that starts at `fileStart`. */
export function olderFilesCrc(fs: FileSystem, directory: string, fileStart: number): number {
  const file = new DataView(new ArrayBuffer(24));
  let crc = 0;
  for (const { start, length, path } of listSegments(fs, directory).segments) {
    if (start >= fileStart) break;
    [start, length, changeTime(fs, path)].forEach((it, nth) => writeI64(file, nth * 8, it));
    crc = crc32(new Uint8Array(file.buffer), crc);
  }
  return crc | 0;
}

/** Writes the table; a crash leaves it whole or not at all. */
export function writeQueueEnds(fs: FileSystem, paths: StorePaths, ends: QueueEnds): void {
  const bytes = encodeQueueEnds(ends, checkpointCrc(fs, paths));
  replaceWholeFile(fs, paths.queueEnds, { bytes, directory: paths.root });
}

/** Removes the table; the caller syncs the folder before it writes anything else. */
export function removeQueueEnds(fs: FileSystem, paths: StorePaths): void {
  fs.remove(paths.queueEnds);
  // A crash can have come while it was written.
  fs.remove(`${paths.queueEnds}.tmp`);
}

/** Reads the table; `undefined` where there is none, or none that is whole and fits the checkpoint. */
export function readQueueEnds(fs: FileSystem, paths: StorePaths): QueueEnds | undefined {
  const bytes = readWholeFile(fs, paths.queueEnds);
  return bytes === undefined ? undefined : decodeQueueEnds(bytes, checkpointCrc(fs, paths));
}

/** Whether there is a table that is whole and fits the checkpoint; one of many queues is large in memory. */
export function hasQueueEnds(fs: FileSystem, paths: StorePaths): boolean {
  const bytes = readWholeFile(fs, paths.queueEnds);
  if (bytes === undefined) return false;
  const view = viewOf(bytes);
  const head = readHead(view, checkpointCrc(fs, paths));
  const end = head && endOfTopics(view, HEAD.size, head.topicCount);
  return end !== undefined && endOfTopics(view, end, head!.batchTopicCount) === bytes.length;
}

function checkpointCrc(fs: FileSystem, paths: StorePaths): number {
  return crc32(readWholeFile(fs, paths.checkpoint) ?? new Uint8Array(0)) | 0;
}

/** The table as it stands in its file. */
export function encodeQueueEnds(ends: QueueEnds, checkpointCRC: number): Uint8Array {
  const bytes = new Uint8Array(sizeOf(ends));
  const view = new DataView(bytes.buffer);
  const { logStart, logEnd, indexEnd, queues, batchQueues } = ends;
  let at = HEAD.size;
  for (const { folderTime, topic, queues: rows } of [...queues.topics, ...batchQueues.topics]) {
    at += TOPIC.write(view, at, { folderTime, queueCount: rows.length, topic });
    for (const row of rows) at += QUEUE.write(view, at, row);
  }
  HEAD.write(view, 0, {
    ...QUEUE_ENDS,
    tableCRC: 0,
    checkpointCRC,
    logStart,
    logEnd,
    indexEnd,
    folderTime: queues.folderTime,
    topicCount: queues.topics.length,
    batchFolderTime: batchQueues.folderTime,
    batchTopicCount: batchQueues.topics.length,
  });
  view.setInt32(HEAD.at.tableCRC, tableCrc(bytes));
  return bytes;
}

function sizeOf({ queues, batchQueues }: QueueEnds): number {
  let size = HEAD.size;
  for (const { topics } of [queues, batchQueues]) {
    for (const { topic, queues: rows } of topics) {
      size += TOPIC.sizeOf({ folderTime: 0, queueCount: 0, topic }) + rows.length * QUEUE.size;
    }
  }
  return size;
}

function tableCrc(bytes: Uint8Array): number {
  return crc32(bytes.subarray(HEAD.at.tableCRC + 4)) | 0;
}

/** Reads a table; `undefined` for bytes that are none, or that speak of another checkpoint. */
export function decodeQueueEnds(bytes: Uint8Array, checkpointCRC: number): QueueEnds | undefined {
  const view = viewOf(bytes);
  const head = readHead(view, checkpointCRC);
  if (head === undefined) return undefined;
  const simple = readTopics(view, HEAD.size, head.topicCount);
  const batch = simple && readTopics(view, simple.end, head.batchTopicCount);
  if (batch?.end !== bytes.length) return undefined;
  const { logStart, logEnd, indexEnd, folderTime, batchFolderTime } = head;
  return {
    logStart,
    logEnd,
    indexEnd,
    queues: { folderTime, topics: simple!.topics },
    batchQueues: { folderTime: batchFolderTime, topics: batch.topics },
  };
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** The head of a table that is whole and speaks of this checkpoint. */
function readHead(view: DataView, checkpointCRC: number): ValueOf<typeof HEAD.rows> | undefined {
  if (view.byteLength < HEAD.size) return undefined;
  const head = HEAD.read(view, 0);
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const isWhole = head.magic === QUEUE_ENDS.magic && head.version === QUEUE_ENDS.version &&
    head.tableCRC === tableCrc(bytes);
  return isWhole && head.checkpointCRC === checkpointCRC ? head : undefined;
}

interface TopicsRead {
  readonly topics: readonly TopicEnds[];
  /** Position behind them. */
  readonly end: number;
}

/** Reads so many topics; `undefined` where there are not so many. */
function readTopics(view: DataView, from: number, count: number): TopicsRead | undefined {
  const topics: TopicEnds[] = [];
  let at = from;
  for (let nth = 0; nth < count; nth++) {
    const head = readTopic(view, at);
    if (head === undefined) return undefined;
    const { topic, folderTime, end } = head;
    const queues: QueueEnd[] = [];
    for (at = head.queuesAt; at < end; at += QUEUE.size) queues.push(readQueue(view, at));
    topics.push({ topic, folderTime, queues });
  }
  return { topics, end: at };
}

/** Position behind so many topics. */
function endOfTopics(view: DataView, from: number, count: number): number | undefined {
  let at: number | undefined = from;
  for (let nth = 0; nth < count && at !== undefined; nth++) at = readTopic(view, at)?.end;
  return at;
}

/** A topic without its queues, and where these are. */
function readTopic(view: DataView, at: number) {
  const fields = [...TOPIC.walk(view, at)].map((it) => it.value);
  const [folderTime, queueCount, topic] = fields as [number, number, string | undefined];
  if (topic === undefined) return undefined;
  const queuesAt = at + TOPIC.sizeOf({ folderTime, queueCount, topic });
  const end = queuesAt + queueCount * QUEUE.size;
  if (queueCount < 0 || end > view.byteLength) return undefined;
  return { topic, folderTime, queuesAt, end };
}

/** As `QUEUE.read`, which is too slow for tens of thousands. */
function readQueue(view: DataView, at: number): QueueEnd {
  return {
    queueId: view.getInt32(at + QUEUE.at.queueId),
    min: readI64(view, at + QUEUE.at.min),
    end: readI64(view, at + QUEUE.at.end),
    firstUnit: readI64(view, at + QUEUE.at.firstUnit),
    endUnit: readI64(view, at + QUEUE.at.endUnit),
    staleEnd: readI64(view, at + QUEUE.at.staleEnd),
    physicalOffset: readI64(view, at + QUEUE.at.physicalOffset),
    size: view.getInt32(at + QUEUE.at.size),
    fileStart: readI64(view, at + QUEUE.at.fileStart),
    fileBytes: readI64(view, at + QUEUE.at.fileBytes),
    fileTime: readI64(view, at + QUEUE.at.fileTime),
    olderFilesCRC: view.getInt32(at + QUEUE.at.olderFilesCRC),
  };
}
