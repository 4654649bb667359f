/**
 * `config/timercheck`: how far a 5.x broker is with parking and delivering messages for later.
 *
 * @module
 */
import { dirname } from "node:path";
import { type FileSystem, readWholeFile } from "./file.ts";
import { SIZE, TIMER_CHECKPOINT } from "./format.ts";
import type { ValueOf } from "./layout.ts";

/** Its fields. */
export type TimerCheckpoint = ValueOf<typeof TIMER_CHECKPOINT.rows>;

/** That of a broker that has parked and delivered nothing. */
export const NOTHING_DELIVERED: TimerCheckpoint = {
  lastReadTime: 0,
  lastTimerLogFlushPosition: 0,
  lastTimerQueueOffset: 0,
  masterTimerQueueOffset: 0,
  stateVersion: 0,
  versionTimestamp: 0,
  versionCounter: 0,
};

/** Reads the file; `undefined` where it is missing or has not all fields. */
export function readTimerCheckpoint(fs: FileSystem, path: string): TimerCheckpoint | undefined {
  if (fs.stat(path)?.isDirectory !== false) return undefined;
  const bytes = readWholeFile(fs, path);
  if (bytes === undefined || bytes.length < TIMER_CHECKPOINT.size) return undefined;
  return TIMER_CHECKPOINT.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
}

/** The fields as they stand in the file, and as a slave copies them. */
export function timerCheckpointBytes(checkpoint: TimerCheckpoint): Uint8Array {
  const bytes = new Uint8Array(TIMER_CHECKPOINT.size);
  TIMER_CHECKPOINT.write(new DataView(bytes.buffer), 0, checkpoint);
  return bytes;
}

/** Writes the fields into the file, which is made where it is missing, and brings it to the disk. */
export async function writeTimerCheckpoint(
  fs: FileSystem,
  path: string,
  checkpoint: TimerCheckpoint,
): Promise<void> {
  if (fs.stat(dirname(path)) === undefined) fs.makeDirectory(dirname(path));
  const file = fs.openWrite(path);
  try {
    if (file.size() < SIZE.checkpointFile) file.truncate(SIZE.checkpointFile);
    file.write(timerCheckpointBytes(checkpoint), 0);
    await file.sync();
  } finally {
    file.close();
  }
}
