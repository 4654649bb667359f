/**
 * Reads an undo file: how everything a repair touched was before, and how it was left.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import type { FileSystem, ReadableFile } from "../file.ts";
import {
  UNDO_BATCH,
  UNDO_BLOCK_BYTES,
  UNDO_ENTRY,
  UNDO_KIND,
  UNDO_MAGIC,
  type UndoEntry,
} from "./undo_format.ts";

/** Where in the undo file the old bytes of a block stand. */
export interface KeptBlock {
  readonly at: number;
  /** Old bytes, zeros behind the content included. */
  readonly length: number;
  readonly contentAt: number;
  readonly contentLength: number;
}

/** A file as it was. */
export interface KeptFile {
  /** −1 where it was not there. */
  readonly size: number;
  readonly blocks: Map<number, KeptBlock>;
  /** Where it lies since; then nothing else is kept of it. */
  readonly movedTo?: string;
  /** How the repair left it; `undefined` where it did not come to tell. */
  left?: { readonly crc: number; readonly length: number };
}

/** All an undo file says; paths are those from the store's root. */
export interface UndoLog {
  readonly files: ReadonlyMap<string, KeptFile>;
  /** Folders that were made, in the order in which that was done. */
  readonly foldersMade: readonly string[];
  readonly foldersRemoved: readonly string[];
  /** Whether the repair came to its end. */
  readonly isEnded: boolean;
  readonly isUndoing: boolean;
  readonly isUndone: boolean;
  /** Where the next batch belongs. */
  readonly size: number;
}

/** Bytes that are looked through at once for a batch behind one that is torn. */
const SEARCH_BYTES = 1024 * 1024;
const BATCH_BYTES_MAX = 64 * 1024 * 1024;

/** Reads an undo file. Throws for what is none, and for one that is damaged. */
export function readUndoLog(fs: FileSystem, path: string): UndoLog {
  const file = fs.openRead(path);
  try {
    const log = new Log();
    const fileSize = file.size();
    for (let at = 0; at < fileSize;) {
      const batch = batchAt(file, at);
      if (batch === undefined) {
        const next = nextBatch(file, at + 1);
        if (at === 0 || next !== undefined) throw damaged(path, at);
        break;
      }
      for (const [entry, end] of entriesOf(batch)) log.take(entry, at + end);
      at += batch.length;
      log.size = at;
    }
    if (log.size === 0) throw damaged(path, 0);
    return log;
  } finally {
    file.close();
  }
}

function damaged(path: string, at: number): Error {
  return new Error(`Cannot undo "${path}": no undo file, or damaged at ${at}`);
}

class Log implements UndoLog {
  readonly files = new Map<string, KeptFile>();
  readonly foldersMade: string[] = [];
  readonly foldersRemoved: string[] = [];
  isEnded = false;
  isUndoing = false;
  isUndone = false;
  size = 0;

  /** Takes an entry that ends at a position of the file. */
  take({ kind, path, at, length, content }: UndoEntry, end: number): void {
    const file = this.files.get(path);
    if (kind === UNDO_KIND.file) this.files.set(path, { size: length, blocks: new Map() });
    else if (kind === UNDO_KIND.moved) {
      const movedTo = new TextDecoder().decode(content);
      this.files.set(path, { size: length, blocks: new Map(), movedTo });
    } else if (kind === UNDO_KIND.block) {
      file?.blocks.set(at / UNDO_BLOCK_BYTES, {
        at,
        length,
        contentAt: end - content.length,
        contentLength: content.length,
      });
    } else if (kind === UNDO_KIND.folder) {
      (length < 0 ? this.foldersMade : this.foldersRemoved).push(path);
    } else if (kind === UNDO_KIND.left) {
      if (file !== undefined) file.left = { crc: at, length };
    } else if (kind === UNDO_KIND.end) this.isEnded = true;
    else if (kind === UNDO_KIND.undoing) this.isUndoing = true;
    else if (kind === UNDO_KIND.undone) this.isUndone = true;
  }
}

/** A whole batch with its head; `undefined` where none stands. */
function batchAt(file: ReadableFile, at: number): Uint8Array | undefined {
  const head = new DataView(new ArrayBuffer(UNDO_BATCH.size));
  if (file.read(new Uint8Array(head.buffer), at) < UNDO_BATCH.size) return undefined;
  const { magic, crc, length } = UNDO_BATCH.read(head, 0);
  if (magic !== UNDO_MAGIC || length < 0 || length > BATCH_BYTES_MAX) return undefined;
  const batch = new Uint8Array(UNDO_BATCH.size + length);
  if (file.read(batch, at) < batch.length) return undefined;
  return (crc32(batch.subarray(UNDO_BATCH.size)) | 0) === crc ? batch : undefined;
}

/** Entries of a batch, each with where it ends in it. */
function* entriesOf(batch: Uint8Array): Generator<[UndoEntry, number], void> {
  const view = new DataView(batch.buffer);
  for (let at = UNDO_BATCH.size; at < batch.length;) {
    const entry = UNDO_ENTRY.read(view, at);
    at += UNDO_ENTRY.sizeOf(entry);
    yield [entry, at];
  }
}

/** The next place where a whole batch stands. */
function nextBatch(file: ReadableFile, from: number): number | undefined {
  const block = new Uint8Array(SEARCH_BYTES);
  const view = new DataView(block.buffer);
  for (let start = from;; start += SEARCH_BYTES - UNDO_BATCH.size) {
    const count = file.read(block, start);
    if (count < UNDO_BATCH.size) return undefined;
    for (let at = 0; at + UNDO_BATCH.size <= count; at++) {
      if (view.getInt32(at) !== UNDO_MAGIC) continue;
      if (batchAt(file, start + at) !== undefined) return start + at;
    }
  }
}
