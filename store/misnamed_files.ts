/**
 * Whole log files under a wrong name: swapped, or restored or renamed by hand. Each record says where
 * in the log it stands, so where all of a file agree on another place, that is where it belongs.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { findBytes } from "./byte_search.ts";
import type { FileSystem } from "./file.ts";
import { MAGIC, MESSAGE_V1, QUEUE_UNIT } from "./format.ts";
import { i32 } from "./layout.ts";
import { offsetName, parseOffsetName } from "./names.ts";
import { isQueued } from "./message.ts";
import {
  listQueueFiles,
  type QueueDirectory,
  type QueueListing,
  queuesOf,
} from "./queue_reader.ts";
import { topicOf } from "./record_text.ts";
import { RECORD_BYTES_MIN, RecordView } from "./record_view.ts";
import type { Segment, SegmentList } from "./segments.ts";

/** A log file that holds another part of the log than its name says. */
export interface MisnamedFile {
  readonly path: string;
  /** Log offset of its first byte, as its records say. */
  readonly start: number;
  /** Its path under the right name. */
  readonly target: string;
}

/** Sound records of a file that are asked where they stand. */
const RECORDS_MAX = 64;
/** What of a file is read for them. */
const HEAD_BYTES_MAX = 8 * 1024 * 1024;
/** By how much store times of neighbours may go back. */
const TIME_SLACK_MS = 3_000;

/** Ends the name of a file that waits for another to leave its place. */
const WAITING = ".misnamed";

/** What is looked at: the files of a log, and the queues that lead into it. */
export interface NamedLog {
  readonly fs: FileSystem;
  readonly log: SegmentList;
  readonly queues: QueueListing;
}

/** What the first records of a file say. */
interface Head {
  /** Log offset of the file's first byte. */
  readonly start: number;
  /** Store time of the first of them. */
  readonly time: number;
  readonly records: readonly QueuePlace[];
}

/** Where a record belongs. */
interface QueuePlace {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly isQueued: boolean;
}

/** A file that may belong elsewhere. */
interface Candidate extends Head {
  readonly path: string;
  /** Where its name puts it; `undefined` where the log does not count it. */
  readonly named: number | undefined;
}

/**
 * Finds them, in the order of their right places. A file is one only where its place is free, or taken
 * by another one, where the times of its records fit those of the files beside that place, and where
 * queues lead to its records there: so a copy of a file that is there, and one of another log, are none.
 */
export function findMisnamed({ fs, log, queues }: NamedLog): MisnamedFile[] {
  const { segments, segmentBytes } = log;
  if (segmentBytes === 0) return [];
  let moved = candidates(fs, log).filter(({ records }) => isLedTo(fs, queues, records));
  if (moved.length === 0) return [];
  const times = new Map<number, number | undefined>();
  const timeAt = (start: number, path: string) => {
    if (!times.has(start)) times.set(start, headOf(fs, path, segmentBytes)?.time);
    return times.get(start);
  };
  for (;;) {
    const moving = new Set(moved.map(({ path }) => path));
    const staying = segments.filter(({ path }) => !moving.has(path));
    const places: Place[] = [
      ...staying.map(({ start, path }) => ({ start, path })),
      ...moved.map(({ start, path, time }) => ({ start, path, time })),
    ].sort((one, other) => one.start - other.start);
    const taken = new Set(staying.map(({ start }) => start));
    const left = moved.filter((it) => {
      const target = targetOf(it);
      return !taken.has(it.start) && (moving.has(target) || fs.stat(target) === undefined) &&
        fits(it, { places, segmentBytes, timeAt });
    });
    if (left.length === moved.length) break;
    moved = left;
  }
  return moved.map((it) => ({ path: it.path, start: it.start, target: targetOf(it) }));
}

function targetOf({ path, start }: Pick<Candidate, "path" | "start">): string {
  return join(dirname(path), offsetName(start));
}

/**
 * Gives them their right names, also on the disk. Interrupted anywhere it leaves files that are found
 * again, the one under a temporary name included.
 */
export function renameMisnamed(fs: FileSystem, misnamed: readonly MisnamedFile[]): void {
  const waiting = [...misnamed];
  const rename = (from: string, to: string) => {
    fs.rename(from, to);
    fs.syncDirectory(dirname(to));
  };
  while (waiting.length > 0) {
    const at = waiting.findIndex(({ target }) => fs.stat(target) === undefined);
    if (at >= 0) {
      const [{ path, target }] = waiting.splice(at, 1) as [MisnamedFile];
      rename(path, target);
      continue;
    }
    // All left want the place of another: one of them makes room.
    const first = waiting[0]!;
    const path = `${first.target}${WAITING}`;
    rename(first.path, path);
    waiting[0] = { ...first, path };
  }
}

/** Where a file lies once all have their right names. */
interface Place {
  readonly start: number;
  readonly path: string;
  readonly time?: number;
}

function fits(
  { path, start, time, named }: Candidate,
  { places, segmentBytes, timeAt }: {
    readonly places: readonly Place[];
    readonly segmentBytes: number;
    readonly timeAt: (start: number, path: string) => number | undefined;
  },
): boolean {
  const at = places.findIndex((it) => it.path === path);
  const [before, after] = [places[at - 1], places[at + 1]];
  // A copy somebody left of a file that expired since is not brought back.
  const isInside = before !== undefined && after !== undefined;
  const isBeside = start - segmentBytes === before?.start || start + segmentBytes === after?.start;
  const isOfLog = isInside || (isNamed(path) && isBeside) ||
    (named !== undefined && places.length === 1);
  if (!isOfLog) return false;
  const timeOf = (it: Place | undefined) => it && (it.time ?? timeAt(it.start, it.path));
  return (timeOf(before) ?? 0) <= time + TIME_SLACK_MS &&
    time <= (timeOf(after) ?? Infinity) + TIME_SLACK_MS;
}

