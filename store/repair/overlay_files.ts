/**
 * A file system over another: reads go through, writes stay in memory. What a program would do to
 * files is done for real, and nothing is touched.
 *
 * A page that is written with what stands there already is not kept, so the memory used is what
 * really differs.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { basename, dirname, join } from "node:path";
import type { FileStat, FileSystem, ReadableFile, WritableFile } from "../file.ts";

const PAGE = 4096;

/** What the pages of all files take, and may take. */
class PageBudget {
  bytesMax: number;
  bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Makes room for a page of a file, or throws. */
  take(path: string): void {
    if (this.bytes + PAGE > this.bytesMax) throw new OverlayFullError(path, this.bytesMax);
    this.bytes += PAGE;
  }
}

/** Thrown by a write for which {@linkcode OverlayFiles} may not take more memory. */
export class OverlayFullError extends Error {
  override readonly name = "OverlayFullError";
  /** The limit. */
  readonly bytesMax: number;

  constructor(path: string, bytesMax: number) {
    super(`Cannot keep what "${path}" gets in memory: all changes together take ${bytesMax} bytes`);
    this.bytesMax = bytesMax;
  }
}

/** One file as the overlay sees it. */
class Layer {
  size: number;
  /** File below, and how much of it still shows through. */
  readonly base: string | undefined;
  baseSize: number;
  readonly pages = new Map<number, Uint8Array>();
  readonly #fs: FileSystem;
  readonly #budget: PageBudget;
  #file: ReadableFile | undefined;
  #users = 0;
  #isNamed = true;

  constructor(fs: FileSystem, base: string | undefined, budget: PageBudget) {
    this.#fs = fs;
    this.#budget = budget;
    this.base = base;
    this.size = this.baseSize = base === undefined ? 0 : fs.stat(base)?.size ?? 0;
  }

  /** A handle was made; the file below is open as long as one is. */
  open(): void {
    this.#users++;
  }

