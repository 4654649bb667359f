/**
 * Reads the timer wheel of 5.x: a slot for every second it reaches ahead, each with the chain of
 * messages in the timer log that are due then. Nothing here writes.
 *
 * @module
 */
import type { FileSystem } from "./file.ts";
import { FileWindow } from "./file_window.ts";
import { TIMER_SLOT } from "./format.ts";
import { readI64 } from "./layout.ts";
import { NAME } from "./names.ts";

const AT = TIMER_SLOT.at;

/** Topic in whose only queue messages wait that are to be parked (Java: `TIMER_TOPIC`). */
export const TIMER_TOPIC = "rmq_sys_wheel_timer";

/** Slots ahead of now that can be in use, which is half the file (Java: `TIMER_WHEEL_TTL_DAY`). */
export const WHEEL_SLOTS_AHEAD = 7 * 86_400;

/** Bytes of the file; no setting changes them. */
export const WHEEL_BYTES = 2 * WHEEL_SLOTS_AHEAD * TIMER_SLOT.size;

/** What a slot may stand for (`timerPrecisionMs`), the default first; the file does not say. */
export const TIMER_PRECISIONS_MS = [1000, 500, 200, 100] as const;

/** A slot in use. */
export interface TimerSlot {
  /** Its number in the file. */
  readonly number: number;
  /** Due time in units of the wheel's precision: seconds, unless a broker is set otherwise. */
  readonly timeSeconds: number;
  /** First unit of its chain in the timer log, and the newest one. */
  readonly firstPosition: number;
  readonly lastPosition: number;
  /** Messages due; those taken back are taken off. */
  readonly count: number;
}

/**
 * Whether a broker took snapshots of its wheel, which leaves the file itself as it was (Java:
 * `timerWheelSnapshotFlush`).
 */
export function hasWheelSnapshots(fs: FileSystem, root: string): boolean {
  return fs.list(root).some((name) => name.startsWith(`${NAME.timerWheel}.`));
}

/** Slots of a wheel file of this length; its last slot may be cut. */
export function wheelSlots(bytes: number): number {
  return Math.ceil(bytes / TIMER_SLOT.size);
}

/** The slots in use, in the order of the file. */
export function* timerSlots(fs: FileSystem, path: string): Generator<TimerSlot, void> {
  const file = fs.openRead(path);
  try {
    const window = new FileWindow();
    window.open(file, file.size());
    const view = new DataView(window.bytes.buffer);
    const slots = wheelSlots(file.size());
    for (let number = 0; number < slots; number++) {
      const position = number * TIMER_SLOT.size;
      if (window.hold(position, TIMER_SLOT.size) < TIMER_SLOT.size) return;
      const at = position - window.from;
      const timeSeconds = readI64(view, at + AT.timeSeconds);
      if (timeSeconds === 0) continue;
      yield {
        number,
        timeSeconds,
        firstPosition: readI64(view, at + AT.firstPosition),
        lastPosition: readI64(view, at + AT.lastPosition),
        count: view.getInt32(at + AT.count),
      };
    }
  } finally {
    file.close();
  }
}
