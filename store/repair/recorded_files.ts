/**
 * A file system over another that knows what was really changed: a write of what stands there already
 * is not done. So a sound store stays untouched, and a repair can tell of everything it did.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import type { FileSystem, WritableFile } from "../file.ts";
import { fileOver, FilesOver } from "../files_over.ts";

/** Bytes of a file or of the log; `to` is behind the last. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** Files that are changed through it, and which. */
export class RecordedFiles extends FilesOver {
  readonly #root: string;
  readonly #beforeFirst: () => void;
  /** What was changed of each file; an empty range where it was only made, removed or renamed. */
  readonly #changed = new Map<string, ByteRange>();

  /** For the files of one store; `beforeFirst` is called before the first change. */
  constructor(
    below: FileSystem,
    options: { readonly root: string; readonly beforeFirst: () => void },
  ) {
    super(below);
    this.#root = options.root;
    this.#beforeFirst = options.beforeFirst;
  }

  /** Changed files by path, in the order of their first change, each with the range of its bytes. */
  get changed(): ReadonlyMap<string, ByteRange> {
    return this.#changed;
  }

  override openWrite(path: string): WritableFile {
    if (this.stat(path) === undefined) this.#note(path);
    const file = super.openWrite(path);
    return fileOver(file, {
      write: (bytes, at) => {
        const { from, to } = difference(file, bytes, at);
        if (from === to) return;
        this.#note(path, { from: at + from, to: at + to });
        file.write(bytes.subarray(from, to), at + from);
      },
      truncate: (size, before) => {
        this.#note(path, { from: Math.min(size, before), to: Math.max(size, before) });
        file.truncate(size);
      },
    });
  }

  override makeDirectory(path: string): void {
    if (this.stat(path) === undefined) super.makeDirectory(path);
  }

  override rename(from: string, to: string): void {
    this.#note(from);
    // What was made under another name is new under this one.
    this.#note(to, this.#changed.get(from));
    super.rename(from, to);
  }

  override remove(path: string): void {
    if (this.stat(path) === undefined) return;
    this.#note(path);
    super.remove(path);
  }

  /** Brings every change to the disk, names included. */
  async sync(): Promise<void> {
    const directories = new Set<string>();
    for (const path of this.#changed.keys()) {
      let directory = dirname(path);
      directories.add(directory);
      for (; directory.startsWith(join(this.#root, "/")); directory = dirname(directory)) {
        directories.add(dirname(directory));
      }
      if (this.below.stat(path)?.isDirectory !== false) continue;
      const file = this.below.openWrite(path);
      try {
        await file.sync();
      } finally {
        file.close();
      }
    }
    for (const path of directories) {
      if (this.below.stat(path) !== undefined) this.below.syncDirectory(path);
    }
  }

  #note(path: string, { from, to }: ByteRange = { from: 0, to: 0 }): void {
    if (this.#changed.size === 0) this.#beforeFirst();
    const known = this.#changed.get(path);
    this.#changed.set(
      path,
      known === undefined || known.to === 0
        ? { from, to }
        : { from: to === 0 ? known.from : Math.min(known.from, from), to: Math.max(known.to, to) },
    );
  }
}

/** Which part of `bytes` differs from what stands in a file. */
function difference(file: WritableFile, bytes: Uint8Array, at: number): ByteRange {
  const found = Buffer.alloc(bytes.length);
  const held = file.read(found, at);
  if (held === bytes.length && found.equals(bytes)) return { from: 0, to: 0 };
  let from = 0;
  while (from < held && found[from] === bytes[from]) from++;
  let to = bytes.length;
  if (held === to) { while (found[to - 1] === bytes[to - 1]) to--; }
  return { from, to };
}
