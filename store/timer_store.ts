/**
 * What keeps messages until a second of their own (Java: `TimerMessageStore`): timer log, wheel and
 * checkpoint together, recovered at the start and saved in the order in which each may speak of the
 * other. When messages are parked and when they are due is not decided here.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "./file.ts";
import { TIMER_MAGIC } from "./format.ts";
import { NAME } from "./names.ts";
import { keepAside } from "./quarantine.ts";
import {
  NOTHING_DELIVERED,
  readTimerCheckpoint,
  type TimerCheckpoint,
  writeTimerCheckpoint,
} from "./timer_checkpoint.ts";
import type { TimerLogUnit } from "./timer_log.ts";
import { TimerLog, type TimerLogEntry } from "./timer_log_writer.ts";
import { hasWheelSnapshots, timerSlots, WHEEL_BYTES, WHEEL_SLOTS_AHEAD } from "./timer_wheel.ts";
import { type SlotContent, TimerWheel } from "./timer_wheel_writer.ts";

/** Slots of the past that are not looked at after a long time without a broker. */
const BLANK_SLOTS = 60;

/** Units behind the checkpoint whose records are known to be parked, so that none is parked twice. */
const KNOWN_UNITS_MAX = 1_000_000;

/** What a timer store lives on. */
export interface TimerStoreOptions {
  readonly fs: FileSystem;
  /** Folder of the store. */
  readonly root: string;
  /** Bytes of a file of the timer log, where there is none yet. */
  readonly fileBytes: number;
  /** Milliseconds of a slot. */
  readonly precisionMs: number;
  /** Clock, ms. */
  readonly now: () => number;
  /** Log offset behind the last record: units that lead there lead to nothing. */
  readonly logEnd: number;
  /** Index in the timer topic's queue of the record at a log offset; `undefined` for no such record. */
  readonly queueOffsetAt: (physicalOffset: number) => number | undefined;
}

/** How far the broker is: what the next start goes on with. */
export interface TimerProgress {
  /** Time up to which everything was delivered. */
  readonly readTime: number;
  /** Index in the timer topic's queue of the next message to park. */
  readonly queueOffset: number;
  /** End of the timer log when all in front of that message were parked, and no other. */
  readonly position: number;
}

/** Whether the root of a store holds parked messages. */
export function hasTimerFiles(fs: FileSystem, root: string): boolean {
  return fs.stat(join(root, NAME.timerWheel)) !== undefined ||
    fs.stat(join(root, NAME.timerLog)) !== undefined;
}

/** An open timer store. */
export class TimerStore implements Disposable {
  /** Where the last run ended; the queue may begin later or end earlier by now. */
  readonly start: TimerProgress;
  /** What the checkpoint says. */
  checkpoint: TimerCheckpoint;
  readonly #options: TimerStoreOptions;
  readonly #path: string;
  readonly #log: TimerLog;
  readonly #wheel: TimerWheel;
  readonly #stack: DisposableStack;
  /** Log offsets of records that are parked although the checkpoint does not say so. */
  readonly #known = new Set<number>();

