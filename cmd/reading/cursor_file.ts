/**
 * Where a walk over a commit log ended, in a file, so that the next run goes on there. The cursor
 * knows the last record it passed: in another store, or in this one after its log was cut, it does
 * not fit and says so.
 *
 * @module
 */
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { type FileSystem, readWholeFile, replaceWholeFile } from "../../store/file.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { SegmentList } from "../../store/segments.ts";
import { Failure } from "../failure.ts";
import { RecordReader } from "./record_reader.ts";

/** A record by which a log is known again. */
export interface CursorRecord {
  readonly commitLogOffset: number;
  readonly storeSize: number;
  /** CRC-32 of all its bytes. */
  readonly crc: number;
}

/** What a cursor file holds. */
export interface Cursor {
  readonly version: 1;
  /** Where the next run begins. */
  readonly commitLogOffset: number;
  /** The last record before it; absent where none has been met. */
  readonly record?: CursorRecord;
}

/** Notes a record. */
export function cursorRecord(record: RecordView): CursorRecord {
  const commitLogOffset = record.physicalOffset();
  return { commitLogOffset, storeSize: record.size, crc: crc32(record.record()) };
}

/** Reads a cursor; `undefined` where there is none yet. Throws a failure for what is none. */
export function readCursor(files: FileSystem, path: string): Cursor | undefined {
  const bytes = readWholeFile(files, path);
  if (bytes === undefined && files.stat(path) !== undefined) {
    throw new Failure(`Cannot read cursor "${path}": it is a folder`);
  }
  const folder = dirname(path);
  // Said before anything is printed, not when the cursor is written behind all of it.
  if (bytes === undefined && files.stat(folder)?.isDirectory !== true) {
    throw new Failure(`Cannot keep cursor "${path}": there is no folder "${folder}"`);
  }
  if (bytes === undefined) return undefined;
  const cursor = parsed(new TextDecoder().decode(bytes));
  if (cursor === undefined) {
    throw new Failure(`"${path}" is no cursor: it was not written by --cursor-file`);
  }
  return cursor;
}

/** Replaces a cursor file: after a crash either the old or the new one is there. */
export function writeCursor(files: FileSystem, path: string, cursor: Cursor): void {
  const bytes = new TextEncoder().encode(JSON.stringify(cursor) + "\n");
  try {
    replaceWholeFile(files, path, { bytes, directory: dirname(path) });
  } catch (error) {
    throw new Error(`Cannot write cursor "${path}": ${(error as Error).message}`, { cause: error });
  }
}

/** Throws a failure where a log is not the one a cursor was written for. */
export function checkCursor(
  files: FileSystem,
  log: SegmentList,
  { path, cursor }: { readonly path: string; readonly cursor: Cursor },
): void {
  const refuse = (why: string) =>
    new Failure(`Cursor "${path}" does not fit: ${why}; remove it to begin anew`);
  const { commitLogOffset, record } = cursor;
  const reader = new RecordReader(files, log);
  try {
    if (commitLogOffset > reader.end) {
      throw refuse(`it stands at ${commitLogOffset}, the log ends at ${reader.end}`);
    }
    if (commitLogOffset < reader.start) {
      throw refuse(`it stands at ${commitLogOffset}, the log now begins at ${reader.start}`);
    }
    // The file of the last record may have expired.
    if (record === undefined || record.commitLogOffset < reader.start) return;
    const miss = reader.read(record.commitLogOffset);
    const found = miss === undefined ? cursorRecord(reader.record) : undefined;
    if (found?.crc !== record.crc || found.storeSize !== record.storeSize) {
      throw refuse(`another record stands at ${record.commitLogOffset} than when it was written`);
    }
  } finally {
    reader.close();
  }
}

function parsed(text: string): Cursor | undefined {
  try {
    const { version, commitLogOffset, record } = JSON.parse(text) as Cursor;
    const numbers = record === undefined
      ? [commitLogOffset]
      : [commitLogOffset, record.commitLogOffset, record.storeSize, record.crc];
    if (version !== 1 || !numbers.every((it) => Number.isSafeInteger(it) && it >= 0)) {
      return undefined;
    }
    return { version, commitLogOffset, ...(record && { record }) };
  } catch {
    return undefined;
  }
}
