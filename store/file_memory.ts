/**
 * Files in memory, for tests: the same interface as the disk, with verbs that damage what is kept.
 * Sparse content is kept in pages, so a preallocated segment of 1 GiB costs nothing.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { StoreLockedError } from "./lock.ts";
import type { FileStat, FileSystem, WritableFile } from "./file.ts";

const PAGE = 4096;

class Content {
  size = 0;
  mtimeMs = 0;
  readonly pages = new Map<number, Uint8Array>();
  /** Ranges whose reads fail. */
  readonly broken: { readonly from: number; readonly to: number }[] = [];

  read(path: string, into: Uint8Array, at: number): number {
    if (this.broken.some(({ from, to }) => from < at + into.length && to > at)) {
      throw unreadable(path, at);
    }
    const count = Math.max(0, Math.min(into.length, this.size - at));
    for (let done = 0; done < count;) {
      const position = at + done;
      const within = position % PAGE;
      const length = Math.min(PAGE - within, count - done);
      const page = this.pages.get(Math.floor(position / PAGE));
      if (page === undefined) into.fill(0, done, done + length);
      else into.set(page.subarray(within, within + length), done);
      done += length;
    }
    return count;
  }

  write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) {
      const position = at + done;
      const within = position % PAGE;
      const length = Math.min(PAGE - within, bytes.length - done);
      const number = Math.floor(position / PAGE);
      const page = this.pages.get(number) ?? new Uint8Array(PAGE);
      page.set(bytes.subarray(done, done + length), within);
      this.pages.set(number, page);
      done += length;
    }
    this.size = Math.max(this.size, at + bytes.length);
  }

  truncate(size: number): void {
    if (size < this.size) {
      for (const [number, page] of this.pages) {
        if (number * PAGE >= size) this.pages.delete(number);
        else if ((number + 1) * PAGE > size) page.fill(0, size - number * PAGE);
      }
    }
    this.size = size;
  }
}

/**
 * A file system that lives and ends with the test that holds it.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "./file_memory.ts";
 *
 * const files = new MemoryFiles();
 * files.put("store/checkpoint", Uint8Array.of(1, 2, 3));
 * files.flip("store/checkpoint", 1);
 * assert(files.snapshot().get("store/checkpoint")![1] !== 2);
 * assert(files.list("store")[0] === "checkpoint");
 * ```
 */
export class MemoryFiles implements FileSystem {
  readonly #files = new Map<string, Content>();
  /** Folders, and when a name in each was added or removed last. */
  readonly #directories = new Map<string, number>([["/", 0], [".", 0]]);
  /** Names in folders that have been listed, as long as none came or went. */
  readonly #lists = new Map<string, readonly string[]>();
  readonly #locked = new Set<string>();
  #clock = 0;

