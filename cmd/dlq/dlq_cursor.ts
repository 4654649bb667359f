/**
 * How far a replay of dead letters is, in a file: for each queue the offset to go on at. It is
 * replaced whole, so that a crash leaves the old one or the new one.
 *
 * @module
 */
import { dirname } from "node:path";
import { type FileSystem, readWholeFile, replaceWholeFile } from "../../store/file.ts";
import { Failure } from "../failure.ts";

/** A place among dead letters. */
export interface DlqCursor {
  /** What it is of. */
  readonly of: string;
  /** Offsets to go on at, by queue. */
  readonly next: ReadonlyMap<string, number>;
  readonly sent: number;
}

/** Reads a cursor; `undefined` where there is no file. Throws a failure for one of something else. */
export function readDlqCursor(
  files: FileSystem,
  path: string,
  of: string,
): DlqCursor | undefined {
  const bytes = readWholeFile(files, path);
  if (bytes === undefined) return undefined;
  const cursor = parsed(new TextDecoder().decode(bytes));
  if (cursor === undefined) throw new Failure(`Cannot go on from "${path}": it is no cursor`);
  if (cursor.of === of) return cursor;
  throw new Failure(`Cannot go on from "${path}": it is of ${cursor.of}, not of ${of}`);
}

/** Writes a cursor. Throws an error that names it where it cannot be written. */
export function writeDlqCursor(files: FileSystem, path: string, cursor: DlqCursor): void {
  const text = JSON.stringify({ ...cursor, next: Object.fromEntries(cursor.next) });
  const bytes = new TextEncoder().encode(`${text}\n`);
  try {
    replaceWholeFile(files, path, { bytes, directory: dirname(path) });
  } catch (error) {
    throw new Error(`Cannot write cursor "${path}": ${(error as Error).message}`, { cause: error });
  }
}

function parsed(text: string): DlqCursor | undefined {
  try {
    const { of, next, sent } = JSON.parse(text) as Record<string, unknown>;
    const offsets = Object.entries(next as object);
    const isWhole = [sent, ...offsets.map(([, offset]) => offset)].every(Number.isSafeInteger);
    if (typeof of !== "string" || !isWhole) return undefined;
    return { of, next: new Map(offsets), sent: sent as number };
  } catch {
    return undefined;
  }
}
