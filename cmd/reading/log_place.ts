/**
 * Finds the commit log a command is to read: that of a store, a lone folder of log files, or one
 * file.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import { MAGIC, MESSAGE_V1 } from "../../store/format.ts";
import { readI64 } from "../../store/layout.ts";
import { NAME, parseOffsetName } from "../../store/names.ts";
import { listSegments, type SegmentList } from "../../store/segments.ts";
import { Failure } from "../failure.ts";
import { holdsLog, logHeadOf } from "./file_content.ts";
import { notA, type Place, placeAt } from "./store_path.ts";
import type { Terminal } from "../terminal.ts";

const WANTED = "commit log";

/** A commit log that was found. */
export interface LogPlace {
  /** As the user knows it. */
  readonly path: string;
  readonly log: SegmentList;
  /** Whether the store says that its broker did not stop cleanly; false where nobody knows. */
  readonly isUnclean: boolean;
}

/** Finds the commit log at a path. Throws a failure when there is none. */
export function logAt(terminal: Terminal, argument: string | undefined): LogPlace {
  return logOf(terminal, placeAt(terminal, argument));
}

/** Finds the commit log at a place that was looked at before. */
export function logOf(terminal: Terminal, place: Place): LogPlace {
  const { files } = terminal;
  const { path } = place;
  if (place.kind === "file") {
    const log = singleFile(files, path);
    if (log === undefined) throw notA(terminal, place, WANTED);
    return { path, log, isUnclean: isUncleanAt(files, dirname(path)) };
  }
  const directory = place.kind === "store" ? place.paths.commitLog : path;
  const log = listSegments(files, place.kind === "store" ? place.paths.commitLogs : path);
  if (place.kind === "store") {
    if (files.stat(directory) === undefined) throw notA(terminal, place, WANTED);
    return { path: directory, log, isUnclean: files.stat(place.paths.abort) !== undefined };
  }
  const first = log.segments[0];
  if (first === undefined) throw notA(terminal, place, WANTED);
  if (basename(path) !== NAME.commitLog && !log.segments.some((it) => holdsLog(files, it.path))) {
    throw new Failure(`"${path}" is no ${WANTED}: its files hold no message`);
  }
  return { path, log, isUnclean: isUncleanAt(files, path) };
}

/** One file as a log of its own; `undefined` when it is none. */
function singleFile(files: FileSystem, path: string): SegmentList | undefined {
  const stat = files.stat(path)!;
  const named = parseOffsetName(basename(path));
  const around = named === undefined ? undefined : listSegments(files, dirname(path));
  if (!holdsLog(files, path) && basename(dirname(path)) !== NAME.commitLog) return undefined;
  const start = named ?? startInside(files, path);
  if (start === undefined) return undefined;
  const { size: length, allocatedBytes } = stat;
  return {
    segments: [{ start, length, allocatedBytes, name: basename(path), path }],
    strays: [],
    // A cut file is known by its neighbours.
    segmentBytes: around !== undefined && around.segments.length > 1 ? around.segmentBytes : length,
  };
}

/** Where the first record of a renamed file says it stands. */
function startInside(files: FileSystem, path: string): number | undefined {
  const head = logHeadOf(files, path);
  const magic = head?.getInt32(MESSAGE_V1.at.magic);
  if (head === undefined || (magic !== MAGIC.v1 && magic !== MAGIC.v2)) return undefined;
  const start = readI64(head, MESSAGE_V1.at.physicalOffset);
  return start >= 0 && Number.isSafeInteger(start) ? start : undefined;
}

/** Whether the store around a commit log folder carries the mark of a running or killed broker. */
function isUncleanAt(files: FileSystem, directory: string): boolean {
  return basename(directory) === NAME.commitLog &&
    files.stat(join(dirname(directory), NAME.abort)) !== undefined;
}
