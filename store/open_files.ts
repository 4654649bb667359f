/**
 * Open files, at most so many at once: the least recently used is closed when another is needed.
 * What keeps 80,000 consume queues within a descriptor limit of 20,000.
 *
 * @module
 */
import type { FileSystem, WritableFile } from "./file.ts";
import { makeFile, type NewFile } from "./new_file.ts";

const OPEN_FILES_MAX = 256;

/** A bounded set of descriptors over one file system. */
export class OpenFiles implements Disposable {
  readonly fs: FileSystem;
  readonly #limit: number;
  /** In the order of use, the oldest first. */
  readonly #files = new Map<string, WritableFile>();
  #newest = "";
  #disposed = false;

  constructor(fs: FileSystem, limit: number = OPEN_FILES_MAX) {
    this.fs = fs;
    this.#limit = limit;
  }

  /**
   * The open file of a path. Throws when there is none: a file that vanished must not come back
   * empty. Do not keep it past the turn.
   */
  get(path: string): WritableFile {
    const known = this.#files.get(path);
    if (known !== undefined) {
      if (path === this.#newest) return known;
      this.#files.delete(path);
      this.#files.set(path, known);
      this.#newest = path;
      return known;
    }
    if (this.fs.stat(path) === undefined) {
      throw new Error(`Cannot open "${path}": no such file or directory`);
    }
    return this.create(path);
  }

  /** As {@linkcode get}, but a missing file is created. */
  create(path: string): WritableFile {
    if (this.#files.has(path)) return this.get(path);
    if (this.#disposed) throw new Error(`Cannot open "${path}": the store is closed`);
    if (this.#files.size >= this.#limit) {
      const [oldest] = this.#files.keys();
      this.forget(oldest!);
    }
    const file = this.fs.openWrite(path);
    this.#files.set(path, file);
    this.#newest = path;
    return file;
  }

  /** Makes a file of a length, full of zeros, and opens it. Replaces what stands there. */
  make(file: NewFile): WritableFile {
    this.forget(file.path);
    makeFile(this.fs, file);
    return this.create(file.path);
  }

  /** Closes the file of a path, for instance because it is about to be removed. */
  forget(path: string): void {
    this.#files.get(path)?.close();
    this.#files.delete(path);
    if (path === this.#newest) this.#newest = "";
  }

  /** Closes all; nothing can be opened any more. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const path of [...this.#files.keys()]) this.forget(path);
  }
}
