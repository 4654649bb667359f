/**
 * A file system over another: reads go through, writes stay in memory. What a program would do to
 * files is done for real, and nothing is touched; afterwards the difference can be asked for.
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

/** A range of bytes. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** How one file differs from what it was. */
export interface FileChange {
  readonly path: string;
  readonly kind: "created" | "changed" | "removed";
  /** Length before and now; 0 where there is no file. */
  readonly sizeBefore: number;
  readonly sizeNow: number;
  /** Bytes that differ, ascending; for a changed file only. */
  readonly ranges: readonly ByteRange[];
}

/** One file as the overlay sees it. */
class Layer {
  size: number;
  /** File below, and how much of it still shows through. */
  readonly base: string | undefined;
  baseSize: number;
  readonly pages = new Map<number, Uint8Array>();
  readonly #fs: FileSystem;
  #file: ReadableFile | undefined;
  #users = 0;

  constructor(fs: FileSystem, base: string | undefined) {
    this.#fs = fs;
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

  write(bytes: Uint8Array, at: number): void {
    this.size = Math.max(this.size, at + bytes.length);
    for (let done = 0; done < bytes.length;) {
      const number = Math.floor((at + done) / PAGE);
      const within = at + done - number * PAGE;
      const length = Math.min(PAGE - within, bytes.length - done);
      this.#writePage(number, bytes.subarray(done, done + length), within);
      done += length;
    }
  }

  truncate(size: number): void {
    if (size < this.size) {
      this.baseSize = Math.min(this.baseSize, size);
      for (const [number, page] of this.pages) {
        if (number * PAGE >= size) this.pages.delete(number);
        else if ((number + 1) * PAGE > size) page.fill(0, size - number * PAGE);
      }
    }
    this.size = size;
  }

  #writePage(number: number, bytes: Uint8Array, within: number): void {
    const below = Buffer.alloc(PAGE);
    this.#readBase(below, number * PAGE);
    const page = this.pages.get(number) ?? Uint8Array.from(below);
    page.set(bytes, within);
    if (below.equals(page)) this.pages.delete(number);
    else this.pages.set(number, page);
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
 * import { MemoryFiles } from "../file_memory.ts";
 * import { OverlayFiles } from "./overlay_files.ts";
 *
 * const below = new MemoryFiles();
 * below.put("a", Uint8Array.of(1, 2, 3));
 * const files = new OverlayFiles(below);
 * files.openWrite("a").write(Uint8Array.of(7), 1);
 * console.assert(below.snapshot().get("a")![1] === 2);
 * console.assert(files.changes()[0]!.ranges[0]!.from === 1);
 * ```
 */
export class OverlayFiles implements FileSystem {
  readonly #below: FileSystem;
  readonly #layers = new Map<string, Layer>();
  readonly #directories = new Set<string>();
  /** Names that are gone, those below a removed directory, too. */
  readonly #removed = new Set<string>();

  constructor(below: FileSystem) {
    this.#below = below;
  }

  openRead(path: string): ReadableFile {
    const layer = this.#layers.get(path);
    if (layer !== undefined) return handle(path, layer);
    return this.#isRemoved(path) ? this.#missing(path) : this.#below.openRead(path);
  }

  openWrite(path: string): WritableFile {
    let layer = this.#layers.get(path);
    if (layer === undefined) {
      const isBelow = !this.#isRemoved(path) && this.#below.stat(path)?.isDirectory === false;
      layer = new Layer(this.#below, isBelow ? path : undefined);
      this.#layers.set(path, layer);
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
    for (const known of [...this.#layers.keys(), ...this.#directories]) {
      if (known !== path && dirname(known) === path) names.add(basename(known));
    }
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
    for (let at = path; this.stat(at) === undefined; at = dirname(at)) this.#directories.add(at);
  }

  rename(from: string, to: string): void {
    const stat = this.stat(from);
    if (stat === undefined || stat.isDirectory) this.#missing(from);
    const layer = this.#layers.get(from) ?? new Layer(this.#below, from);
    this.remove(from);
    this.#layers.set(to, layer);
  }

  remove(path: string): void {
    const inside = (known: string) => known === path || known.startsWith(`${path}/`);
    for (const known of [...this.#layers.keys()]) if (inside(known)) this.#layers.delete(known);
    for (const known of [...this.#directories]) if (inside(known)) this.#directories.delete(known);
    if (this.#below.stat(path) !== undefined) this.#removed.add(path);
  }

  syncDirectory(_path: string): void {}

  /** Takes no lock: nothing is written. */
  lock(_path: string): Disposable {
    return { [Symbol.dispose]() {} };
  }

  /** Every file that is not what it is below, sorted by path. */
  changes(): FileChange[] {
    const changes: FileChange[] = [];
    const paths = new Set([...this.#layers.keys(), ...this.#removedFiles()]);
    for (const path of [...paths].sort()) {
      const change = this.#changeOf(path);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  #changeOf(path: string): FileChange | undefined {
    const layer = this.#layers.get(path);
    const before = this.#below.stat(path);
    const sizeBefore = before?.isDirectory === false ? before.size : 0;
    const sizeNow = layer?.size ?? 0;
    const sizes = { path, sizeBefore, sizeNow };
    if (layer === undefined) return { ...sizes, kind: "removed", ranges: [] };
    if (before === undefined) return { ...sizes, kind: "created", ranges: [] };
    const shows = layer.base === path && layer.baseSize >= Math.min(sizeBefore, sizeNow);
    const ranges = this.#differences(path, shows ? [...layer.pages.keys()] : undefined);
    if (ranges.length === 0 && sizeBefore === sizeNow) return undefined;
    return { ...sizes, kind: "changed", ranges };
  }

  /** Bytes of a file that differ from those below, looked for in some pages or in all. */
  #differences(path: string, pages: number[] | undefined): ByteRange[] {
    const now = this.openRead(path);
    const before = this.#below.openRead(path);
    const ranges: { from: number; to: number }[] = [];
    const [one, other] = [new Uint8Array(PAGE), new Uint8Array(PAGE)];
    const end = Math.max(now.size(), before.size());
    const all = pages?.sort((a, b) => a - b) ??
      Array.from({ length: Math.ceil(end / PAGE) }, (_, number) => number);
    try {
      for (const number of all) {
        one.fill(0, now.read(one, number * PAGE));
        other.fill(0, before.read(other, number * PAGE));
        for (let within = 0; within < PAGE; within++) {
          if (one[within] === other[within]) continue;
          const at = number * PAGE + within;
          const last = ranges.at(-1);
          if (last?.to === at) last.to = at + 1;
          else ranges.push({ from: at, to: at + 1 });
        }
      }
    } finally {
      now.close();
      before.close();
    }
    return ranges;
  }

  *#removedFiles(): Generator<string, void> {
    for (const path of this.#removed) {
      if (this.#below.stat(path)?.isDirectory !== true) yield path;
      else yield* filesUnder(this.#below, path);
    }
  }

  #isRemoved(path: string): boolean {
    for (let at = path;; at = dirname(at)) {
      if (this.#removed.has(at)) return true;
      if (at === dirname(at)) return false;
    }
  }

  #missing(path: string): never {
    const cause = Object.assign(new Error(`no such file: ${basename(path)}`), { code: "ENOENT" });
    throw new Error(`Cannot open "${path}": no such file or directory`, { cause });
  }
}

/** Paths of all files under a directory, sorted in each folder. */
export function* filesUnder(fs: FileSystem, directory: string): Generator<string, void> {
  for (const name of fs.list(directory)) {
    const path = join(directory, name);
    if (fs.stat(path)?.isDirectory === true) yield* filesUnder(fs, path);
    else yield path;
  }
}

function handle(path: string, layer: Layer): WritableFile {
  layer.open();
  let isOpen = true;
  return {
    path,
    size: () => layer.size,
    read: (into, at) => layer.read(into, at),
    readAsync: (into, at) => Promise.resolve(layer.read(into, at)),
    write: (bytes, at) => layer.write(bytes, at),
    truncate: (size) => layer.truncate(size),
    sync: () => Promise.resolve(),
    syncNow: () => {},
    close() {
      if (isOpen) layer.close();
      isOpen = false;
    },
  };
}
