/**
 * What a file holds by its content and length, for one that has not the name brokers gave it: a copy, a
 * file somebody saved under another name.
 *
 * @module
 */
import type { FileSystem } from "../../store/file.ts";
import {
  BATCH_QUEUE_UNIT,
  CHECKPOINT,
  INDEX_HEADER,
  MAGIC,
  MESSAGE_V1,
  QUEUE_UNIT,
  SIZE,
} from "../../store/format.ts";
import { openIndexFile } from "../../store/key_index_reader.ts";
import { readI64 } from "../../store/layout.ts";
import type { QueueKind } from "../../store/queue_reader.ts";

const HEAD_BYTES = MESSAGE_V1.at.sysFlag;

/** First bytes of a log file; `undefined` when it is shorter. */
export function logHeadOf(files: FileSystem, path: string): DataView | undefined {
  return headOf(files, path, { bytes: HEAD_BYTES, least: SIZE.blankMin });
}

/** Whether a file begins as log files do. */
export function holdsLog(files: FileSystem, path: string): boolean {
  const magic = logHeadOf(files, path)?.getInt32(MESSAGE_V1.at.magic);
  return magic === MAGIC.v1 || magic === MAGIC.v2 || magic === MAGIC.blank;
}

/** Whether a file is as long as a checkpoint, and empty behind its fields. */
export function holdsCheckpoint(files: FileSystem, path: string): boolean {
  const bytes = SIZE.checkpointFile;
  if (files.stat(path)?.size !== bytes) return false;
  const page = headOf(files, path, { bytes });
  if (page === undefined) return false;
  const rest = new Uint8Array(page.buffer).subarray(CHECKPOINT.size);
  const times = [CHECKPOINT.at.physicMsgTimestamp, CHECKPOINT.at.logicsMsgTimestamp];
  return rest.every((byte) => byte === 0) && times.every((at) => isCount(readI64(page, at)));
}

/** Whether a file has the length and the header of an index file. */
export function holdsIndex(files: FileSystem, path: string): boolean {
  const head = headOf(files, path, { bytes: INDEX_HEADER.size });
  if (head === undefined) return false;
  const { at } = INDEX_HEADER;
  const [beginTime, endTime] = [readI64(head, at.beginTimestamp), readI64(head, at.endTimestamp)];
  const [begin, end] = [readI64(head, at.beginPhyOffset), readI64(head, at.endPhyOffset)];
  const isSound = isCount(beginTime) && isCount(begin) && beginTime <= endTime && begin <= end &&
    head.getInt32(at.indexCount) >= 1;
  if (!isSound) return false;
  const file = openIndexFile(files, path);
  file?.close();
  return file !== undefined;
}

/** Whether a file is as long as some units of a queue, and begins with one. */
export function holdsQueue(files: FileSystem, path: string, kind: QueueKind): boolean {
  const { size: bytes, at } = kind === "simple" ? QUEUE_UNIT : BATCH_QUEUE_UNIT;
  const length = files.stat(path)?.size ?? 0;
  if (length === 0 || length % bytes !== 0) return false;
  const first = headOf(files, path, { bytes });
  if (first === undefined) return false;
  const isUnit = isCount(readI64(first, at.physicalOffset)) && first.getInt32(at.size) > 0;
  // The first times of an index or a checkpoint would pass for a unit.
  return isUnit && !holdsIndex(files, path) && !holdsCheckpoint(files, path);
}

function isCount(value: number): boolean {
  return value >= 0 && Number.isSafeInteger(value);
}

/** First bytes of a file, zeros behind its end; `undefined` where it has fewer than `least`. */
function headOf(
  files: FileSystem,
  path: string,
  { bytes, least = bytes }: { readonly bytes: number; readonly least?: number },
): DataView | undefined {
  const file = files.openRead(path);
  try {
    const head = new Uint8Array(bytes);
    return file.read(head, 0) >= least ? new DataView(head.buffer) : undefined;
  } finally {
    file.close();
  }
}