  private constructor(
    options: TimerStoreOptions,
    { log, wheel, stack }: { log: TimerLog; wheel: TimerWheel; stack: DisposableStack },
  ) {
    const { fs, root } = options;
    this.#options = options;
    this.#path = join(root, NAME.config, NAME.timerCheckpoint);
    this.#log = log;
    this.#wheel = wheel;
    this.#stack = stack;
    this.checkpoint = readTimerCheckpoint(fs, this.#path) ?? NOTHING_DELIVERED;
    this.start = this.#recover();
  }

  /**
   * Opens the files, or makes them, and recovers them: the timer log ends in front of the first unit
   * that is none or leads behind the commit log, and the wheel leads to all units in front of that.
   *
   * @throws {Error} if wheel or log are not as long as they have to be.
   */
  static open(options: TimerStoreOptions): TimerStore {
    const { fs, root, fileBytes, precisionMs } = options;
    using stack = new DisposableStack();
    if (fs.stat(root) === undefined) fs.makeDirectory(root);
    const log = stack.use(TimerLog.open(fs, join(root, NAME.timerLog), fileBytes));
    const path = join(root, NAME.timerWheel);
    setAsideMisfit(fs, root, path);
    const wheel = stack.use(TimerWheel.open(fs, path, precisionMs));
    return new TimerStore(options, { log, wheel, stack: stack.move() });
  }

  /** Whether a record was parked by a run that ended before it could say so. */
  wasParked(physicalOffset: number): boolean {
    return this.#known.delete(physicalOffset);
  }

  /**
   * Parks a message: it will be found under its due time. `write` has to follow.
   *
   * @throws {Error} if there is no room on the disk; nothing was parked.
   */
  park(entry: Omit<TimerLogEntry, "prevPosition">): void {
    const slot = this.#wheel.slot(entry.dueTime);
    const position = this.#log.append({ ...entry, prevPosition: slot?.lastPosition ?? NONE });
    this.#wheel.put(entry.dueTime, withUnit(slot, { ...entry, position }));
  }

  /** Brings what was parked into the timer log's file. */
  write(): void {
    this.#log.write();
  }

  /** Messages due at a time; those taken back are taken off. */
  countAt(timeMs: number): number {
    return this.#wheel.slot(timeMs)?.count ?? 0;
  }

  /** What is due at a time, from the newest to the oldest. */
  *chain(timeMs: number): Generator<TimerLogUnit, void> {
    const slotTime = (time: number) => Math.floor(time / this.#options.precisionMs);
    let position = this.#wheel.slot(timeMs)?.lastPosition ?? NONE;
    while (position >= 0) {
      const unit = this.#log.unit(position);
      // A chain leads backwards; what does not belong to it is damage.
      if (unit === undefined || slotTime(unit.dueTime) !== slotTime(timeMs)) return;
      yield unit;
      position = Math.min(unit.prevPosition, position - 1);
    }
  }

  /** The unit at a position of the timer log; `undefined` where none stands. */
  unit(position: number): TimerLogUnit | undefined {
    return this.#log.unit(position);
  }

  /** Position of the next unit. */
  get end(): number {
    return this.#log.end;
  }

  /** The first time in `[from, to)` at which something is due; `to` where there is none. */
  next(from: number, to: number): number {
    return this.#wheel.next(from, to);
  }

  /** Brings everything to the disk, the checkpoint last, which then says `progress`. */
  async save({ readTime, queueOffset, position }: TimerProgress): Promise<void> {
    const { fs, now } = this.#options;
    await this.#log.sync();
    this.#wheel.write();
    await this.#wheel.sync();
    const checkpoint: TimerCheckpoint = {
      lastReadTime: readTime,
      lastTimerLogFlushPosition: position,
      lastTimerQueueOffset: queueOffset,
      masterTimerQueueOffset: queueOffset,
      stateVersion: this.checkpoint.stateVersion,
      versionTimestamp: now(),
      versionCounter: this.checkpoint.versionCounter + 1,
    };
    await writeTimerCheckpoint(fs, this.#path, checkpoint);
    this.checkpoint = checkpoint;
  }

  /** Removes timer log files that only lead below a log offset. */
  deleteBefore(minPhysicalOffset: number): void {
    this.#log.deleteBefore(minPhysicalOffset);
  }

  /** Closes the files; what was not saved is found again at the next start. */
  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #recover(): TimerProgress {
    const { now, precisionMs, logEnd, queueOffsetAt } = this.#options;
    const { lastTimerLogFlushPosition: flushed, lastReadTime } = this.checkpoint;
    const log = this.#log;
    let last: TimerLogUnit | undefined;
    // As Java: one file more than the checkpoint asks for.
    const from = this.#isWheelBehind() ? 0 : Math.max(0, flushed - log.fileBytes);
    log.recover(from, {
      isSound: ({ physicalOffset, messageSize }) => physicalOffset + messageSize <= logEnd,
      found: (unit) => {
        last = unit;
        if (unit.position >= flushed) this.#remember(unit.physicalOffset);
      },
    });
    const present = Math.floor(now() / precisionMs);
    const oldest = present - (last === undefined ? 0 : WHEEL_SLOTS_AHEAD - BLANK_SLOTS);
    const readTime = Math.max(lastReadTime, oldest * precisionMs);
    const begin = this.#dropSlotsAhead(readTime, from);
    log.reread(begin, (unit) => {
      if (unit.dueTime >= readTime) this.#link(unit);
    });
    const lastIndex = last === undefined ? undefined : queueOffsetAt(last.physicalOffset);
    const parked = lastIndex === undefined ? this.checkpoint.lastTimerQueueOffset : lastIndex + 1;
    const queueOffset = Math.min(parked, this.checkpoint.masterTimerQueueOffset);
    return { readTime, queueOffset, position: log.end };
  }

  #isWheelBehind(): boolean {
    const { fs, root } = this.#options;
    return this.#wheel.isNew || isBlank(fs, join(root, NAME.timerWheel)) ||
      hasWheelSnapshots(fs, root);
  }

  /** Empties slots that lead behind the end of the timer log; where to link anew from. */
  #dropSlotsAhead(readTime: number, from: number): number {
    const { precisionMs } = this.#options;
    const end = readTime + 2 * WHEEL_SLOTS_AHEAD * precisionMs;
    let begin = from;
    for (let time = readTime; (time = this.#wheel.next(time, end)) < end; time += precisionMs) {
      const slot = this.#wheel.slot(time);
      if (slot === undefined || slot.lastPosition < this.#log.end) continue;
      if (slot.firstPosition >= 0) begin = Math.min(begin, slot.firstPosition);
      this.#wheel.clear(time);
    }
    return begin;
  }

  /** Lets the wheel lead to a unit, unless it does. */
  #link(unit: TimerLogUnit): void {
    const slot = this.#wheel.slot(unit.dueTime);
    if (slot !== undefined && slot.lastPosition >= unit.position) return;
    this.#wheel.put(unit.dueTime, withUnit(slot, unit));
  }

  #remember(physicalOffset: number): void {
    const known = this.#known;
    if (known.size >= KNOWN_UNITS_MAX) known.delete(known.values().next().value!);
    known.add(physicalOffset);
  }
}

