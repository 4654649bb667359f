/**
 * Which part of a commit log a command has to read for its offsets and times.
 *
 * @module
 */
import type { FileSystem } from "../../store/file.ts";
import { formatMessageId, parseMessageId } from "../../store/message_id.ts";
import type { SegmentList } from "../../store/segments.ts";
import { usageFailure } from "../failure.ts";
import { RecordReader } from "./record_reader.ts";
import type { TimeRange } from "../option/time_option.ts";

/** Where a walk over a log begins and ends. */
export interface LogRange {
  /** Where reading starts: at a record or a file. */
  readonly from: number;
  /** Where reading stops at the latest. */
  readonly to: number;
  /** Offset from which on items count. */
  readonly first: number;
}

/** Finds the range for offsets and times. */
export function logRange(
  files: FileSystem,
  log: SegmentList,
  wanted: {
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    readonly id?: string | undefined;
    readonly times: TimeRange;
  },
): LogRange {
  const { from, to, times } = wanted;
  if (from !== undefined && to !== undefined && from > to) {
    throw usageFailure("--from is behind --to");
  }
  const last = log.segments.at(-1);
  const logEnd = last === undefined ? 0 : last.start + last.length;
  const timed = timedRange(files, log, times);
  const one = idRange(files, log, wanted.id) ?? { from: 0, to: logEnd };
  const first = Math.max(from ?? 0, timed.from, one.from);
  return {
    from: recordStart(files, log, first),
    to: Math.min(to ?? logEnd, timed.to, one.to, logEnd),
    first,
  };
}

/**
 * Where the one record stands that an offset id names; `undefined` where there is none with this id,
 * so that it may be a unique key.
 */
function idRange(
  files: FileSystem,
  log: SegmentList,
  id: string | undefined,
): { readonly from: number; readonly to: number } | undefined {
  const from = parseMessageId(id ?? "")?.physicalOffset;
  if (from === undefined || from < 0) return undefined;
  const reader = new RecordReader(files, log);
  try {
    if (reader.read(from) !== undefined) return undefined;
    const real = formatMessageId(reader.record.storeHost(), from);
    return real === id!.toUpperCase() ? { from, to: from + reader.record.size } : undefined;
  } finally {
    reader.close();
  }
}

/** Leaves out the files whose neighbours' first records show that they lie outside the times. */
function timedRange(files: FileSystem, log: SegmentList, times: TimeRange) {
  let from = 0;
  let to = Infinity;
  if (times.since === -Infinity && times.until === Infinity) return { from, to };
  const reader = new RecordReader(files, log);
  try {
    for (const segment of log.segments) {
      if (reader.read(segment.start) !== undefined) continue;
      const time = reader.record.storeTimestamp();
      if (time < times.since) from = segment.start;
      if (time > times.until) {
        to = segment.start;
        break;
      }
    }
  } finally {
    reader.close();
  }
  return { from, to };
}

/** The offset itself where a record starts there, else the start of its file. */
function recordStart(files: FileSystem, log: SegmentList, offset: number): number {
  const segment = log.segments.findLast((it) => it.start <= offset);
  if (segment === undefined) return log.segments[0]?.start ?? 0;
  if (segment.start === offset) return offset;
  const reader = new RecordReader(files, log);
  try {
    return reader.read(offset) === undefined ? offset : segment.start;
  } finally {
    reader.close();
  }
}
