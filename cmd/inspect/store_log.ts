/**
 * A commit log at a glance: its range, its times and what its records look like, from the first
 * record of each file and the last one of all. However long the log is, little of it is read.
 *
 * @module
 */
import type { FileSystem } from "../../store/file.ts";
import { MESSAGE_V1 } from "../../store/format.ts";
import { sealState } from "../../store/property_crc.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { Segment, SegmentList } from "../../store/segments.ts";
import { FrameWalk } from "../reading/frame_walk.ts";
import { RecordReader } from "../reading/record_reader.ts";
import type { RecordSigns } from "./store_origin.ts";

/** What was seen of a log. */
export interface LogGlance {
  readonly files: number;
  /** Bytes every file should have. */
  readonly fileBytes: number;
  readonly start: number;
  /** Behind the last record. */
  readonly end: number;
  readonly firstStoreTimestamp?: number;
  readonly lastStoreTimestamp?: number;
  /** The latest of those that were looked at; 0 without any. */
  readonly latestStoreTimestamp: number;
  /** Files whose first record is older than that of the file before. */
  readonly clockBack: readonly Segment[];
  readonly signs: RecordSigns;
}

const PEEK_BYTES = MESSAGE_V1.at.bodyCRC;

/** Looks at a log. `near` is where a queue says that a late record starts; −1 where nobody knows. */
export function glanceAtLog(files: FileSystem, log: SegmentList, near: number): LogGlance {
  const seen = new Seen();
  const clockBack: Segment[] = [];
  const reader = new RecordReader(files, log);
  let firstTime: number | undefined;
  let before = -Infinity;
  try {
    for (const segment of log.segments) {
      if (reader.read(segment.start) !== undefined) continue;
      const time = reader.record.storeTimestamp();
      seen.add(reader.record);
      firstTime ??= time;
      if (time < before) clockBack.push(segment);
      before = time;
    }
  } finally {
    reader.close();
  }
  const last = lastRecord(files, log, { near, seen });
  return {
    files: log.segments.length,
    fileBytes: log.segmentBytes,
    start: log.segments[0]?.start ?? 0,
    end: last.end,
    ...(firstTime !== undefined && { firstStoreTimestamp: firstTime }),
    ...(last.time !== undefined && { lastStoreTimestamp: last.time }),
    latestStoreTimestamp: seen.latest,
    clockBack,
    signs: seen,
  };
}

/** What records look like. */
class Seen implements RecordSigns {
  readonly magics: Set<number> = new Set();
  sysFlags = 0;
  isSealed = false;
  latest = 0;

  add(record: RecordView): void {
    this.latest = Math.max(this.latest, record.storeTimestamp());
    this.magics.add(record.view.getInt32(record.at + MESSAGE_V1.at.magic));
    this.sysFlags |= record.sysFlag();
    this.isSealed ||= sealState(record) === "right";
  }
}

/** The end of the log, and when its last record was stored. */
function lastRecord(
  files: FileSystem,
  log: SegmentList,
  { near, seen }: { readonly near: number; readonly seen: Seen },
): { readonly end: number; readonly time: number | undefined } {
  const segment = log.segments.findLast((it) => isWritten(files, it));
  const start = segment?.start ?? log.segments[0]?.start ?? 0;
  const walk = new FrameWalk(files, log, { from: lateStart(files, log, { start, near }) });
  let end = start;
  let time: number | undefined;
  let last = -1;
  try {
    while (walk.next() && walk.kind !== "tail") {
      if (walk.kind === "damage") continue;
      end = walk.at + walk.length;
      if (walk.kind !== "message") continue;
      last = walk.at;
      time = walk.record.storeTimestamp();
      seen.latest = Math.max(seen.latest, time);
    }
  } finally {
    walk.close();
  }
  const reader = new RecordReader(files, log);
  try {
    if (last >= 0 && reader.read(last) === undefined) seen.add(reader.record);
  } finally {
    reader.close();
  }
  return { end, time };
}

/** Where to walk from: a late record, if there is one in the last file, else that file's start. */
function lateStart(
  files: FileSystem,
  log: SegmentList,
  { start, near }: { readonly start: number; readonly near: number },
): number {
  if (near <= start) return start;
  const reader = new RecordReader(files, log);
  try {
    return reader.read(near) === undefined ? near : start;
  } finally {
    reader.close();
  }
}

function isWritten(files: FileSystem, segment: Segment): boolean {
  const file = files.openRead(segment.path);
  try {
    const bytes = new Uint8Array(PEEK_BYTES);
    file.read(bytes, 0);
    return bytes.some((byte) => byte !== 0);
  } finally {
    file.close();
  }
}
