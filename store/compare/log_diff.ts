/**
 * Where two commit logs part: a master's and its slave's, or one before and after something happened
 * to it. Copies of one log have every record at the same offset, so logs are compared place by place;
 * what differs is told as ranges, each with the messages only one side has.
 *
 * Files that are equal byte for byte are not looked into. Memory does not grow with the logs: of a
 * range up to a million messages are remembered to tell which are on both sides at other places.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { CommitLogScan } from "../commit_log_scan.ts";
import type { FileSystem } from "../file.ts";
import { isDamageFiller } from "../filler_record.ts";
import type { Segment, SegmentList } from "../segments.ts";
import { messageIdentity } from "./message_identity.ts";

/** One of the two logs. */
export type Side = "a" | "b";

/** What one side has in a range that differs. */
export interface DifferingSide {
  readonly messages: number;
  /** Bytes that are no record. */
  readonly damagedBytes: number;
  /** Bytes of records that a repair has put in the place of damage; they are no messages. */
  readonly filledBytes: number;
  /** Messages the other side has nowhere in the range; `undefined` where they are too many to tell. */
  readonly only: number | undefined;
}

/** A range in which the logs differ. */
export interface LogDifference {
  /** Where the first record, filler or damage starts that is not the same on both sides. */
  readonly from: number;
  readonly to: number;
  /** First byte that is not the same on both sides; of what only one side has, its first. */
  readonly firstByte: number;
  readonly a: DifferingSide;
  readonly b: DifferingSide;
}

/** How logs are compared. */
export interface LogDiffOptions {
  /** Told the bytes of both sides that were compared since the last call. */
  readonly onRead?: (bytes: number) => void;
  /** Messages of a range that are remembered on each side; default a million. */
  readonly rememberedMax?: number;
}

const REMEMBERED_MAX = 1_000_000;
const BLOCK_BYTES = 4 * 1024 * 1024;

/** A log and where it lies. */
export interface LogSide {
  readonly fs: FileSystem;
  readonly log: SegmentList;
}

/**
 * Compares two logs and yields the ranges that differ, in their order. Throws errors of the system
 * only.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "../file_memory.ts";
 * import { listSegments } from "../segments.ts";
 * import { diffLogs } from "./log_diff.ts";
 *
 * const fs = new MemoryFiles();
 * fs.put("master/00000000000000000000", new Uint8Array(64));
 * fs.put("slave/00000000000000000000", new Uint8Array(64).fill(1, 16, 20));
 * const [master, slave] = ["master", "slave"].map((it) => ({ fs, log: listSegments(fs, it) }));
 * const [difference] = diffLogs(master!, slave!);
 * assert.deepEqual([difference!.from, difference!.to], [0, 64]);
 * assert.deepEqual([difference!.a.damagedBytes, difference!.b.damagedBytes], [0, 64]);
 * ```
 */
export function* diffLogs(
  a: LogSide,
  b: LogSide,
  options: LogDiffOptions = {},
): Generator<LogDifference, void> {
  const run = new Run(options.rememberedMax ?? REMEMBERED_MAX);
  for (const stretch of stretchesOf(a.log, b.log)) {
    const left = partOf(a.log, stretch);
    const right = partOf(b.log, stretch);
    const isSame = sameFiles({ fs: a.fs, segments: left.segments }, {
      fs: b.fs,
      segments: right.segments,
    });
    const bytes = [...left.segments, ...right.segments].reduce((sum, it) => sum + it.length, 0);
    if (isSame) {
      if (run.isOpen) yield run.end();
    } else {
      yield* diffStretch({ fs: a.fs, log: left }, { fs: b.fs, log: right }, run);
    }
    options.onRead?.(bytes);
  }
  if (run.isOpen) yield run.end();
}