/** Whole files that say they begin elsewhere, one for a place, sorted by it. */
function candidates(fs: FileSystem, { segments, strays, segmentBytes }: SegmentList): Candidate[] {
  const found = new Map<number, Candidate>();
  const look = (path: string, named: number | undefined) => {
    const head = headOf(fs, path, segmentBytes);
    // One record alone may be wrong in this, too.
    if (head === undefined || head.records.length < 2) return;
    if (head.start !== named && !found.has(head.start)) {
      found.set(head.start, { ...head, path, named });
    }
  };
  for (const segment of segments) {
    if (segment.length !== segmentBytes || beginsAsNamed(fs, segment)) continue;
    look(segment.path, segment.start);
  }
  // Of two for one place that with the name of a log file is meant.
  for (const path of [...strays.filter(isNamed), ...strays.filter((it) => !isNamed(it))]) {
    const stat = fs.stat(path);
    if (stat?.isDirectory === false && stat.size === segmentBytes) look(path, undefined);
  }
  return [...found.values()].sort((one, other) => one.start - other.start);
}

/** Whether it has the name of a log file, or had one until {@linkcode renameMisnamed} took it up. */
function isNamed(path: string): boolean {
  return parseOffsetName(basename(path, WAITING)) !== undefined;
}

/** Three of its bytes are the same in both versions. */
const RECORD_MAGIC = new Uint8Array(i32.width - 1);
new DataView(RECORD_MAGIC.buffer).setUint16(0, MAGIC.v1 >>> 16);
RECORD_MAGIC[2] = MAGIC.v1 >> 8;

/** Whether more units lead to the records than elsewhere, where a store has queues at all. */
function isLedTo(
  fs: FileSystem,
  listing: QueueListing,
  records: readonly QueuePlace[],
): boolean {
  if (listing.queues.length === 0) return true;
  let balance = 0;
  for (const { topic, queueId, queueOffset, physicalOffset, isQueued } of records) {
    const queue = queuesOf(listing, topic)
      .find((it) => it.queueId === queueId && it.kind === "simple");
    if (queue === undefined || !isQueued) continue;
    const found = unitAt(fs, queue, queueOffset);
    if (found !== undefined) balance += found === physicalOffset ? 1 : -1;
  }
  return balance > 0;
}

/** Where the unit of an index leads; `undefined` where none stands. */
function unitAt(fs: FileSystem, queue: QueueDirectory, index: number): number | undefined {
  const position = index * QUEUE_UNIT.size;
  const { segments } = listQueueFiles(fs, queue);
  const segment = segments.findLast(({ start }) => start <= position);
  if (segment === undefined) return undefined;
  const bytes = new Uint8Array(QUEUE_UNIT.size);
  const file = fs.openRead(segment.path);
  try {
    if (file.read(bytes, position - segment.start) < bytes.length) return undefined;
  } finally {
    file.close();
  }
  const { physicalOffset, size } = QUEUE_UNIT.read(new DataView(bytes.buffer), 0);
  return size === 0 ? undefined : physicalOffset;
}

/** Whether a file begins with a record that says so. */
function beginsAsNamed(fs: FileSystem, { path, start }: Segment): boolean {
  const file = fs.openRead(path);
  try {
    const frame = new Uint8Array(RECORD_BYTES_MIN);
    file.read(frame, 0);
    const record = new RecordView();
    record.attach(frame);
    const magic = record.view.getInt32(MESSAGE_V1.at.magic);
    return (magic === MAGIC.v1 || magic === MAGIC.v2) && record.checkOffset(start) === undefined;
  } finally {
    file.close();
  }
}

/** What the first sound records of a file say, where all agree on a place at which a file can begin. */
function headOf(fs: FileSystem, path: string, segmentBytes: number): Head | undefined {
  const bytes = new Uint8Array(Math.min(segmentBytes, HEAD_BYTES_MAX));
  const file = fs.openRead(path);
  let end: number;
  try {
    end = file.read(bytes, 0);
  } finally {
    file.close();
  }
  const record = new RecordView();
  record.attach(bytes);
  let head: Head | undefined;
  const records: QueuePlace[] = [];
  for (let at = soundFrom(record, 0, end); at >= 0; at = soundFrom(record, at + record.size, end)) {
    const start = record.physicalOffset() - at;
    if (start < 0 || start % segmentBytes !== 0 || !Number.isSafeInteger(start)) return undefined;
    if (head !== undefined && head.start !== start) return undefined;
    records.push({
      topic: topicOf(record),
      queueId: record.queueId(),
      queueOffset: record.queueOffset(),
      physicalOffset: record.physicalOffset(),
      isQueued: isQueued(record.sysFlag()),
    });
    head ??= { start, time: record.storeTimestamp(), records };
    if (records.length === RECORDS_MAX) break;
  }
  return head;
}

/** Position of the next sound record, which is loaded then; -1 without one. */
function soundFrom(record: RecordView, from: number, end: number): number {
  for (let at = from;; at++) {
    const found = findBytes(record.bytes, RECORD_MAGIC, {
      from: at + MESSAGE_V1.at.magic,
      to: end,
    });
    if (found < 0) return -1;
    at = found - MESSAGE_V1.at.magic;
    if (record.load(at, end) === undefined && record.checkBody() === undefined) return at;
  }
}
