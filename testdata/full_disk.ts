/**
 * A disk that can be full.
 *
 * @module
 */
import type { WritableFile } from "../store/file.ts";
import { MemoryFiles } from "../store/file_memory.ts";

/** Files in memory that cannot be opened for writing while the disk is full. */
export class FullDisk extends MemoryFiles {
  full = false;
  /** Files opened for writing so far. */
  saves = 0;

  override openWrite(path: string): WritableFile {
    if (this.full) throw new Error("no space left on the disk");
    this.saves++;
    return super.openWrite(path);
  }
}
