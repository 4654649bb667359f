/**
 * How far a replay is, in a file: the next run goes on there.
 *
 * @module
 */
import { dirname } from "node:path";
import { type FileSystem, readWholeFile, replaceWholeFile } from "../../store/file.ts";
import { Failure } from "../failure.ts";

/** What is kept. */
export interface ReplayCursor {
  /** What is replayed and where to; a cursor of anything else does not fit. */
  readonly of: string;
  /** First position that is not yet sent. */
  readonly next: number;
  /** Positions behind it that are. */
  readonly ahead: readonly number[];
  /** Messages sent by all runs. */
  readonly sent: number;
}

/** Reads a cursor; `undefined` where there is none yet. Throws a failure for one that does not fit. */
export function readCursor(
  files: FileSystem,
  path: string,
  of: string,
): ReplayCursor | undefined {
  const bytes = readWholeFile(files, path);
  if (bytes === undefined) return undefined;
  const cursor = parse(bytes);
  if (cursor === undefined) throw new Failure(`"${path}" is no cursor of a replay`);
  if (cursor.of === of) return cursor;
  throw new Failure(
    `The cursor "${path}" is of another replay: ${cursor.of}; this one is ${of}`,
  );
}

function parse(bytes: Uint8Array): ReplayCursor | undefined {
  try {
    const it = JSON.parse(new TextDecoder().decode(bytes)) as Partial<ReplayCursor>;
    const isWhole = typeof it.of === "string" && Number.isSafeInteger(it.next) &&
      Number.isSafeInteger(it.sent) && Array.isArray(it.ahead) &&
      it.ahead.every((position) => Number.isSafeInteger(position));
    return isWhole ? it as ReplayCursor : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Replaces a cursor; at every moment the file holds one that is whole. Throws an error that names it
 * where it cannot be written.
 */
export function writeCursor(files: FileSystem, path: string, cursor: ReplayCursor): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(cursor)}\n`);
  try {
    replaceWholeFile(files, path, { bytes, directory: dirname(path) });
  } catch (error) {
    throw new Error(`Cannot write cursor "${path}": ${(error as Error).message}`, { cause: error });
  }
}