/** A stretch of log that begins with a file on both sides, but for the first. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

function stretchesOf(a: SegmentList, b: SegmentList): Stretch[] {
  const starts = new Set(a.segments.map((it) => it.start));
  const shared = b.segments.map((it) => it.start).filter((start) => starts.has(start));
  const first = Math.min(a.segments[0]?.start ?? Infinity, b.segments[0]?.start ?? Infinity);
  const borders = first === shared[0] ? shared : [first, ...shared];
  return borders.map((from, at) => ({ from, to: borders[at + 1] ?? Infinity }));
}

function partOf(log: SegmentList, { from, to }: Stretch): SegmentList {
  return {
    segments: log.segments.filter((it) => it.start >= from && it.start < to),
    strays: [],
    segmentBytes: log.segmentBytes,
  };
}

interface Files {
  readonly fs: FileSystem;
  readonly segments: readonly Segment[];
}

/** Whether both sides have one file, of the same length and bytes. */
function sameFiles(left: Files, right: Files): boolean {
  const one = left.segments[0];
  const other = right.segments[0];
  if (left.segments.length !== 1 || right.segments.length !== 1) return false;
  if (one!.length !== other!.length) return false;
  const oneFile = left.fs.openRead(one!.path);
  const otherFile = right.fs.openRead(other!.path);
  const oneBlock = new Uint8Array(Math.min(BLOCK_BYTES, one!.length));
  const otherBlock = new Uint8Array(oneBlock.length);
  try {
    for (let at = 0; at < one!.length; at += BLOCK_BYTES) {
      const held = oneFile.read(oneBlock, at);
      if (otherFile.read(otherBlock, at) !== held) return false;
      if (Buffer.compare(oneBlock.subarray(0, held), otherBlock.subarray(0, held)) !== 0) {
        return false;
      }
    }
    return true;
  } finally {
    oneFile.close();
    otherFile.close();
  }
}

/** Walks both sides of a stretch in step. */
function* diffStretch(a: LogSide, b: LogSide, run: Run): Generator<LogDifference, void> {
  const left = new Walk(a);
  const right = new Walk(b);
  try {
    while (!left.isEnd || !right.isEnd) {
      if (isSameItem(left, right) && (left.scan.kind !== "damage" || isSameDamage(left, a, b))) {
        if (run.isOpen) yield run.end();
        left.next();
        right.next();
        continue;
      }
      if (!run.isOpen) run.begin(firstDifference(left, right));
      // The one that is behind moves on, so that both come to the same place where there is one.
      const isLeft = left.at < right.at || (left.at === right.at && left.end <= right.end);
      const isBoth = left.at === right.at && left.end === right.end;
      if (isLeft) run.add("a", left.scan);
      if (!isLeft || isBoth) run.add("b", right.scan);
      if (isLeft) left.next();
      if (!isLeft || isBoth) right.next();
    }
  } finally {
    left.close();
    right.close();
  }
}

/** A scan that knows whether it has ended; room not yet written is the end. */
class Walk {
  readonly scan: CommitLogScan;
  isEnd = false;

  constructor({ fs, log }: LogSide) {
    this.scan = new CommitLogScan(fs, log);
    this.next();
  }

  /** Where the item starts; behind everything at the end. */
  get at(): number {
    return this.isEnd ? Infinity : this.scan.at;
  }

  get end(): number {
    return this.at + this.scan.length;
  }

  next(): void {
    if (!this.isEnd) this.isEnd = !this.scan.next() || this.scan.kind === "tail";
  }

  close(): void {
    this.scan.close();
  }
}

function isSameItem(left: Walk, right: Walk): boolean {
  if (left.at !== right.at || left.end !== right.end) return false;
  const { kind } = left.scan;
  if (kind !== right.scan.kind) return false;
  return kind !== "message" || Buffer.compare(recordOf(left), recordOf(right)) === 0;
}

/** Whether the same bytes stand on both sides where neither has a record. */
function isSameDamage({ scan: { at, length } }: Walk, a: LogSide, b: LogSide): boolean {
  const one = new Uint8Array(Math.min(BLOCK_BYTES, length));
  const other = new Uint8Array(one.length);
  for (let done = 0; done < length; done += one.length) {
    const count = Math.min(one.length, length - done);
    const isRead = readLog(a, at + done, one.subarray(0, count)) &&
      readLog(b, at + done, other.subarray(0, count));
    if (!isRead || Buffer.compare(one.subarray(0, count), other.subarray(0, count)) !== 0) {
      return false;
    }
  }
  return true;
}