  /** A handle was closed. */
  close(): void {
    if (--this.#users > 0) return;
    this.#file?.close();
    this.#file = undefined;
  }

  read(into: Uint8Array, at: number): number {
    const count = Math.max(0, Math.min(into.length, this.size - at));
    this.#readBase(into.subarray(0, count), at);
    const last = Math.floor((at + count - 1) / PAGE);
    for (let number = Math.floor(at / PAGE); number <= last; number++) {
      const page = this.pages.get(number);
      if (page === undefined) continue;
      const from = Math.max(at, number * PAGE);
      const to = Math.min(at + count, (number + 1) * PAGE);
      into.set(page.subarray(from - number * PAGE, to - number * PAGE), from - at);
    }
    return count;
  }

  /** As {@linkcode read}; the event loop waits for no disk where nothing was written. */
  async readAsync(into: Uint8Array, at: number): Promise<number> {
    const isBelow = this.pages.size === 0 && at + into.length <= this.baseSize;
    if (!isBelow || into.length === 0) return this.read(into, at);
    this.#file ??= this.#fs.openRead(this.base!);
    const count = await this.#file.readAsync(into, at);
    into.fill(0, count);
    return into.length;
  }

  write(path: string, bytes: Uint8Array, at: number): void {
    this.size = Math.max(this.size, at + bytes.length);
    for (let done = 0; done < bytes.length;) {
      const number = Math.floor((at + done) / PAGE);
      const within = at + done - number * PAGE;
      const length = Math.min(PAGE - within, bytes.length - done);
      this.#writePage(path, number, { bytes: bytes.subarray(done, done + length), within });
      done += length;
    }
  }

  truncate(size: number): void {
    if (size < this.size) {
      this.baseSize = Math.min(this.baseSize, size);
      for (const [number, page] of this.pages) {
        if (number * PAGE >= size) this.#drop(number);
        else if ((number + 1) * PAGE > size) page.fill(0, size - number * PAGE);
      }
    }
    this.size = size;
  }

  /** Whether a name leads to it: only then its pages count, and others soon are nobody's. */
  set isNamed(isNamed: boolean) {
    if (isNamed === this.#isNamed) return;
    this.#isNamed = isNamed;
    this.#budget.bytes += (isNamed ? PAGE : -PAGE) * this.pages.size;
  }

  #writePage(
    path: string,
    number: number,
    { bytes, within }: { readonly bytes: Uint8Array; readonly within: number },
  ): void {
    const below = Buffer.alloc(PAGE);
    this.#readBase(below, number * PAGE);
    const page = this.pages.get(number) ?? Uint8Array.from(below);
    page.set(bytes, within);
    if (below.equals(page)) this.#drop(number);
    else if (!this.pages.has(number)) {
      if (this.#isNamed) this.#budget.take(path);
      this.pages.set(number, page);
    }
  }

  #drop(number: number): void {
    if (this.pages.delete(number) && this.#isNamed) this.#budget.bytes -= PAGE;
  }

  /** What shows through from below; zeros where nothing does. */
  #readBase(into: Uint8Array, at: number): void {
    const count = Math.max(0, Math.min(into.length, this.baseSize - at));
    if (count > 0) this.#file ??= this.#fs.openRead(this.base!);
    into.fill(0, count === 0 ? 0 : this.#file!.read(into.subarray(0, count), at));
  }
}

/**
 * Writes kept apart from the files below.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "../file_memory.ts";
 * import { OverlayFiles } from "./overlay_files.ts";
 *
 * const below = new MemoryFiles();
 * below.put("a", Uint8Array.of(1, 2, 3));
 * const files = new OverlayFiles(below);
 * files.openWrite("a").write(Uint8Array.of(7), 1);
 * const bytes = new Uint8Array(3);
 * files.openRead("a").read(bytes, 0);
 * assert(bytes[1] === 7);
 * assert(below.snapshot().get("a")![1] === 2);
 * ```
 */
export class OverlayFiles implements FileSystem {
  readonly #below: FileSystem;
  readonly #layers = new Map<string, Layer>();
  readonly #directories = new Set<string>();
  /** Names that are gone, those below a removed directory, too. */
  readonly #removed = new Set<string>();
  /** Names of what was made or opened to be written, by directory. */
  readonly #names = new Map<string, Set<string>>();
  readonly #budget: PageBudget;

  /** Over `below`; a write that would make all changes take more than `bytesMax` throws. */
  constructor(below: FileSystem, options: { readonly bytesMax?: number | undefined } = {}) {
    this.#below = below;
    this.#budget = new PageBudget(options.bytesMax ?? Infinity);
  }

  /** What all changes may take in memory. */
  get bytesMax(): number {
    return this.#budget.bytesMax;
  }

  set bytesMax(bytesMax: number) {
    this.#budget.bytesMax = bytesMax;
  }

  /** What all changes take in memory. */
  get bytesHeld(): number {
    return this.#budget.bytes;
  }

  openRead(path: string): ReadableFile {
    const layer = this.#layers.get(path);
    if (layer !== undefined) return handle(path, layer);
    return this.#isRemoved(path) ? this.#missing("open", path) : this.#below.openRead(path);
  }

  openWrite(path: string): WritableFile {
    let layer = this.#layers.get(path);
    if (layer === undefined) {
      if (this.stat(dirname(path))?.isDirectory !== true) this.#missing("open", path);
      const isBelow = !this.#isRemoved(path) && this.#below.stat(path)?.isDirectory === false;
      if (!isBelow && this.stat(path) !== undefined) {
        throw new Error(`Cannot open "${path}": it is a folder; move it elsewhere`);
      }
      layer = new Layer(this.#below, isBelow ? path : undefined, this.#budget);
      this.#setLayer(path, layer);
    }
    return handle(path, layer);
  }

  list(path: string): string[] {
    const names = new Set<string>();
    if (!this.#isRemoved(path)) {
      for (const name of this.#below.list(path)) {
        if (!this.#isRemoved(join(path, name))) names.add(name);
      }
    }
    for (const name of this.#names.get(path) ?? []) names.add(name);
    return [...names].sort();
  }

  stat(path: string): FileStat | undefined {
    const layer = this.#layers.get(path);
    const below = this.#isRemoved(path) ? undefined : this.#below.stat(path);
    if (layer !== undefined) {
      const shown = layer.base === undefined ? undefined : this.#below.stat(layer.base);
      const allocatedBytes = (shown?.allocatedBytes ?? 0) + layer.pages.size * PAGE;
      const mtimeMs = shown?.mtimeMs ?? 0;
      return { size: layer.size, allocatedBytes, mtimeMs, isDirectory: false };
    }
    if (below === undefined && this.#directories.has(path)) {
      return { size: 0, allocatedBytes: 0, mtimeMs: 0, isDirectory: true };
    }
    return below;
  }

  makeDirectory(path: string): void {
    this.#needFolder(path, "create directory");
    for (let at = path; this.stat(at) === undefined; at = dirname(at)) {
      this.#directories.add(at);
      this.#addName(at);
    }
  }

  rename(from: string, to: string): void {
    const stat = this.stat(from);
    if (stat === undefined) this.#missing("rename", from);
    this.#needFolder(dirname(to), "rename to");
    const other = this.stat(to);
    if (other !== undefined && other.isDirectory !== stat.isDirectory) {
      const kind = other.isDirectory ? "a folder" : "a file";
      throw new Error(`Cannot rename "${from}" to "${to}": that is ${kind}; move it elsewhere`);
    }
    const files = stat.isDirectory ? [...filesUnder(this, from)] : [from];
    const moved = files.map((path) => [path, this.#layers.get(path)] as const);
    const folders = [...foldersUnder(this, from)];
    this.remove(from);
    for (const folder of folders) this.makeDirectory(to + folder.slice(from.length));
    for (const [path, layer] of moved) {
      const target = to + path.slice(from.length);
      this.#forget(target);
      this.#setLayer(target, layer ?? new Layer(this.#below, path, this.#budget));
    }
  }

  remove(path: string): void {
    this.#forget(path);
    if (this.#below.stat(path) !== undefined) this.#removed.add(path);
  }

  syncDirectory(_path: string): void {}

  syncDirectoryAsync(_path: string): Promise<void> {
    return Promise.resolve();
  }

  /** Takes no lock: nothing is written. */
  lock(_path: string): Disposable {
    return { [Symbol.dispose]() {} };
  }

  /** Throws where a path, or what is above it, is a file. */
  #needFolder(path: string, what: string): void {
    let at = path;
    while (at !== dirname(at) && this.stat(at) === undefined) at = dirname(at);
    if (this.stat(at)?.isDirectory !== false) return;
    throw new Error(`Cannot ${what} "${path}": "${at}" is a file; move it elsewhere`);
  }

  #setLayer(path: string, layer: Layer): void {
    this.#layers.set(path, layer);
    layer.isNamed = true;
    this.#addName(path);
  }

  #addName(path: string): void {
    const directory = dirname(path);
    const names = this.#names.get(directory);
    if (names === undefined) this.#names.set(directory, new Set([basename(path)]));
    else names.add(basename(path));
  }

  /** Takes away what was made here under a name, and everything below it. */
  #forget(path: string): void {
    for (const name of [...this.#names.get(path) ?? []]) this.#forget(join(path, name));
    this.#names.delete(path);
    const layer = this.#layers.get(path);
    if (layer !== undefined) layer.isNamed = false;
    this.#layers.delete(path);
    this.#directories.delete(path);
    this.#names.get(dirname(path))?.delete(basename(path));
  }

  #isRemoved(path: string): boolean {
    for (let at = path;; at = dirname(at)) {
      if (this.#removed.has(at)) return true;
      if (at === dirname(at)) return false;
    }
  }

  #missing(what: string, path: string): never {
    const cause = Object.assign(new Error(`no such file: ${basename(path)}`), { code: "ENOENT" });
    throw new Error(`Cannot ${what} "${path}": no such file or directory`, { cause });
  }
}

/** Paths of all files under a directory, sorted in each folder; a file is its own. */
export function* filesUnder(fs: FileSystem, directory: string): Generator<string, void> {
  if (fs.stat(directory)?.isDirectory === false) {
    yield directory;
    return;
  }
  for (const name of fs.list(directory)) {
    const path = join(directory, name);
    if (fs.stat(path)?.isDirectory === true) yield* filesUnder(fs, path);
    else yield path;
  }
}

/** A folder and all below it; none where the path is no folder. */
export function* foldersUnder(fs: FileSystem, directory: string): Generator<string, void> {
  if (fs.stat(directory)?.isDirectory !== true) return;
  yield directory;
  for (const name of fs.list(directory)) yield* foldersUnder(fs, join(directory, name));
}

function handle(path: string, layer: Layer): WritableFile {
  layer.open();
  let isOpen = true;
  return {
    path,
    size: () => layer.size,
    read: (into, at) => layer.read(into, at),
    readAsync: (into, at) => layer.readAsync(into, at),
    write: (bytes, at) => layer.write(path, bytes, at),
    truncate: (size) => layer.truncate(size),
    sync: () => Promise.resolve(),
    syncNow: () => {},
    close() {
      if (isOpen) layer.close();
      isOpen = false;
    },
  };
}