/** Whether no slot of a wheel is in use: its bytes were lost. */
function isBlank(fs: FileSystem, path: string): boolean {
  return timerSlots(fs, path).next().done === true;
}

/** Stands for no unit. */
const NONE = -1;

/** A slot with one unit more; one that takes a message back counts against it. */
function withUnit(
  slot: SlotContent | undefined,
  { position, magic }: Pick<TimerLogUnit, "position" | "magic">,
): SlotContent {
  const count = (magic & TIMER_MAGIC.delete) !== 0 ? -1 : 1;
  return {
    firstPosition: slot?.firstPosition ?? position,
    lastPosition: position,
    count: (slot?.count ?? 0) + count,
  };
}

/**
 * A wheel of another length was made with other settings, and a Java broker does not start on it. All
 * that it knows is in the timer log: an empty one is filled from there.
 */
function setAsideMisfit(fs: FileSystem, root: string, path: string): void {
  const length = fs.stat(path)?.size ?? 0;
  if (length === 0 || length === WHEEL_BYTES) return;
  keepAside(fs, root, { name: NAME.timerWheel, range: { path, from: 0, to: length } });
  using stack = new DisposableStack();
  const file = stack.adopt(fs.openWrite(path), (it) => it.close());
  file.truncate(0);
  file.syncNow();
}
