/**
 * `mq recover --undo`: takes a repair back, byte for byte, by the file it wrote. Refuses where what
 * the repair left was changed since. Killed at any point it can be run again: while it works the store
 * is marked, and the file tells how far it is.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers";
import type { FileSystem, ReadableFile } from "../file.ts";
import { NAME, type StorePaths, storePaths } from "../names.ts";
import { lockForRepair } from "../repair_lock.ts";
import { isTornAbort, markOf, markStore, writeAbort } from "./mark.ts";
import { isAside, leftOf } from "./undo_files.ts";
import { UNDO_ENDING, undoBatch, undoEntry } from "./undo_format.ts";
import { type KeptFile, readUndoLog, type UndoLog } from "./undo_log.ts";

/** What was taken back. */
export interface UndoOutcome {
  /** Files that are again as they were: changed back, removed, or made again. */
  readonly files: number;
  /** Bytes that were written back. */
  readonly bytes: number;
}

/** Settings of {@linkcode undoRepair}. */
export interface UndoOptions {
  /** Ends the work between two files; the same call goes on. */
  readonly signal?: AbortSignal;
}

/**
 * Brings a store back to what it was before the repair that wrote the undo file `path`, under the
 * store's lock, and removes the file. Modification times are new. Throws where files were changed
 * since, where the undo file is damaged, and when a broker holds the store; then nothing has changed.
 */
export async function undoRepair(
  fs: FileSystem,
  root: string,
  path: string,
  { signal }: UndoOptions = {},
): Promise<UndoOutcome> {
  const paths = storePaths(root);
  if (fs.stat(path)?.isDirectory !== false) {
    throw new Error(`Cannot undo "${path}": there is no such file`);
  }
  using _lock = lockForRepair(fs, paths.lock);
  const log = readUndoLog(fs, path);
  const undo = new Undo(fs, { paths, path, log });
  undo.check();
  return await undo.run(signal);
}

interface UndoTask {
  readonly paths: StorePaths;
  readonly path: string;
  readonly log: UndoLog;
}

class Undo {
  readonly #fs: FileSystem;
  readonly #paths: StorePaths;
  readonly #path: string;
  readonly #log: UndoLog;
  #size: number;
  #files = 0;
  #bytes = 0;

  constructor(fs: FileSystem, { paths, path, log }: UndoTask) {
    this.#fs = fs;
    this.#paths = paths;
    this.#path = path;
    this.#log = log;
    this.#size = log.size;
  }

