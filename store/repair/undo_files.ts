/**
 * A file system over another that keeps what it changes: before bytes, a length or a name are changed
 * what was there stands, on the disk, in the undo file. Nothing is kept twice, and nothing of what was
 * made here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join, relative, sep } from "node:path";
import { crc32 } from "node:zlib";
import type { FileSystem, ReadableFile, WritableFile } from "../file.ts";
import { fileOver, FilesOver } from "../files_over.ts";
import { QUARANTINE } from "../quarantine.ts";
import { filesUnder, foldersUnder } from "./overlay_files.ts";
import {
  UNDO_BLOCK_BYTES,
  UNDO_ENDING,
  undoBatch,
  type UndoEntry,
  undoEntry,
} from "./undo_format.ts";

/** Blocks in a batch: a bound of the memory. */
const BATCH_BLOCKS_MAX = 64;

/** How a file was before. */
interface OldFile {
  /** −1 where it was not there. */
  readonly size: number;
  /** Numbers of the blocks that are kept. */
  readonly blocks: Set<number>;
}

/** What an undo file speaks of. */
export interface UndoFilesOptions {
  /** The store. */
  readonly root: string;
  /** The file that is kept first of all: the mark of an unclean stop. */
  readonly first: string;
  /** Names the undo file. */
  readonly now: () => number;
  /** Told the undo file when it is there: before anything is changed. */
  readonly begun?: ((path: string) => void) | undefined;
}

/** Files whose changes can be taken back. */
export class UndoFiles extends FilesOver {
  readonly #root: string;
  readonly #first: string;
  readonly #now: () => number;
  readonly #begun: (path: string) => void;
  readonly #known = new Map<string, OldFile>();
  readonly #folders = new Set<string>();
  #entries: UndoEntry[] = [];
  #path: string | undefined;
  #size = 0;
  #isFinished = false;

  constructor(below: FileSystem, options: UndoFilesOptions) {
    super(below);
    this.#root = options.root;
    this.#first = options.first;
    this.#now = options.now;
    this.#begun = options.begun ?? (() => {});
  }

  /** The undo file; `undefined` as long as nothing was changed. */
  get path(): string | undefined {
    return this.#path;
  }

  override openWrite(path: string): WritableFile {
    if (this.stat(path) === undefined) this.keep(path);
    const file = super.openWrite(path);
    return fileOver(file, {
      write: (bytes, at) => {
        this.#keepRange(path, at, at + bytes.length);
        this.#flush();
        file.write(bytes, at);
      },
      truncate: (size, before) => {
        this.#keepRange(path, size, before);
        this.#flush();
        file.truncate(size);
      },
    });
  }

  override makeDirectory(path: string): void {
    for (let at = path; this.stat(at) === undefined; at = dirname(at)) {
      this.#noteFolder(at, -1);
    }
    this.#flush();
    super.makeDirectory(path);
  }

