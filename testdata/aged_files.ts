/**
 * Files in memory whose times are those of a clock, and that tell of every file before it goes.
 *
 * @module
 */
import type { FileStat, WritableFile } from "../store/file.ts";
import { MemoryFiles } from "../store/file_memory.ts";

/** A file system for tests of what leaves a store. */
export class AgedFiles extends MemoryFiles {
  /** Called before a file is removed. */
  onRemove: (path: string) => void = () => {};
  readonly #now: () => number;
  readonly #times = new Map<string, number>();

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  override openWrite(path: string): WritableFile {
    const file = super.openWrite(path);
    const touch = () => void this.#times.set(path, this.#now());
    return {
      ...file,
      write(bytes, at) {
        file.write(bytes, at);
        touch();
      },
      truncate(size) {
        file.truncate(size);
        touch();
      },
    };
  }

  override stat(path: string): FileStat | undefined {
    const stat = super.stat(path);
    return stat && { ...stat, mtimeMs: this.#times.get(path) ?? stat.mtimeMs };
  }

  override rename(from: string, to: string): void {
    super.rename(from, to);
    const time = this.#times.get(from);
    if (time !== undefined) this.#times.set(to, time);
    this.#times.delete(from);
  }

  override remove(path: string): void {
    this.onRemove(path);
    super.remove(path);
  }

  /** What is there now, as files of their own: what a killed process leaves. */
  copy(): MemoryFiles {
    const files = new MemoryFiles();
    for (const [path, bytes] of this.snapshot()) files.put(path, bytes);
    return files;
  }
}