/** Reads bytes of a log; false where a file of them is missing. */
function readLog({ fs, log }: LogSide, at: number, into: Uint8Array): boolean {
  for (let done = 0; done < into.length;) {
    const position = at + done;
    const segment = log.segments.find((it) => {
      return it.start <= position && position < it.start + it.length;
    });
    if (segment === undefined) return false;
    const file = fs.openRead(segment.path);
    try {
      const room = Math.min(into.length - done, segment.start + segment.length - position);
      done += file.read(into.subarray(done, done + room), position - segment.start);
    } finally {
      file.close();
    }
  }
  return true;
}

function recordOf({ scan: { record } }: Walk): Uint8Array {
  return record.bytes.subarray(record.at, record.at + record.size);
}

/** Where the items both sides are at begin to differ. */
function firstDifference(left: Walk, right: Walk): { from: number; firstByte: number } {
  const from = Math.min(left.at, right.at);
  const isComparable = left.at === right.at && left.scan.kind === "message" &&
    right.scan.kind === "message";
  if (!isComparable) return { from, firstByte: from };
  const one = recordOf(left);
  const other = recordOf(right);
  const shared = Math.min(one.length, other.length);
  let at = 0;
  while (at < shared && one[at] === other[at]) at++;
  return { from, firstByte: from + at };
}

/** The range under way in which the sides differ. */
class Run {
  isOpen = false;
  readonly #rememberedMax: number;
  #begin = { from: 0, firstByte: 0 };
  #to = 0;
  #sides = { a: new Tally(), b: new Tally() };

  constructor(rememberedMax: number) {
    this.#rememberedMax = rememberedMax;
  }

  begin(begin: { from: number; firstByte: number }): void {
    this.isOpen = true;
    this.#begin = begin;
    this.#to = begin.from;
    this.#sides = { a: new Tally(), b: new Tally() };
  }

  add(side: Side, scan: CommitLogScan): void {
    const tally = this.#sides[side];
    this.#to = Math.max(this.#to, scan.at + scan.length);
    if (scan.kind === "damage") tally.damagedBytes += scan.length;
    if (scan.kind !== "message") return;
    if (isDamageFiller(scan.record)) {
      tally.filledBytes += scan.length;
      return;
    }
    tally.messages++;
    if (tally.identities.size < this.#rememberedMax) tally.remember(messageIdentity(scan.record));
    else tally.isComplete = false;
  }

  end(): LogDifference {
    this.isOpen = false;
    const { a, b } = this.#sides;
    const isKnown = a.isComplete && b.isComplete;
    const side = (own: Tally, other: Tally): DifferingSide => ({
      messages: own.messages,
      damagedBytes: own.damagedBytes,
      filledBytes: own.filledBytes,
      only: isKnown ? own.notIn(other) : undefined,
    });
    return { ...this.#begin, to: this.#to, a: side(a, b), b: side(b, a) };
  }
}

class Tally {
  messages = 0;
  damagedBytes = 0;
  filledBytes = 0;
  isComplete = true;
  readonly identities: Set<number> = new Set();
  /** Records beside the first of an identity: what was sent or copied once more. */
  readonly #repeats: Map<number, number> = new Map();

  remember(identity: number): void {
    if (!this.identities.has(identity)) this.identities.add(identity);
    else this.#repeats.set(identity, (this.#repeats.get(identity) ?? 0) + 1);
  }

  /** How many of its records are of messages another side has not. */
  notIn(other: Tally): number {
    const missing = this.identities.difference(other.identities);
    let count = missing.size;
    for (const [identity, more] of this.#repeats) if (missing.has(identity)) count += more;
    return count;
  }
}