  /** Throws where somebody has changed what the repair left. */
  check(): void {
    const { isEnded, isUndoing, isUndone, files } = this.#log;
    const isMarked = markOf(this.#fs, this.#paths) !== undefined;
    if (isUndone) return;
    if (!isEnded || isUndoing) this.#checkNewest();
    if (isMarked && (isUndoing || !isEnded)) return;
    const others = [...files.keys()].filter((name) => name !== NAME.abort && !isAside(name));
    if (!isEnded && others.length === 0) return;
    if (!isEnded) {
      throw this.#refusal(`"${this.#paths.abort}"`, "a repair or its undoing was interrupted");
    }
    for (const [name, file] of files) {
      if (isAside(name)) continue;
      // Where it was begun the mark may not be whole, but nothing else was changed then.
      const isOurs = isMarked || (isUndoing && isTornAbort(this.#fs, this.#paths));
      if (name === NAME.abort && isOurs) continue;
      const path = this.#pathOf(name);
      if (file.movedTo !== undefined) this.#checkMoved(path, file);
      const { at: crc, length } = leftOf(this.#fs, path, asOld(file));
      if (file.left?.crc !== crc || file.left.length !== length) {
        throw this.#refusal(`"${path}"`, "the repair");
      }
    }
  }

  /** Where undoing was interrupted it may be back already. */
  #checkMoved(path: string, { movedTo, size }: KeptFile): void {
    const aside = this.#pathOf(movedTo!);
    const stat = this.#fs.stat(aside) ?? (this.#log.isUndoing ? this.#fs.stat(path) : undefined);
    if (stat?.isDirectory !== false || stat.size !== size) {
      throw this.#refusal(`"${aside}"`, "the repair moved it there");
    }
  }

  /** How files were left is not told: whatever came later must go first. */
  #checkNewest(): void {
    const names = this.#fs.list(dirname(this.#path)).filter((name) => name.endsWith(UNDO_ENDING));
    const newer = names.find((name) => name > basename(this.#path));
    if (newer !== undefined) throw this.#refusal("the store", `then, see "${newer}"`);
  }

  async run(signal: AbortSignal | undefined): Promise<UndoOutcome> {
    if (!this.#log.isUndone) {
      await this.#restoreAll(signal);
      this.#append("undone");
    }
    this.#restoreAbort();
    this.#fs.remove(this.#path);
    const folder = dirname(this.#path);
    this.#fs.syncDirectory(folder);
    this.#removeFolder(folder);
    this.#fs.syncDirectory(this.#paths.root);
    return { files: this.#files, bytes: this.#bytes };
  }

  async #restoreAll(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#log.isUndoing) this.#append("undoing");
    if (markOf(this.#fs, this.#paths) === undefined) {
      markStore(
        this.#fs,
        this.#paths,
        (this.#log.files.get(NAME.abort)?.size ?? -1) < 0 ? "clean" : "unclean",
      );
    }
    const { files, foldersMade, foldersRemoved } = this.#log;
    const names = [...files.keys(), ...foldersMade, ...foldersRemoved];
    const folders = new Set(names.map((name) => dirname(this.#pathOf(name))));
    // What was made goes first: a file may stand where a folder was, and the other way round.
    for (const [name, { size, movedTo }] of files) {
      if (name !== NAME.abort && size < 0 && movedTo === undefined) this.#removeMade(name);
    }
    for (const name of foldersMade.toSorted().toReversed()) this.#removeFolder(this.#pathOf(name));
    for (const name of foldersRemoved) this.#fs.makeDirectory(this.#pathOf(name));
    const kept = this.#fs.openRead(this.#path);
    try {
      for (const [name, file] of files) {
        await new Promise<void>((done) => setImmediate(done));
        signal?.throwIfAborted();
        if (name !== NAME.abort) this.#restore(kept, this.#pathOf(name), file);
      }
    } finally {
      kept.close();
    }
    for (const folder of folders.add(this.#paths.root)) {
      if (this.#fs.stat(folder)?.isDirectory === true) this.#fs.syncDirectory(folder);
    }
  }

  /** Removes a file that was not there; a folder in its place is the one that was. */
  #removeMade(name: string): void {
    const path = this.#pathOf(name);
    this.#files++;
    if (this.#fs.stat(path)?.isDirectory === false) this.#fs.remove(path);
  }

  #restore(kept: ReadableFile, path: string, { size, blocks, movedTo }: KeptFile): void {
    const fs = this.#fs;
    if (size < 0 && movedTo === undefined) return;
    this.#files++;
    if (movedTo !== undefined) return this.#moveBack(this.#pathOf(movedTo), path);
    if (fs.stat(dirname(path)) === undefined) fs.makeDirectory(dirname(path));
    const file = fs.openWrite(path);
    try {
      if (file.size() !== size) file.truncate(size);
      for (const { at, length, contentAt, contentLength } of blocks.values()) {
        const [old, found] = [Buffer.alloc(length), Buffer.alloc(length)];
        kept.read(old.subarray(0, contentLength), contentAt);
        file.read(found, at);
        if (old.equals(found)) continue;
        file.write(old, at);
        this.#bytes += length;
      }
      file.syncNow();
    } finally {
      file.close();
    }
  }

  #moveBack(aside: string, path: string): void {
    if (this.#fs.stat(aside) === undefined) return;
    const folder = dirname(path);
    if (this.#fs.stat(folder) === undefined) this.#fs.makeDirectory(folder);
    // Where it goes must be on the disk before it goes there.
    for (let at = folder; at.length > this.#paths.root.length; at = dirname(at)) {
      this.#fs.syncDirectory(dirname(at));
    }
    this.#fs.rename(aside, path);
    this.#fs.syncDirectory(folder);
    this.#fs.syncDirectory(dirname(aside));
  }

  /** Last of all, so that a broker that is started in between recovers. */
  #restoreAbort(): void {
    const abort = this.#log.files.get(NAME.abort);
    if (abort === undefined) return;
    if (abort.size < 0) {
      if (markOf(this.#fs, this.#paths) === undefined) return;
      return writeAbort(this.#fs, this.#paths, undefined);
    }
    const bytes = new Uint8Array(abort.size);
    const kept = this.#fs.openRead(this.#path);
    try {
      for (const { at, contentAt, contentLength } of abort.blocks.values()) {
        kept.read(bytes.subarray(at, at + contentLength), contentAt);
      }
    } finally {
      kept.close();
    }
    // Anything else is a broker's.
    if (isTornAbort(this.#fs, this.#paths, bytes)) writeAbort(this.#fs, this.#paths, bytes);
  }

  /** Removes a folder that was made, where nobody has put anything into it. */
  #removeFolder(path: string): void {
    const wasMade = this.#log.foldersMade.some((name) => this.#pathOf(name) === path);
    const isThere = this.#fs.stat(path)?.isDirectory === true;
    if (wasMade && isThere && this.#fs.list(path).length === 0) {
      this.#fs.remove(path);
    }
  }

  #append(kind: "undoing" | "undone"): void {
    const batch = undoBatch([undoEntry(kind)]);
    const file = this.#fs.openWrite(this.#path);
    try {
      file.truncate(this.#size);
      file.write(batch, this.#size);
      file.syncNow();
    } finally {
      file.close();
    }
    this.#size += batch.length;
  }

  #pathOf(name: string): string {
    return join(this.#paths.root, name);
  }

  #refusal(what: string, since: string): Error {
    return new Error(
      `Cannot undo "${basename(this.#path)}": ${what} was changed since ${since}: ` +
        "a broker or another repair has worked on the store; take back what is newer first",
    );
  }
}

function asOld({ size, blocks, movedTo }: KeptFile): Parameters<typeof leftOf>[2] {
  return { size: movedTo === undefined ? size : 0, blocks: new Set(blocks.keys()) };
}
