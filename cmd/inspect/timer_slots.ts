/**
 * `mq inspect timer --part slots`: what is due when, from the timer wheel.
 *
 * @module
 */
import { readTimerCheckpoint } from "../../store/timer_checkpoint.ts";
import { TIMER_MAGIC, TIMER_SLOT } from "../../store/format.ts";
import { TimerLogReader } from "../../store/timer_log.ts";
import { type TimerSlot, timerSlots, wheelSlots } from "../../store/timer_wheel.ts";
import type { Field } from "../output/format_option.ts";
import { isWithin } from "../option/time_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import type { TimerRead } from "./timer.ts";

/** The columns. */
export const SLOT_FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "slot or damage", width: 6 },
  {
    name: "dueTime",
    type: "time",
    about: "when its messages are due, to the second; a broker delivers within the next one",
    width: 24,
  },
  { name: "state", type: "string", about: "pending, or past: the wheel keeps old slots", width: 7 },
  { name: "count", type: "number", about: "messages due, those taken back taken off", width: 6 },
  {
    name: "deleted",
    type: "number",
    about: "units of its chain that take a message back",
    width: 7,
  },
  { name: "rolled", type: "number", about: "units that will be parked once more", width: 6 },
  { name: "units", type: "number", about: "units of its chain in the timer log", width: 5 },
  { name: "firstPosition", type: "number", about: "its first unit in the timer log", width: 13 },
  { name: "lastPosition", type: "number", about: "its newest unit", width: 12 },
  { name: "slot", type: "number", about: "number of the slot in the wheel" },
  { name: "damage", type: "string", about: "what is wrong", width: 0 },
];

const MS = 1000;

/** Prints the slots in use in the order of their times; returns how many are damaged. */
export function printSlots(read: TimerRead, rows: RowWriter): number {
  const { files, wheel, times, options } = read;
  const bytes = files.stat(wheel)!.size;
  const readUpTo = readTimerCheckpoint(files, read.checkpoint)?.lastReadTime ?? 0;
  const log = new TimerLogReader(files, read.log);
  let damages = 0;
  let printed = 0;
  try {
    if (bytes % TIMER_SLOT.size !== 0) {
      damages++;
      const whole = Math.floor(bytes / TIMER_SLOT.size);
      rows.row({ kind: "damage", damage: `${bytes} bytes are ${whole} slots and a cut one` });
    }
    const slots = [...timerSlots(files, wheel)].sort((a, b) => a.timeSeconds - b.timeSeconds);
    for (const slot of slots) {
      if (rows.closed || printed >= (options.limit ?? Infinity)) break;
      const dueTime = slot.timeSeconds * MS;
      const state = dueTime >= readUpTo ? "pending" : "past";
      if (!isWithin(times, dueTime) || (options.pending === true && state === "past")) continue;
      const { damage, ...chain } = chainOf(slot, { log, slots: wheelSlots(bytes) });
      // The timer log of times that are past may be gone.
      const isDamaged = damage !== undefined && (state === "pending" || damage.isAlways);
      printed++;
      if (isDamaged) damages++;
      rows.row({
        kind: isDamaged ? "damage" : "slot",
        dueTime,
        state,
        count: slot.count,
        ...chain,
        firstPosition: slot.firstPosition,
        lastPosition: slot.lastPosition,
        slot: slot.number,
        ...(isDamaged && { damage: damage.text }),
      });
    }
  } finally {
    log.close();
  }
  return damages;
}

/** A chain that is longer leads in a circle, or its slot is no slot. */
const CHAIN_UNITS_MAX = 10_000_000;

interface Chain {
  readonly units: number;
  readonly deleted: number;
  readonly rolled: number;
  readonly damage?: { readonly text: string; readonly isAlways: boolean };
}

function chainOf(
  slot: TimerSlot,
  { log, slots }: { readonly log: TimerLogReader; readonly slots: number },
): Chain {
  const counts = { units: 0, deleted: 0, rolled: 0 };
  const flawed = (text: string, isAlways = false) => ({ ...counts, damage: { text, isAlways } });
  if (slot.number !== slot.timeSeconds % slots) {
    return flawed(`slot ${slot.number} is not that of its time`, true);
  }
  let position = slot.lastPosition;
  let last = -1;
  while (position >= 0 && counts.units < CHAIN_UNITS_MAX) {
    const unit = log.unit(position);
    if (unit === undefined) return flawed(`no unit of the timer log at ${position}`);
    if (Math.floor(unit.dueTime / MS) !== slot.timeSeconds) {
      return flawed(`the unit at ${position} is due at another time`);
    }
    if (unit.prevPosition >= position) {
      return flawed(`the unit at ${position} leads forwards`, true);
    }
    counts.units++;
    if ((unit.magic & TIMER_MAGIC.delete) !== 0) counts.deleted++;
    if ((unit.magic & TIMER_MAGIC.roll) !== 0) counts.rolled++;
    last = position;
    position = unit.prevPosition;
  }
  return last === slot.firstPosition
    ? counts
    : flawed(`its chain ends at ${last} and not at ${slot.firstPosition}`);
}
