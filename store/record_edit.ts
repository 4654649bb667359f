/**
 * Changes a few bytes inside a record of the log, where it is known what they must have been. What
 * stood there is kept aside.
 *
 * @module
 */
import type { FileSystem } from "./file.ts";
import { keepAside, keptRange } from "./quarantine.ts";
import type { Segment } from "./segments.ts";

/** Bytes for a place of the log, all of it in one file. */
export interface RecordEdit {
  readonly segment: Segment;
  /** Log offset of the first. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Writes bytes into the log of the store at `root`, and brings them to the disk. */
export function editRecord(fs: FileSystem, root: string, { segment, at, bytes }: RecordEdit): void {
  const position = at - segment.start;
  keepAside(fs, root, keptRange(segment, position, bytes.length));
  const file = fs.openWrite(segment.path);
  try {
    file.write(bytes, position);
    file.syncNow();
  } finally {
    file.close();
  }
}
