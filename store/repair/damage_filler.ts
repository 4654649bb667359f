/**
 * Makes a damaged range of the log passable. Every Java broker ends the log at the first bytes that
 * are no record when it recovers, and deletes all files behind. What is filled in is therefore well
 * formed, and belongs to no queue and to no index:
 *
 * - up to the end of a file the filler every file ends with;
 * - between records a record that says it was rolled back, which all releases pass over
 *   (Java: `CommitLogDispatcherBuildConsumeQueue`, `IndexService.buildIndex`).
 *
 * @module
 */
import { dirname, join } from "node:path";
import type { FileSystem, WritableFile } from "../file.ts";
import { fillerRecord } from "../filler_record.ts";
import { BLANK, MAGIC, SIZE } from "../format.ts";
import type { RecordBefore } from "../damage_ranges.ts";
import { LogLookup } from "../log_lookup.ts";
import { offsetName } from "../names.ts";
import { sealState } from "../property_crc.ts";
import { keepAside } from "../quarantine.ts";
import { RECORD_BYTES_MIN } from "../record_view.ts";
import { fileStartOf, type SegmentList } from "../segments.ts";
import { usedLength } from "../used_bytes.ts";
import type { ByteRange } from "./recorded_files.ts";

/** A file whose name is far off is rather a stray one than the end of a log that lost all before it. */
const MISSING_FILES_MAX = 1000;
/** Java reads a whole record into memory. */
const FILLER_BYTES_MAX = 1024 * 1024;

/** Where ranges are filled. */
export interface FillerPlace {
  readonly fs: FileSystem;
  readonly root: string;
  /** The log's directory. */
  readonly directory: string;
  readonly log: SegmentList;
}

/** A range to be filled. */
export interface DamagedBytes extends ByteRange {
  readonly before?: RecordBefore | undefined;
}

/** A part of a range that lies in one file. */
interface Piece extends ByteRange {
  readonly start: number;
  /** Record behind it decides how it is filled; at the end of a file none is needed. */
  readonly endsFile: boolean;
}

/** Why a range cannot be filled; `undefined` where it can. */
export function whyNotFilled(place: FillerPlace, range: ByteRange): string | undefined {
  const missing = missingFiles(place.log, range);
  if (missing > MISSING_FILES_MAX) {
    return `${missing} files are missing, and no more than ${MISSING_FILES_MAX} are made anew`;
  }
  for (const { start, from, to, endsFile } of pieces(place, range)) {
    const behind = place.log.segments.find((it) => it.start > start);
    if (behind !== undefined && behind.start < start + place.log.segmentBytes) {
      return `the file behind it begins at ${behind.start}, where none does`;
    }
    const least = endsFile ? SIZE.blankMin : RECORD_BYTES_MIN;
    if (to - from < least) return `${to - from} bytes are too few for a filler of ${least}`;
  }
  return undefined;
}

/**
 * Keeps the bytes of a damaged range aside and fills it. Doing it again after an interruption brings
 * the same bytes. The range must begin behind a record or at the start of a file, and end before one
 * or at the end of a file.
 */
export function fillDamage(place: FillerPlace, range: DamagedBytes): void {
  for (const piece of pieces(place, range)) {
    keepPiece(place, piece);
    const { fs, directory, log } = place;
    const known = log.segments.find((it) => it.start === piece.start);
    const path = known?.path ?? join(directory, offsetName(piece.start));
    const file = fs.openWrite(path);
    try {
      // A missing file is made anew.
      if (file.size() < log.segmentBytes) file.truncate(log.segmentBytes);
      fs.syncDirectory(dirname(path));
      if (piece.endsFile) fillFileEnd(file, piece);
      else fillBetween(place, file, { ...piece, before: range.before });
      file.syncNow();
    } finally {
      file.close();
    }
  }
}

/** How many files of a range are not there. */
function missingFiles(log: SegmentList, { from, to }: ByteRange): number {
  const first = fileStartOf(log, from);
  const count = Math.ceil((to - first) / log.segmentBytes);
  const known = log.segments.filter(({ start }) => start >= first && start < to);
  return count - known.length;
}

function pieces({ fs, log }: FillerPlace, range: ByteRange): Piece[] {
  const { segmentBytes } = log;
  const found: Piece[] = [];
  for (let from = range.from; from < range.to;) {
    const start = fileStartOf(log, from);
    const fileEnd = start + segmentBytes;
    const to = Math.min(range.to, fileEnd);
    const endsFile = to === fileEnd || isFileFiller(fs, log, to);
    found.push({ start, from, to: endsFile ? fileEnd : to, endsFile });
    from = to;
  }
  return found;
}

/** Whether the filler of a file stands at a log offset. */
function isFileFiller(fs: FileSystem, log: SegmentList, at: number): boolean {
  const segment = log.segments.find((it) => at >= it.start && at < it.start + it.length);
  if (segment === undefined) return false;
  const file = fs.openRead(segment.path);
  try {
    const view = new DataView(new ArrayBuffer(BLANK.size));
    file.read(new Uint8Array(view.buffer), at - segment.start);
    return BLANK.read(view, 0).magic === MAGIC.blank;
  } finally {
    file.close();
  }
}

function keepPiece({ fs, root, log }: FillerPlace, { start, from, to }: Piece): void {
  const segment = log.segments.find((it) => it.start === start);
  if (segment === undefined) return;
  const length = Math.min(usedLength(fs, segment, from - start), to - from);
  if (length === 0) return;
  const range = { path: segment.path, from: from - start, to: from - start + length };
  keepAside(fs, root, { name: `commitlog-${offsetName(from)}`, range });
}

function fillFileEnd(file: WritableFile, { start, from, to }: Piece): void {
  const filler = new Uint8Array(BLANK.size);
  BLANK.write(new DataView(filler.buffer), 0, { length: to - from, magic: MAGIC.blank });
  writeZeros(file, { from: from + BLANK.size - start, to: to - start });
  file.write(filler, from - start);
}

/** Records one behind another, so small that nobody stumbles over their size. */
function fillBetween(
  place: FillerPlace,
  file: WritableFile,
  { start, from, to, before }: Piece & Pick<DamagedBytes, "before">,
): void {
  const lookup = new LogLookup(place.fs, place.log);
  try {
    const next = lookup.frameAt(to);
    // Recovery chooses its first file by the time of the first record.
    const storeTimestamp = next?.storeTimestamp() ?? before?.storeTimestamp ?? 0;
    // Beside a seal that is right one that is not makes its record damage.
    const isSealed = before?.isSealed ?? (next !== undefined && sealState(next) === "right");
    for (let at = from; at < to;) {
      const rest = to - at;
      const size = rest - FILLER_BYTES_MAX >= RECORD_BYTES_MIN ? FILLER_BYTES_MAX : rest;
      writeZeros(file, { from: at - start, to: at - start + size });
      file.write(fillerRecord({ physicalOffset: at, size, storeTimestamp, isSealed }), at - start);
      at += size;
    }
  } finally {
    lookup.close();
  }
}

const ZEROS = new Uint8Array(FILLER_BYTES_MAX);

function writeZeros(file: WritableFile, { from, to }: ByteRange): void {
  for (let at = from; at < to; at += ZEROS.length) {
    file.write(ZEROS.subarray(0, Math.min(ZEROS.length, to - at)), at);
  }
}
