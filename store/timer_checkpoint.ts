/**
 * Reads `config/timercheck`: how far a 5.x broker is with parking and delivering messages for later.
 * Nothing here writes.
 *
 * @module
 */
import { type FileSystem, readWholeFile } from "./file.ts";
import { TIMER_CHECKPOINT } from "./format.ts";
import type { ValueOf } from "./layout.ts";

/** Its fields. */
export type TimerCheckpoint = ValueOf<typeof TIMER_CHECKPOINT.rows>;

/** Reads the file; `undefined` where it is missing or has not all fields. */
export function readTimerCheckpoint(fs: FileSystem, path: string): TimerCheckpoint | undefined {
  if (fs.stat(path)?.isDirectory !== false) return undefined;
  const bytes = readWholeFile(fs, path);
  if (bytes === undefined || bytes.length < TIMER_CHECKPOINT.size) return undefined;
  return TIMER_CHECKPOINT.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
}