  /** Sets a file's content, creating it and its directory. */
  put(path: string, bytes: Uint8Array): void {
    this.makeDirectory(dirname(path));
    const content = new Content();
    content.write(bytes, 0);
    content.mtimeMs = ++this.#clock;
    if (!this.#files.has(path)) this.#namesChange(path);
    this.#files.set(path, content);
  }

  /** Copies of all files by path. */
  snapshot(): Map<string, Uint8Array> {
    const all = new Map<string, Uint8Array>();
    for (const [path, content] of this.#files) {
      const bytes = new Uint8Array(content.size);
      content.read(path, bytes, 0);
      all.set(path, bytes);
    }
    return all;
  }

  /** Inverts bits of one byte, which nobody writes: the file's time stays. */
  flip(path: string, at: number, mask = 1): void {
    const byte = new Uint8Array(1);
    const content = this.#content(path);
    content.read(path, byte, at);
    content.write(Uint8Array.of(byte[0]! ^ mask), at);
  }

  /** Makes a range zeros, which nobody writes: the file's time stays. */
  zero(path: string, at: number, length: number): void {
    this.#content(path).write(new Uint8Array(length), at);
  }

  /** Lets every read of a range fail, as of a disk that dies. */
  breakRange(path: string, from: number, to: number): void {
    this.#content(path).broken.push({ from, to });
  }

  /** Cuts a file. */
  cut(path: string, size: number): void {
    const content = this.#content(path);
    content.truncate(size);
    content.mtimeMs = ++this.#clock;
  }

  openRead(path: string): WritableFile {
    return this.#handle(path, this.#content(path));
  }

  openWrite(path: string): WritableFile {
    let content = this.#files.get(path);
    if (content === undefined) {
      const isFolder = this.#directories.has(path);
      if (isFolder || !this.#directories.has(dirname(path))) throw missing("open", path);
      content = new Content();
      content.mtimeMs = this.#namesChange(path);
      this.#files.set(path, content);
    }
    return this.#handle(path, content);
  }

  list(path: string): string[] {
    let names = this.#lists.get(path);
    if (names === undefined) this.#lists.set(path, names = this.#namesIn(path));
    return [...names];
  }

  #namesIn(path: string): string[] {
    const names = new Set<string>();
    const prefix = path === "/" ? "/" : `${path}/`;
    for (const all of [this.#files, this.#directories]) {
      for (const known of all.keys()) {
        if (!known.startsWith(prefix) || known === path) continue;
        const end = known.indexOf("/", prefix.length);
        names.add(known.slice(prefix.length, end < 0 ? undefined : end));
      }
    }
    return [...names].sort();
  }

  stat(path: string): FileStat | undefined {
    const content = this.#files.get(path);
    if (content !== undefined) {
      const { size, mtimeMs, pages } = content;
      return { size, allocatedBytes: pages.size * PAGE, mtimeMs, isDirectory: false };
    }
    const mtimeMs = this.#directories.get(path);
    if (mtimeMs === undefined) return undefined;
    return { size: 0, allocatedBytes: 0, mtimeMs, isDirectory: true };
  }

  makeDirectory(path: string): void {
    this.#needFolder(path, "create directory");
    for (let at = path; !this.#directories.has(at); at = dirname(at)) {
      this.#directories.set(at, this.#namesChange(at));
    }
  }

  rename(from: string, to: string): void {
    const moved = [...this.#files].filter(([path]) => path === from || path.startsWith(`${from}/`));
    if (moved.length === 0 && !this.#directories.has(from)) throw missing("rename", from);
    this.#needFolder(dirname(to), "rename to");
    const other = this.stat(to);
    if (other !== undefined && other.isDirectory === this.#files.has(from)) {
      throw otherKind(from, to, other);
    }
    this.#lists.clear();
    this.#namesChange(from);
    this.#namesChange(to);
    for (const [path, content] of moved) {
      this.#files.delete(path);
      this.makeDirectory(dirname(to + path.slice(from.length)));
      this.#files.set(to + path.slice(from.length), content);
    }
    for (const path of [...this.#directories.keys()]) {
      if (path === from || path.startsWith(`${from}/`)) {
        this.#directories.delete(path);
        this.makeDirectory(to + path.slice(from.length));
      }
    }
  }

  remove(path: string): void {
    if (this.stat(path) === undefined) return;
    this.#lists.clear();
    this.#namesChange(path);
    const inside = (known: string) => known === path || known.startsWith(`${path}/`);
    for (const known of [...this.#files.keys()]) if (inside(known)) this.#files.delete(known);
    for (const known of [...this.#directories.keys()]) {
      if (inside(known)) this.#directories.delete(known);
    }
  }

  syncDirectory(_path: string): void {}

  syncDirectoryAsync(path: string): Promise<void> {
    return Promise.resolve().then(() => this.syncDirectory(path));
  }

  lock(path: string): Disposable {
    if (this.#locked.has(path)) throw new StoreLockedError(path, undefined);
    this.#locked.add(path);
    return { [Symbol.dispose]: () => void this.#locked.delete(path) };
  }

  /** Throws where a path, or what is above it, is a file. */
  #needFolder(path: string, what: string): void {
    for (let at = path; !this.#directories.has(at); at = dirname(at)) {
      if (this.#files.has(at)) throw notFolder(what, path);
    }
  }

  /** Notes that a name comes into its folder or leaves it. Returns when. */
  #namesChange(path: string): number {
    const now = ++this.#clock;
    const folder = dirname(path);
    this.#lists.delete(folder);
    if (this.#directories.has(folder)) this.#directories.set(folder, now);
    return now;
  }

  #content(path: string): Content {
    const content = this.#files.get(path);
    if (content === undefined) throw missing("open", path);
    return content;
  }

  #handle(path: string, content: Content): WritableFile {
    return {
      path,
      size: () => content.size,
      read: (into, at) => content.read(path, into, at),
      readAsync: (into, at) => {
        try {
          return Promise.resolve(content.read(path, into, at));
        } catch (error) {
          return Promise.reject(error);
        }
      },
      write: (bytes, at) => {
        content.write(bytes, at);
        content.mtimeMs = ++this.#clock;
      },
      truncate: (size) => {
        content.truncate(size);
        content.mtimeMs = ++this.#clock;
      },
      sync: () => Promise.resolve(),
      syncNow: () => {},
      close: () => {},
    };
  }
}

function notFolder(what: string, path: string): Error {
  const cause = Object.assign(new Error(`not a directory: ${basename(path)}`), { code: "ENOTDIR" });
  return new Error(`Cannot ${what} "${path}": part of the path is not a directory`, { cause });
}

/** A file takes the place of files only, and a folder that of folders. */
function otherKind(from: string, to: string, { isDirectory }: FileStat): Error {
  const code = isDirectory ? "EISDIR" : "ENOTDIR";
  const cause = Object.assign(new Error(`${code}: ${basename(to)}`), { code });
  const kind = isDirectory ? "is a directory" : "is no directory";
  return new Error(`Cannot rename "${from}" to "${to}": that ${kind}`, { cause });
}

function unreadable(path: string, at: number): Error {
  const cause = Object.assign(new Error("input/output error"), { code: "EIO" });
  return new Error(`Cannot read "${path}" at ${at}: the disk reports an error`, { cause });
}

function missing(what: string, path: string): Error {
  const cause = Object.assign(new Error(`no such file: ${basename(path)}`), { code: "ENOENT" });
  return new Error(`Cannot ${what} "${path}": no such file or directory`, { cause });
}