  override rename(from: string, to: string): void {
    if (isAside(this.#name(to)) && !this.#known.has(from)) return this.#moveAside(from, to);
    this.#keepTree(from);
    for (const path of filesUnder(this.below, from)) {
      this.#keepWhole(join(to, relative(from, path)));
    }
    for (const path of foldersUnder(this.below, from)) {
      const folder = join(to, relative(from, path));
      if (this.below.stat(folder) === undefined) this.#noteFolder(folder, -1);
    }
    this.#flush();
    super.rename(from, to);
  }

  override remove(path: string): void {
    if (this.stat(path) === undefined) return;
    this.#keepTree(path);
    this.#flush();
    super.remove(path);
  }

  /** Keeps all of a file that is about to be changed, or that it is not there. */
  keep(path: string): void {
    this.#keepWhole(path);
    this.#flush();
  }

  /**
   * Notes how everything was left, so that taking it back is refused where somebody has changed it
   * since. From then on only what is known already may change: `last`, which has these bytes at the
   * end, or, with `undefined`, is removed. A second call does nothing.
   */
  finish(last: { readonly path: string; readonly bytes: Uint8Array | undefined }): void {
    if (this.#path === undefined || this.#isFinished) return;
    for (const [path, { size, blocks }] of this.#known) {
      if (isAside(this.#name(path))) continue;
      const left = path === last.path
        ? leftBytes(last.bytes)
        : leftOf(this.below, path, { size, blocks });
      this.#add(undoEntry("left", { path: this.#name(path), ...left }));
    }
    this.#entries.push(undoEntry("end"));
    this.#flush();
    this.#isFinished = true;
  }

  /** What lies in the quarantine stays as it is: it is moved back, and need not be kept twice. */
  #moveAside(from: string, to: string): void {
    this.#keepFirst();
    const { size: length, isDirectory } = this.below.stat(from)!;
    assert(!isDirectory, "only files are moved into the quarantine");
    const content = new TextEncoder().encode(this.#name(to));
    this.#add(undoEntry("moved", { path: this.#name(from), length, content }));
    this.#known.set(from, { size: 0, blocks: new Set() });
    this.#flush();
    try {
      this.below.rename(from, to);
    } catch (error) {
      // It is where it was: what is done to it next is kept, and counts instead.
      this.#known.delete(from);
      throw error;
    }
  }

  #keepTree(path: string): void {
    for (const folder of foldersUnder(this.below, path)) this.#noteFolder(folder, 0);
    for (const file of filesUnder(this.below, path)) this.#keepWhole(file);
  }

  #keepWhole(path: string): void {
    const { size } = this.#note(path);
    this.#keepRange(path, 0, size);
  }

  #keepRange(path: string, from: number, to: number): void {
    const { size, blocks } = this.#note(path);
    const end = Math.min(to, size);
    if (from >= end) return;
    let file: ReadableFile | undefined;
    try {
      const last = Math.floor((end - 1) / UNDO_BLOCK_BYTES);
      for (let number = Math.floor(from / UNDO_BLOCK_BYTES); number <= last; number++) {
        if (blocks.has(number)) continue;
        file ??= this.below.openRead(path);
        const at = number * UNDO_BLOCK_BYTES;
        const block = new Uint8Array(Math.min(UNDO_BLOCK_BYTES, size - at));
        const count = file.read(block, at);
        const used = block.subarray(0, count).findLastIndex((byte) => byte !== 0) + 1;
        const content = block.slice(0, used);
        this.#add(
          undoEntry("block", { path: this.#name(path), at, length: block.length, content }),
        );
        blocks.add(number);
      }
    } finally {
      file?.close();
    }
  }

  #keepFirst(): void {
    if (!this.#known.has(this.#first)) this.#keepWhole(this.#first);
  }

  #note(path: string): OldFile {
    if (path !== this.#first) this.#keepFirst();
    let known = this.#known.get(path);
    if (known === undefined) {
      assert(!this.#isFinished, `${path} was not known at the end`);
      known = { size: this.below.stat(path)?.size ?? -1, blocks: new Set() };
      this.#known.set(path, known);
      this.#add(undoEntry("file", { path: this.#name(path), length: known.size }));
    }
    return known;
  }

  #noteFolder(path: string, length: number): void {
    if (this.#folders.has(path)) return;
    this.#keepFirst();
    this.#folders.add(path);
    this.#add(undoEntry("folder", { path: this.#name(path), length }));
  }

  #add(entry: UndoEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length >= BATCH_BLOCKS_MAX) this.#flush();
  }

  #name(path: string): string {
    return relative(this.#root, path);
  }

  /** Brings what is to be kept to the disk. */
  #flush(): void {
    if (this.#entries.length === 0) return;
    const path = this.#path ??= this.#begin();
    const batch = undoBatch(this.#entries);
    try {
      this.#write(path, batch);
    } catch (error) {
      // Nothing was changed yet, and a file that is not whole takes nothing back.
      if (this.#size === 0) this.#drop(path);
      throw error;
    }
    if (this.#size === 0) {
      this.#syncName(path);
      this.#begun(path);
    }
    this.#size += batch.length;
    this.#entries = [];
  }

  #write(path: string, batch: Uint8Array): void {
    const file = this.below.openWrite(path);
    try {
      file.write(batch, this.#size);
      file.syncNow();
    } finally {
      file.close();
    }
  }

  #drop(path: string): void {
    this.#path = undefined;
    try {
      this.below.remove(path);
    } catch {
      // Why it could not be written is what is told.
    }
  }

  #begin(): string {
    const folder = join(this.#root, QUARANTINE);
    if (this.below.stat(folder) === undefined) {
      this.below.makeDirectory(folder);
      this.#entries.push(undoEntry("folder", { path: this.#name(folder), length: -1 }));
    }
    for (let time = this.#now();; time++) {
      const path = join(folder, undoName(time));
      if (this.below.stat(path) === undefined) return path;
    }
  }

  #syncName(path: string): void {
    this.below.syncDirectory(dirname(path));
    this.below.syncDirectory(this.#root);
  }
}

/** How a repair leaves a file: its length, and a checksum of what the repair may have changed. */
export function leftOf(
  fs: FileSystem,
  path: string,
  old: { readonly size: number; readonly blocks: ReadonlySet<number> },
): Pick<UndoEntry, "at" | "length"> {
  const stat = fs.stat(path);
  if (stat === undefined || stat.isDirectory) return { at: 0, length: -1 };
  const file = fs.openRead(path);
  try {
    const size = file.size();
    const numbers = [...old.blocks].filter((number) => number * UNDO_BLOCK_BYTES < old.size);
    const firstNew = Math.floor(Math.max(0, old.size) / UNDO_BLOCK_BYTES);
    for (let number = firstNew; number * UNDO_BLOCK_BYTES < size; number++) {
      if (size > old.size) numbers.push(number);
    }
    let crc = 0;
    for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
      const block = new Uint8Array(UNDO_BLOCK_BYTES);
      crc = crc32(block.subarray(0, file.read(block, number * UNDO_BLOCK_BYTES)), crc);
    }
    return { at: crc, length: size };
  } finally {
    file.close();
  }
}

/** Name of an undo file; those of later repairs come behind in the order of names. */
function undoName(timeMs: number): string {
  return `recover-${new Date(timeMs).toISOString().replace(/[-:.]/g, "")}${UNDO_ENDING}`;
}

/** Whether bytes are only kept there: of use to people, and to nobody when they are back in place. */
export function isAside(path: string): boolean {
  return path.startsWith(`${QUARANTINE}${sep}`);
}

function leftBytes(bytes: Uint8Array | undefined): Pick<UndoEntry, "at" | "length"> {
  return bytes === undefined ? { at: 0, length: -1 } : { at: crc32(bytes), length: bytes.length };
}
