/**
 * Which units of a timer log the wheel leads to. A broker links units of the last files anew when it
 * starts; what lies before them, and is in no chain of these, is never delivered.
 *
 * @module
 */
import type { FileSystem, ReadableFile } from "../file.ts";
import { TIMER_SLOT } from "../format.ts";
import { readI64 } from "../layout.ts";
import type { SegmentList } from "../segments.ts";
import { TimerLogReader, type TimerLogUnit } from "../timer_log.ts";
import { TIMER_PRECISIONS_MS as PRECISIONS_MS, WHEEL_BYTES } from "../timer_wheel.ts";

const AT = TIMER_SLOT.at;
const SLOTS = WHEEL_BYTES / TIMER_SLOT.size;
const BITS = 8;

/** What the units of a timer log are compared with. */
export interface TimerLinksInput {
  /** Path of the wheel, which may be missing. */
  readonly wheel: string;
  readonly log: SegmentList;
  /** Where the checkpoint says that the timer log ended. */
  readonly flushedTo: number;
}

/** The wheel beside its timer log. Close it to release its file. */
export class TimerLinks {
  readonly #fs: FileSystem;
  readonly #log: SegmentList;
  readonly #wheel: ReadableFile | undefined;
  readonly #slot = new Uint8Array(TIMER_SLOT.size);
  readonly #view = new DataView(this.#slot.buffer);
  /** Where the next start links units anew: one file more than the checkpoint asks for. */
  readonly #from: number;
  /** A bit for each second of the wheel in which units are due that are linked anew. */
  #anew: Uint8Array | undefined;

  constructor(fs: FileSystem, { wheel, log, flushedTo }: TimerLinksInput) {
    this.#fs = fs;
    this.#log = log;
    this.#wheel = fs.stat(wheel) === undefined ? undefined : fs.openRead(wheel);
    const asked = flushedTo - log.segmentBytes;
    this.#from = log.segments.findLast(({ start }) => start <= asked)?.start ?? 0;
  }

  /** Whether a broker finds a unit when it is due. */
  has(unit: TimerLogUnit): boolean {
    return unit.position >= this.#from || this.#isInWheel(unit) || this.#isLinkedAnew(unit);
  }

  /** Twice is fine. */
  close(): void {
    this.#wheel?.close();
  }

  /** The file does not say what a slot stands for. */
  #isInWheel({ dueTime, position }: TimerLogUnit): boolean {
    return PRECISIONS_MS.some((ms) => {
      const time = Math.floor(dueTime / ms);
      const at = slotOf(time) * TIMER_SLOT.size;
      if (this.#wheel?.read(this.#slot, at) !== TIMER_SLOT.size) return false;
      return readI64(this.#view, AT.timeSeconds) === time &&
        readI64(this.#view, AT.lastPosition) >= position;
    });
  }

  /** Whether one behind it is, whose chain leads to it. */
  #isLinkedAnew(unit: TimerLogUnit): boolean {
    this.#anew ??= this.#linkedAnew();
    const second = secondOf(unit);
    return (this.#anew[Math.floor(second / BITS)]! & (1 << (second % BITS))) !== 0;
  }

  #linkedAnew(): Uint8Array {
    const bits = new Uint8Array(Math.ceil(SLOTS / BITS));
    const segments = this.#log.segments.filter(({ start }) => start >= this.#from);
    const reader = new TimerLogReader(this.#fs, { ...this.#log, segments });
    try {
      for (const item of reader.items()) {
        if (item.kind !== "unit") continue;
        const second = secondOf(item.unit);
        bits[Math.floor(second / BITS)]! |= 1 << (second % BITS);
      }
    } finally {
      reader.close();
    }
    return bits;
  }
}

function secondOf({ dueTime }: TimerLogUnit): number {
  return slotOf(Math.floor(dueTime / PRECISIONS_MS[0]));
}

/** A damaged unit may be due before all time. */
function slotOf(time: number): number {
  return (time % SLOTS + SLOTS) % SLOTS;
}
