/**
 * Whether the files of a queue can be all it had, and each the one it was: what a start looks at where
 * no table of queue ends can be believed. It costs nothing for a queue of one file that begins at 0, as
 * most are, and of any other a look at the first and the last unit of each file.
 *
 * A unit that was lost in the middle of a file goes unnoticed here, and so does the loss of what stood
 * last in the queue: `clean_start.ts` and the replay notice that by the log.
 *
 * @module
 */
import { CommitLogScan } from "./commit_log_scan.ts";
import type { FileSystem } from "./file.ts";
import { BATCH_QUEUE_UNIT, QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import type { LogLookup } from "./log_lookup.ts";
import { isQueued } from "./message.ts";
import { offsetName } from "./names.ts";
import { isMessage, isUnit } from "./replay_units.ts";
import type { UnitRange } from "./queue_files.ts";
import type { SegmentList } from "./segments.ts";
import { indexIn } from "./replay_units.ts";
import { type AnyQueue, isRight } from "./sound_end.ts";

/** How it shows that a queue lacks units, or has wrong ones. */
export interface Discontinuity {
  /** Number of the first unit that cannot be right. */
  readonly hole: number;
  readonly why: string;
}

/** What a queue is compared with. */
export interface ContinuityPlace {
  readonly fs: FileSystem;
  readonly log: SegmentList;
  readonly lookup: LogLookup;
  /** Log offset from which on all records are dispatched anyway. */
  readonly replayedFrom: number;
}

/**
 * What is wrong with the files of a queue that was just loaded; `undefined` where nothing is. Files of
 * which all messages have expired may be missing: the queue begins behind the gap then.
 */
export function findDiscontinuity(
  queue: AnyQueue,
  place: ContinuityPlace,
): Discontinuity | undefined {
  const files = queue.files().filter((it) => it.first < endOf(queue));
  const [first] = files;
  if (first === undefined) return undefined;
  const { replayedFrom } = place;
  if (first.first > 0 && lacksFront(queue, first, place)) {
    return { hole: first.first, why: `a file in front of ${nameOf(queue, first)} is missing` };
  }
  for (const [nth, file] of files.slice(1).entries()) {
    const before = files[nth]!;
    const next = queue.unitAt(file.first);
    const isKnown = next !== undefined && isUnit(next.physicalOffset, next.size);
    // What is replayed brings all that is missing between.
    if (!isKnown || next.physicalOffset >= replayedFrom) return undefined;
    if (before.end < file.first && isExpired(next, place)) queue.skipTo(file.first);
    const flaw = flawBetween(queue, { before, file }, place);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/**
 * Whether a file is missing in front of the first. Those go whose last message has expired, so that the
 * next mostly begins with one that has, too. Where it does not, the log must have no message of the
 * queue in front of that.
 */
function lacksFront(queue: AnyQueue, { first }: UnitRange, place: ContinuityPlace): boolean {
  const unit = queue.unitAt(first);
  if (unit === undefined || !isMessage(unit.physicalOffset, unit.size)) return false;
  if (isExpired(unit, place)) return false;
  const { fs, log } = place;
  const scan = new CommitLogScan(fs, log, { to: unit.physicalOffset, checkCrc: false });
  try {
    while (scan.next()) {
      const { kind, record } = scan;
      if (kind === "message" && isQueued(record.sysFlag()) && (indexIn(record, queue) ?? -1) >= 0) {
        return true;
      }
    }
  } finally {
    scan.close();
  }
  return false;
}

/** What is wrong from the beginning of one file to that of the next. */
function flawBetween(
  queue: AnyQueue,
  { before, file }: { readonly before: UnitRange; readonly file: UnitRange },
  place: ContinuityPlace,
): Discontinuity | undefined {
  const isMissing = before.end < file.first;
  if (isMissing && isExpired(queue.unitAt(file.first), place)) return undefined;
  if (isMissing) {
    return { hole: before.end, why: `the file behind ${nameOf(queue, before)} is missing` };
  }
  const last = queue.unitAt(before.end - 1);
  if (last === undefined || !isUnit(last.physicalOffset, last.size)) {
    return {
      hole: queue.firstHole(before.first),
      why: `${nameOf(queue, before)} is not full, and units follow it`,
    };
  }
  const next = queue.unitAt(file.first)!;
  const isForeign = ({ first, end }: UnitRange) =>
    isWrong(queue, [first, first + 1], place) || isWrong(queue, [end - 1, end - 2], place);
  const isBehind = isMessage(next.physicalOffset, next.size) &&
    last.physicalOffset > next.physicalOffset;
  const foreign = [before, { first: file.first, end: file.first + 2 }].find(isForeign) ??
    (isBehind ? before : undefined);
  return foreign && {
    hole: foreign.first,
    why: `${nameOf(queue, foreign)} leads to other records`,
  };
}

/** Whether none of two neighbours leads to its record. One alone may lead to a damaged one. */
function isWrong(
  queue: AnyQueue,
  numbers: readonly number[],
  { log, lookup, replayedFrom }: ContinuityPlace,
): boolean {
  return numbers.every((number) => {
    const unit = queue.unitAt(number);
    if (unit === undefined || !isUnit(unit.physicalOffset, unit.size)) return true;
    const { physicalOffset, size } = unit;
    // Padding says nothing, and what has expired cannot be compared any more.
    if (size === QUEUE_PADDING.size || physicalOffset < startOf(log)) return false;
    if (physicalOffset >= replayedFrom) return false;
    const range = rangeOf(queue, number);
    return !isRight(queue, { ...range, physicalOffset, size }, lookup);
  });
}

/** The units around one that lead to the same record: all but one stand in for lost messages. */
function rangeOf(
  queue: AnyQueue,
  number: number,
): { readonly first: number; readonly last: number } {
  const { physicalOffset } = queue.unitAt(number)!;
  let [first, last] = [number, number];
  while (queue.unitAt(first - 1)?.physicalOffset === physicalOffset) first--;
  while (queue.unitAt(last + 1)?.physicalOffset === physicalOffset) last++;
  return { first, last };
}

function isExpired(
  unit: { readonly physicalOffset: number; readonly size: number } | undefined,
  { log }: Pick<ContinuityPlace, "log">,
): boolean {
  return unit !== undefined && isMessage(unit.physicalOffset, unit.size) &&
    unit.physicalOffset < startOf(log);
}

function startOf({ segments }: SegmentList): number {
  return segments[0]?.start ?? 0;
}

function endOf(queue: AnyQueue): number {
  return "endUnit" in queue ? queue.endUnit : queue.end;
}

function nameOf(queue: AnyQueue, { first }: UnitRange): string {
  const unitBytes = "endUnit" in queue ? BATCH_QUEUE_UNIT.size : QUEUE_UNIT.size;
  return offsetName(first * unitBytes);
}
