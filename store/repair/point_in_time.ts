/**
 * Takes a store back to a point in time: finds the record at which its log is to end, and ends it
 * there. What stood behind is kept in `quarantine/`; queues, index and checkpoint follow when the log
 * is repaired next.
 *
 * Records stand in the order in which they were stored, and times come from the broker's clock, which
 * may have gone back. The log ends before the first record that is too young: records behind it go
 * with it, also those whose time is an earlier one.
 *
 * @module
 */
import { dirname } from "node:path";
import { setImmediate } from "node:timers";
import { CommitLogScan } from "../commit_log_scan.ts";
import type { FileSystem } from "../file.ts";
import { offsetName, type StorePaths } from "../names.ts";
import { keepAside, moveAside } from "../quarantine.ts";
import { listSegments, type Segment, type SegmentList } from "../segments.ts";
import { isUsed, usedLength } from "../used_bytes.ts";
import { type RepairAction, repairAction } from "./action.ts";

/** Where a log is to end: behind all that was stored up to a time, or at the border of a record. */
export type PointInTime = { readonly timeMs: number } | { readonly offset: number };

/** What lies behind a point in time. */
export interface LogCut {
  /** Log offset at which the log is to end. */
  readonly at: number;
  readonly reason: string;
  /** Messages that go, by the start of their file. */
  readonly messages: ReadonlyMap<number, number>;
}

/** How the end of a log is looked for. */
export interface CutOptions {
  /** The store errors name, where it is not that of the paths. */
  readonly named?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const RECORDS_PER_TURN = 65_536;

/**
 * Finds where a log is to end; `undefined` where it ends before already. Throws for an offset that is
 * outside the log, or not at a border, and then names the two borders beside it.
 */
export async function findCut(
  fs: FileSystem,
  paths: StorePaths,
  until: PointInTime,
  { named = paths.root, signal }: CutOptions = {},
): Promise<LogCut | undefined> {
  const log = listSegments(fs, paths.commitLogs);
  const scan = new CommitLogScan(fs, log, { from: firstRead(fs, { log, named, until }) });
  const messages = new Map<number, number>();
  let [at, end, earlier] = [-1, log.segments[0]?.start ?? 0, 0];
  try {
    for (let count = 1; scan.next(); count++) {
      if (scan.kind !== "tail") end = scan.at + scan.length;
      const isMessage = scan.kind === "message";
      if (at < 0 && isBehind(scan, until)) at = scan.at;
      if (at < 0 && "offset" in until) refuseWithin(scan, named, until.offset);
      if (at >= 0 && isMessage) {
        const start = scan.segment!.start;
        messages.set(start, (messages.get(start) ?? 0) + 1);
        if ("timeMs" in until && scan.record.storeTimestamp() <= until.timeMs) earlier++;
      }
      if (count % RECORDS_PER_TURN !== 0) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
  } finally {
    scan.close();
  }
  if ("offset" in until && at < 0 && until.offset > end) {
    const why = `it lies behind the end of the log, ${end}`;
    throw new Error(`Cannot end the log of "${named}" at ${until.offset}: ${why}`);
  }
  return at < 0 ? undefined : { at, reason: reasonOf(until, earlier), messages };
}

/** An offset is looked for in its file only; what lies in room not in use, in the last that is. */
function firstRead(
  fs: FileSystem,
  { log: { segments }, named, until }: {
    readonly log: SegmentList;
    readonly named: string;
    readonly until: PointInTime;
  },
): number {
  const first = segments[0]?.start ?? 0;
  if (!("offset" in until)) return first;
  if (until.offset < first) {
    const why = `the log begins at ${first}`;
    throw new Error(`Cannot end the log of "${named}" at ${until.offset}: ${why}`);
  }
  return segments.findLast((it) => it.start <= until.offset && isUsed(fs, it, 0))?.start ?? first;
}

function isBehind(scan: CommitLogScan, until: PointInTime): boolean {
  if (scan.kind === "tail") return false;
  if ("offset" in until) return scan.at === until.offset;
  return scan.kind === "message" && scan.record.storeTimestamp() > until.timeMs;
}

function refuseWithin({ kind, at, length }: CommitLogScan, named: string, offset: number) {
  if (kind === "tail" || offset <= at || offset >= at + length) return;
  const what = kind === "message" ? "a record" : kind === "blank" ? "a filler" : "a damaged range";
  throw new Error(
    `Cannot end the log of "${named}" at ${offset}: it lies in ${what}; ` +
      `the borders beside it are ${at} and ${at + length}`,
  );
}

function reasonOf(until: PointInTime, earlier: number): string {
  if ("offset" in until) return `behind the log offset ${until.offset}`;
  const jumped = earlier === 0
    ? ""
    : `; ${earlier} of its messages say an earlier time: the broker's clock had gone back`;
  return `stored after ${new Date(until.timeMs).toISOString()}${jumped}`;
}

/** Ends the log: files behind first, so that what is left at any moment is a log with a gap. */
export function cutLog(fs: FileSystem, paths: StorePaths, cut: LogCut): RepairAction[] {
  const { segments } = listSegments(fs, paths.commitLogs);
  const done: RepairAction[] = [];
  for (const [number, segment] of [...segments.entries()].toReversed()) {
    if (segment.start + segment.length <= cut.at) break;
    const position = Math.max(0, cut.at - segment.start);
    const used = usedLength(fs, segment, position);
    // The first file stays: its name is where the log begins.
    const isDropped = position === 0 && number > 0;
    if (used === 0 && !isDropped) continue;
    takeOut(fs, paths.root, { segment, position, used, isDropped });
    const from = segment.start + position;
    done.unshift(repairAction({
      action: isDropped ? "drop-file" : "cut-tail",
      file: segment.path,
      from,
      to: isDropped ? segment.start + segment.length : from + used,
      reason: used === 0 ? "made ahead, holds only zeros" : cut.reason,
      safe: used === 0,
      bytesLost: used,
      messagesLost: cut.messages.get(segment.start) ?? 0,
    }));
  }
  return done;
}

interface Piece {
  readonly segment: Segment;
  readonly position: number;
  readonly used: number;
  readonly isDropped: boolean;
}

function takeOut(
  fs: FileSystem,
  root: string,
  { segment: { path, start }, position, used, isDropped }: Piece,
): void {
  const name = `commitlog-${offsetName(start + position)}`;
  const range = { path, from: position, to: position + used };
  if (!isDropped) return moveAside(fs, root, { name, range });
  if (used > 0) keepAside(fs, root, { name, range });
  fs.remove(path);
  fs.syncDirectory(dirname(path));
}
