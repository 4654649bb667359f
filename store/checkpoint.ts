/**
 * The file `checkpoint`: up to which store time the files were flushed. One page, replaced in place;
 * a store without one is recovered from its first file.
 *
 * @module
 */
import { type FileSystem, readWholeFile, type WritableFile } from "./file.ts";
import { CHECKPOINT, SIZE } from "./format.ts";
import type { ValueOf } from "./layout.ts";

/** The fields of a checkpoint; a release that does not know one leaves it 0. */
export type Checkpoint = ValueOf<typeof CHECKPOINT.rows>;

/** What is taken off, because flushing and stamping are not one step (Java: `getMinTimestamp`). */
const SLACK_MS = 3_000;

/** The checkpoint of a new store. */
export function emptyCheckpoint(): Checkpoint {
  return CHECKPOINT.read(new DataView(new ArrayBuffer(CHECKPOINT.size)), 0);
}

/**
 * Reads a checkpoint. What the file is too short for reads as 0; `undefined` when it is missing or
 * empty, which Java takes for a new one.
 */
export function readCheckpoint(fs: FileSystem, path: string): Checkpoint | undefined {
  const bytes = readWholeFile(fs, path);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const page = new Uint8Array(CHECKPOINT.size);
  page.set(bytes.subarray(0, page.length));
  return CHECKPOINT.read(new DataView(page.buffer), 0);
}

/** The page as it stands in the file: the fields, then zeros. */
export function checkpointPage(checkpoint: Checkpoint): Uint8Array {
  const page = new Uint8Array(SIZE.checkpointFile);
  CHECKPOINT.write(new DataView(page.buffer), 0, checkpoint);
  return page;
}

/**
 * Replaces the page in place and brings it to the disk. All fields lie in the first sector, which a
 * disk writes whole or not at all.
 */
export async function writeCheckpoint(file: WritableFile, checkpoint: Checkpoint): Promise<void> {
  file.write(checkpointPage(checkpoint), 0);
  await file.sync();
}

/** Store time up to which log and queues agree for certain (Java: `getMinTimestamp`). */
export function minTimestamp(checkpoint: Checkpoint): number {
  const { physicMsgTimestamp, logicsMsgTimestamp } = checkpoint;
  return withSlack(Math.min(physicMsgTimestamp, logicsMsgTimestamp));
}

/** A store time that all records were flushed up to for certain when this one was stamped. */
export function withSlack(timestamp: number): number {
  return Math.max(0, timestamp - SLACK_MS);
}
