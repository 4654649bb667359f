/**
 * Reads the timer log of 5.x: a unit for every message that was parked for later, for every one that
 * was parked again, and for every one that was taken back. Units of one due time are chained from the
 * newest to the oldest; `timer_wheel.ts` knows where each chain begins. Nothing here writes.
 *
 * @module
 */
import type { FileSystem, ReadableFile } from "./file.ts";
import { FileWindow } from "./file_window.ts";
import { MAGIC, TIMER_LOG_UNIT, TIMER_MAGIC } from "./format.ts";
import { readI64 } from "./layout.ts";
import type { Segment, SegmentList } from "./segments.ts";

const AT = TIMER_LOG_UNIT.at;
const UNIT_BYTES = TIMER_LOG_UNIT.size;
/** The filler is as long as the part of a unit up to its magic. */
const BLANK_BYTES = AT.enqueueTime;
const WINDOW_BYTES = 1024 * UNIT_BYTES;
/** Room taken for zeros without being read: the file has no blocks there. */
const HOLE_MARGIN_BYTES = 1024 * 1024;

/** A unit of the timer log. */
export interface TimerLogUnit {
  /** Offset in the timer log. */
  readonly position: number;
  /** Unit of the same due time before it, −1 for none. */
  readonly prevPosition: number;
  /** Bits of {@linkcode TIMER_MAGIC}. */
  readonly magic: number;
  readonly enqueueTime: number;
  /** When the message is due, milliseconds. */
  readonly dueTime: number;
  /** Commit log offset of the parked record. */
  readonly physicalOffset: number;
  readonly messageSize: number;
  readonly topicHash: number;
}

/** What stands in the timer log. */
export type TimerLogItem =
  | { readonly kind: "unit"; readonly unit: TimerLogUnit; readonly segment: Segment }
  /** Bytes that are no unit; `tail` is room behind the last one, `missing` is in no file. */
  | {
    readonly kind: "blank" | "tail" | "damage" | "missing";
    readonly position: number;
    readonly length: number;
    readonly segment: Segment;
  };

/** Reads units by position, or all of them. Close it to release its file. */
export class TimerLogReader {
  readonly segments: readonly Segment[];
  readonly #fs: FileSystem;
  readonly #window = new FileWindow(WINDOW_BYTES);
  readonly #view = new DataView(this.#window.bytes.buffer);
  #segment: Segment | undefined;
  #file: ReadableFile | undefined;

  constructor(fs: FileSystem, log: SegmentList) {
    this.#fs = fs;
    this.segments = log.segments;
  }

  /** The unit at a position; `undefined` where none stands. */
  unit(position: number): TimerLogUnit | undefined {
    const segment = this.segments.find((it) => {
      return position >= it.start && position < it.start + it.length;
    });
    return segment === undefined ? undefined : this.#unitIn(segment, position);
  }

  /** Everything in its order. A range that is no unit comes as one item. */
  *items(): Generator<TimerLogItem, void> {
    for (const [at, segment] of this.segments.entries()) {
      const next = this.segments[at + 1];
      yield* this.#fileItems(segment, next === undefined);
      const end = segment.start + segment.length;
      const length = (next?.start ?? end) - end;
      if (length > 0) yield { kind: "missing", position: end, length, segment };
    }
  }

  /** Releases the open file; a second call does nothing. */
  close(): void {
    this.#file?.close();
    this.#file = this.#segment = undefined;
  }

  *#fileItems(segment: Segment, isLast: boolean): Generator<TimerLogItem, void> {
    const end = segment.start + segment.length;
    const heldEnd = Math.min(end, segment.start + segment.allocatedBytes + HOLE_MARGIN_BYTES);
    /** Start of the bytes that are no unit, −1 outside of such. */
    let flawFrom = -1;
    let isZero = true;
    for (let at = segment.start; at < heldEnd; at += UNIT_BYTES) {
      const unit = this.#unitIn(segment, at);
      if (unit === undefined && !this.#isBlank(segment, at)) {
        if (flawFrom < 0) [flawFrom, isZero] = [at, true];
        isZero &&= this.#isZero(segment, at);
        continue;
      }
      if (flawFrom >= 0) {
        yield { kind: "damage", position: flawFrom, length: at - flawFrom, segment };
      }
      flawFrom = -1;
      if (unit === undefined) {
        yield { kind: "blank", position: at, length: end - at, segment };
        return;
      }
      yield { kind: "unit", unit, segment };
    }
    const from = flawFrom >= 0 ? flawFrom : heldEnd;
    // A file that is full to its last unit needs no filler.
    const isRoom = isZero && (isLast || end - from < UNIT_BYTES + BLANK_BYTES);
    const kind = isRoom ? "tail" : "damage";
    if (from < end) yield { kind, position: from, length: end - from, segment };
  }

  #unitIn(segment: Segment, position: number): TimerLogUnit | undefined {
    const at = this.#hold(segment, position, UNIT_BYTES);
    if (at < 0) return undefined;
    return readTimerLogUnit(this.#view, at, position);
  }

  #isBlank(segment: Segment, position: number): boolean {
    const at = this.#hold(segment, position, BLANK_BYTES);
    if (at < 0) return false;
    const room = segment.start + segment.length - position;
    return this.#view.getInt32(at + AT.magic) === MAGIC.blank &&
      this.#view.getInt32(at + AT.size) === room;
  }

  #isZero(segment: Segment, position: number): boolean {
    const length = Math.min(UNIT_BYTES, segment.start + segment.length - position);
    const at = this.#hold(segment, position, length);
    return at >= 0 && this.#window.bytes.subarray(at, at + length).every((byte) => byte === 0);
  }

  /** Where in the view the bytes are; −1 where the file has not all of them. */
  #hold(segment: Segment, position: number, length: number): number {
    if (this.#segment !== segment) {
      this.close();
      this.#file = this.#fs.openRead(segment.path);
      this.#segment = segment;
      this.#window.open(this.#file, segment.length);
    }
    const at = position - segment.start;
    return this.#window.hold(at, length) < length ? -1 : at - this.#window.from;
  }
}

/** The unit in memory at `at`, which stands at `position` of the timer log; `undefined` for none. */
export function readTimerLogUnit(
  view: DataView,
  at: number,
  position: number,
): TimerLogUnit | undefined {
  const magic = view.getInt32(at + AT.magic);
  if (view.getInt32(at + AT.size) !== UNIT_BYTES || (magic & ~TIMER_MAGIC.mask) !== 0) {
    return undefined;
  }
  const enqueueTime = readI64(view, at + AT.enqueueTime);
  return {
    position,
    prevPosition: readI64(view, at + AT.prevPosition),
    magic,
    enqueueTime,
    dueTime: enqueueTime + view.getInt32(at + AT.delayMs),
    physicalOffset: readI64(view, at + AT.physicalOffset),
    messageSize: view.getInt32(at + AT.messageSize),
    topicHash: view.getInt32(at + AT.topicHash),
  };
}
