/**
 * The file by which a repair can be taken back: `quarantine/recover-<time>.undo`. Before anything of
 * the store is changed, what stood there is appended and brought to the disk; so what the file says
 * of a path is how it was before the repair, however far that got.
 *
 * The file is a row of batches, each written at once and sealed by its CRC: only the last can be torn,
 * and what it speaks of was not changed yet. A batch holds entries one behind another.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { bytes, i16, i32, i64, i8, record, text, type ValueOf } from "../layout.ts";

/** `mqun`: begins each batch. On disk; never change. */
export const UNDO_MAGIC = 0x6d71756e;

/** Files are kept in blocks of so many bytes, counted from their start. On disk; never change. */
export const UNDO_BLOCK_BYTES = 64 * 1024;

/** How the names of undo files end. */
export const UNDO_ENDING = ".undo";

/** What an entry says. On disk; never renumber. */
export const UNDO_KIND = {
  /** `path` was a file of `length` bytes, or, with −1, was not there. */
  file: 1,
  /** The `length` bytes at `at` of the file were `content`, and zeros behind it. */
  block: 2,
  /** `path` was a folder that was removed (`length` 0) or is one that was made (−1). */
  folder: 3,
  /** The repair left `path` with `length` bytes (−1: removed); `at` is the CRC-32 of its blocks. */
  left: 4,
  /** Everything was changed and all of it is told in this file. */
  end: 5,
  /** Taking the repair back has begun. */
  undoing: 6,
  /** All but the mark of an unclean stop is as it was. */
  undone: 7,
  /**
   * `path`, a file of `length` bytes of which nothing else is kept, was moved into the quarantine: to
   * `content`, a path from the store's root.
   */
  moved: 8,
} as const;

/** What stands in front of the entries of a batch. */
export const UNDO_BATCH = record([
  ["magic", i32, "`mqun`"],
  ["crc", i32, "CRC-32 of the entries"],
  ["length", i32, "bytes of the entries"],
]);

/** One entry. */
export const UNDO_ENTRY = record([
  ["kind", i8, "what it says"],
  ["at", i64, "position in the file"],
  ["length", i64, "bytes"],
  ["path", text(i16), "from the store's root"],
  ["content", bytes(i32), "old bytes up to the last that is not zero"],
]);

/** An entry as a value. */
export type UndoEntry = ValueOf<typeof UNDO_ENTRY.rows>;

/** An entry; what is not given is nothing. */
export function undoEntry(
  kind: keyof typeof UNDO_KIND,
  entry: Partial<Omit<UndoEntry, "kind">> = {},
): UndoEntry {
  return {
    kind: UNDO_KIND[kind],
    at: 0,
    length: 0,
    path: "",
    content: new Uint8Array(0),
    ...entry,
  };
}

/** The bytes of a batch. */
export function undoBatch(entries: readonly UndoEntry[]): Uint8Array {
  const length = entries.reduce((sum, it) => sum + UNDO_ENTRY.sizeOf(it), 0);
  const batch = new Uint8Array(UNDO_BATCH.size + length);
  const view = new DataView(batch.buffer);
  let at = UNDO_BATCH.size;
  for (const entry of entries) at += UNDO_ENTRY.write(view, at, entry);
  const crc = crc32(batch.subarray(UNDO_BATCH.size)) | 0;
  UNDO_BATCH.write(view, 0, { magic: UNDO_MAGIC, crc, length });
  return batch;
}
