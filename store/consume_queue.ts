/**
 * One consume queue as a broker holds it: units are appended in memory and written behind in
 * batches; nothing is open or mapped per queue. Reading joins what the files and the memory hold.
 *
 * Index n of the queue is unit n; the unit stands at byte `n · 20` of the queue's files.
 *
 * @module
 */
import { QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { readI64, writeI64 } from "./layout.ts";
import type { OpenFiles } from "./open_files.ts";
import type { QueueEnd } from "./queue_ends.ts";
import { QueueFiles, type StoredUnit, type UnitRange } from "./queue_files.ts";

const UNIT_BYTES = QUEUE_UNIT.size;
const AT = QUEUE_UNIT.at;
/** Written units a queue keeps in memory for readers near its end, if it is not one of very many. */
export const KEPT_UNITS_MAX = 1024;
/** How much more memory than kept units need a queue may hold on to. */
const ROOM_FACTOR = 8;
const FIRST_UNITS = 16;
/** Behind every offset a log can have. */
const LOST = Number.MAX_SAFE_INTEGER;

/** The last index whose unit has a place: file names and positions are numbers of 53 bits. */
const INDEX_MAX = Math.floor(Number.MAX_SAFE_INTEGER / UNIT_BYTES) - 1;

/** Whether a queue can have a unit at an index. */
export function isQueueIndex(index: number): boolean {
  return index >= 0 && index <= INDEX_MAX;
}

const LEAP_UNITS_MAX = 1_000_000;
const LEAP_FILES_MAX = 256;

/**
 * How far an index may lie behind the end of its queue, in units, with files of `fileUnits`. Indexes
 * are not covered by a record's checksum: a flipped bit must not fill the memory with padding, nor a
 * folder with thousands of small files.
 */
export function queueLeapUnitsMax(fileUnits: number): number {
  return Math.min(LEAP_UNITS_MAX, LEAP_FILES_MAX * fileUnits);
}

/** What a queue holds in memory that holds nothing, for all such queues. */
const NO_UNITS = new Uint8Array(0);
const NO_VIEW = new DataView(NO_UNITS.buffer);

/** What a queue needs to know. */
export interface ConsumeQueueOptions {
  readonly topic: string;
  readonly queueId: number;
  readonly directory: string;
  /** Units in one file. */
  readonly fileUnits: number;
  /** Written units to keep in memory for readers near the end. Default: {@linkcode KEPT_UNITS_MAX}. */
  readonly keptUnitsMax?: () => number;
}

/** How an append went. */
export type QueueAppend =
  /** The unit is the next one. */
  | "appended"
  /** The index is taken already; nothing was done. */
  | "duplicate"
  /** Indexes before it were missing and are padding now. */
  | "gap";

/** A queue that is appended to and read. */
export class ConsumeQueue {
  readonly topic: string;
  readonly queueId: number;
  /** Index of the first unit whose message may still be in the log. */
  min = 0;
  /** Index the next message gets. */
  next = 0;
  /** Index behind the last unit; behind {@linkcode next} only while records are staged. */
  end = 0;

  readonly #files: QueueFiles;
  readonly #keptUnitsMax: () => number;
  /** Units `[#kept, end)`; those before `#written` are in the files, too. */
  #memory: Uint8Array = NO_UNITS;
  #view: DataView = NO_VIEW;
  #kept = 0;
  #written = 0;
  /** Index behind the last unit the files may hold that is not of the queue any more. */
  #staleEnd = 0;
  /** How the queue was left when the store was stopped, as long as nothing has changed since. */
  #left: QueueEnd | undefined;

  constructor(files: OpenFiles, options: ConsumeQueueOptions) {
    this.#keptUnitsMax = options.keptUnitsMax ?? (() => KEPT_UNITS_MAX);
    this.topic = options.topic;
    this.queueId = options.queueId;
    this.#files = new QueueFiles(files, options.directory, options.fileUnits);
  }

  /** How far an index may lie behind the end, in units. */
  get leapUnitsMax(): number {
    return queueLeapUnitsMax(this.#files.fileUnits);
  }

  /**
   * Takes up what the files hold. The first unit that is no unit ends the queue, as in Java.
   * `fileBytes` is how long the files are, where that is known.
   */
  load(fileBytes = 0): void {
    this.#left = undefined;
    const found = this.#files.load(fileBytes);
    if (found === undefined) return;
    this.min = found.first;
    this.end = this.next = this.#written = found.end;
    this.#memory = found.tail;
    this.#view = new DataView(found.tail.buffer);
    this.#kept = found.end - found.tail.length / UNIT_BYTES;
    this.#staleEnd = found.staleEnd;
  }

  /** Takes up how the queue was left, without a look at its files. */
  takeUp(left: QueueEnd): void {
    this.#files.expect(left.fileBytes);
    this.#startAt(left.end);
    this.min = left.min;
    this.next = left.end;
    this.#staleEnd = left.staleEnd;
    this.#left = left;
  }

  /** How the queue stands, once all of it is on the disk; `undefined` before. */
  standing(): QueueEnd | undefined {
    if (this.unsynced) return undefined;
    const { queueId, min, end } = this;
    if (this.#left !== undefined) {
      return min === this.#left.min ? this.#left : { ...this.#left, min, firstUnit: min };
    }
    const last = this.unitAt(end - 1);
    const file = this.#files.last();
    return {
      queueId,
      min,
      end,
      firstUnit: min,
      endUnit: end,
      staleEnd: this.#staleEnd,
      physicalOffset: last?.physicalOffset ?? 0,
      size: last?.size ?? 0,
      fileStart: file?.start ?? 0,
      fileBytes: file?.bytes ?? 0,
      fileTime: file?.time ?? -1,
      olderFilesCRC: file?.olderFilesCRC ?? 0,
    };
  }

  /** Which units the files have room for, in order. */
  files(): readonly UnitRange[] {
    return this.#files.ranges();
  }

  /** Takes it that the messages of all units before an index have expired. */
  skipTo(index: number): void {
    this.min = index;
  }

  /**
   * First index from `from` on whose unit is none, or leads to an earlier record than the one before
   * it; the end where there is no such hole.
   */
  firstHole(from: number): number {
    let last = -1;
    return this.#files.firstOther({ from, to: this.end }, (physicalOffset, size) => {
      if (size === QUEUE_PADDING.size) return true;
      const isBehind = size > 0 && physicalOffset >= last;
      last = physicalOffset;
      return isBehind;
    });
  }

  /** Appends the unit of queue index `index`. */
  append(
    index: number,
    unit: { physicalOffset: number; size: number; tagsCode: number },
  ): QueueAppend {
    if (index < this.end) return "duplicate";
    let outcome: QueueAppend = "appended";
    if (index > this.end && this.end === this.min && this.#files.isEmpty) this.#startAt(index);
    else if (index > this.end) {
      outcome = "gap";
      while (this.end < index) this.#push(0, QUEUE_PADDING.size, 0);
    }
    this.#push(unit.physicalOffset, unit.size, unit.tagsCode);
    if (this.next < this.end) this.next = this.end;
    return outcome;
  }

  /** Units not yet in the files. */
  get unwritten(): number {
    return this.end - this.#written;
  }

  /** Whether a {@linkcode sync} would have anything to do. */
  get unsynced(): boolean {
    return this.#files.unsynced || this.unwritten > 0;
  }

  /**
   * Copies units from index `from` on into `into` and returns how many; fewer than fit only at the
   * end of the queue, none outside of it.
   */
  read(from: number, into: Uint8Array): number {
    const count = Math.min(Math.floor(into.length / UNIT_BYTES), this.end - from);
    if (count <= 0 || from < this.min) return 0;
    let done = 0;
    while (done < count && from + done < this.#kept) {
      const index = from + done;
      const end = Math.min(from + count, this.#kept, this.#files.fileEnd(index));
      this.#files.read(index, into.subarray(done * UNIT_BYTES, (end - from) * UNIT_BYTES));
      done = end - from;
    }
    const start = (from + done - this.#kept) * UNIT_BYTES;
    const rest = (count - done) * UNIT_BYTES;
    if (rest > 0) into.set(this.#memory.subarray(start, start + rest), done * UNIT_BYTES);
    return count;
  }

  /** Whether units from an index on are in memory. */
  holds(from: number): boolean {
    return from >= this.#kept;
  }

  /** As {@linkcode read}, without holding up the event loop for what is not in memory. */
  async readAsync(from: number, into: Uint8Array): Promise<number> {
    const count = Math.min(Math.floor(into.length / UNIT_BYTES), this.end - from);
    if (count <= 0 || from < this.min) return 0;
    let done = 0;
    while (done < count && from + done < this.#kept) {
      const index = from + done;
      const end = Math.min(from + count, this.#kept, this.#files.fileEnd(index));
      const units = into.subarray(done * UNIT_BYTES, (end - from) * UNIT_BYTES);
      await this.#files.readAsync(index, units);
      done = end - from;
    }
    return done + this.read(from + done, into.subarray(done * UNIT_BYTES, count * UNIT_BYTES));
  }

  /** Physical offset and size of one unit; `undefined` outside the queue. */
  unitAt(index: number): { physicalOffset: number; size: number } | undefined {
    const unit = new Uint8Array(UNIT_BYTES);
    if (this.read(index, unit) < 1) return undefined;
    const view = new DataView(unit.buffer);
    return {
      physicalOffset: readI64(view, AT.physicalOffset),
      size: view.getInt32(AT.size),
    };
  }

  /** First index in `[min, end)` whose unit lies at or behind a log offset. */
  indexOfPhysical(physicalOffset: number): number {
    let low = this.min;
    let high = this.end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#physicalAt(middle) < physicalOffset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Padding has no place of its own in the log: the next real unit's stands for it. A page that was
   * lost with the power reads as zeros; what stands behind it was not synced before, either.
   */
  #physicalAt(index: number): number {
    for (let at = index; at < this.end; at++) {
      const unit = this.unitAt(at)!;
      if (unit.size <= 0) return LOST;
      if (unit.size !== QUEUE_PADDING.size) return unit.physicalOffset;
    }
    return Infinity;
  }

  /** Log offset behind the record of the last unit; 0 for a queue without units. */
  get physicalEnd(): number {
    const last = this.unitAt(this.end - 1);
    return last === undefined || last.size === QUEUE_PADDING.size
      ? 0
      : last.physicalOffset + last.size;
  }

  /** Moves {@linkcode min} past units whose records the log no longer has, and past padding. */
  correctMin(logStart: number): void {
    const first = this.unitAt(this.min);
    const isLeft = first !== undefined && first.size !== QUEUE_PADDING.size;
    if (isLeft && first.size > 0 && first.physicalOffset >= logStart) return;
    let min = this.indexOfPhysical(logStart);
    while (min < this.end && this.unitAt(min)!.size === QUEUE_PADDING.size) min++;
    this.min = min;
  }

  /** Drops the units from `end` on; the files are cleaned with the next write. */
  truncate(end: number): void {
    if (end >= this.end) return;
    this.#left = undefined;
    this.#staleEnd = Math.max(this.#staleEnd, this.#written);
    this.end = this.next = end;
    this.min = Math.min(this.min, end);
    if (end < this.#kept) this.#kept = end;
    this.#written = Math.min(this.#written, end);
  }

  /**
   * Drops the units that lead to a log offset or behind it. Padding at the end of the queue stays:
   * its indexes were given to messages once and must not be given again.
   */
  truncateBehind(physicalOffset: number): void {
    const index = this.indexOfPhysical(physicalOffset);
    if (this.#physicalAt(index) !== Infinity) this.truncate(index);
  }

  /**
   * Goes back to index `from`, so that what the files hold is taken up again or replaced. Nothing is
   * cleaned before {@linkcode write}.
   */
  reopen(from: number): void {
    this.#left = undefined;
    this.min = this.#files.isEmpty ? from : Math.min(this.#files.first, from);
    this.#staleEnd = Math.max(this.#staleEnd, this.#written);
    this.end =
      this.next =
      this.#kept =
      this.#written =
        from;
  }

  /** What the files hold at an index, behind the end, too; `undefined` where they have no room. */
  storedAt(index: number): StoredUnit | undefined {
    return this.#files.storedAt(index);
  }

  /** As {@linkcode storedAt} for as many units as fit and are in the same file; returns how many. */
  readStored(from: number, into: Uint8Array): number {
    return from < 0 ? 0 : this.#files.readStored(from, into);
  }

  /** Takes up stored units from the end on, up to `to`, as long as they are accepted. */
  adoptWhile(to: number, accepts: (physicalOffset: number, size: number) => boolean): void {
    // Units in memory must stay one piece: what stands behind them in the files is adopted singly.
    if (this.unwritten > 0) return;
    this.#left = undefined;
    const end = this.#files.firstOther({ from: this.end, to }, accepts);
    this.#files.doubt(this.end, end);
    this.end =
      this.next =
      this.#kept =
      this.#written =
        end;
  }

  /** Appends what {@linkcode storedAt} says of the end. */
  adopt(stored: StoredUnit): void {
    this.#push(stored.physicalOffset, stored.size, 0);
    const at = (this.end - 1 - this.#kept) * UNIT_BYTES + AT.tagsCode;
    this.#view.setInt32(at, stored.tagsCodeHigh);
    this.#view.setInt32(at + 4, stored.tagsCodeLow);
    this.next = this.end;
  }

  /** Appends a unit that leads nowhere, for a slot before the first message. */
  pad(): void {
    this.#push(QUEUE_PADDING.physicalOffset, QUEUE_PADDING.size, 0);
    this.next = this.end;
  }

  /** Writes what the files lack, and zeros over what a truncation left behind. */
  write(): void {
    this.writeUnits();
    if (this.#staleEnd === 0) return;
    this.#left = undefined;
    this.#files.clearBehind(this.end, this.#staleEnd);
    this.#staleEnd = 0;
  }

  /** As {@linkcode write}, but what stands behind the end stays: more units are coming. */
  writeUnits(): void {
    while (this.#written < this.end) {
      const index = this.#written;
      const count = Math.min(this.end, this.#files.fileEnd(index)) - index;
      const at = (index - this.#kept) * UNIT_BYTES;
      const units = this.#memory.subarray(at, at + count * UNIT_BYTES);
      this.#files.write(index, units, { compare: index < this.#staleEnd });
      this.#written += count;
    }
    this.#trim();
  }

  /** Removes files all of whose units lie before {@linkcode min}; returns how many. */
  dropExpiredFiles(): number {
    const dropped = this.#files.dropBefore(this.min);
    if (dropped > 0) this.#left = undefined;
    return dropped;
  }

  /** Removes files in which no unit is, whoever made them; the others get their full length. */
  dropEmptyFiles(): void {
    this.write();
    this.#left = undefined;
    this.#files.clearBehind(this.end, this.end);
    this.#files.lengthen();
  }

  /** As {@linkcode sync}, but what stands behind the end stays: more units are coming. */
  async syncUnits(): Promise<void> {
    this.writeUnits();
    await this.#files.sync();
  }

  /** Writes and brings everything to the disk. */
  async sync(): Promise<void> {
    this.write();
    await this.#files.sync();
  }

  /**
   * Forgets everything, because the files are about to be removed. Whoever still holds the queue
   * finds it empty and does not make them anew.
   */
  discard(): void {
    this.#files.close();
    this.#memory = NO_UNITS;
    this.#view = NO_VIEW;
    this.#staleEnd = 0;
    this.#startAt(0);
    this.next = 0;
  }

  #startAt(index: number): void {
    this.#left = undefined;
    this.min =
      this.end =
      this.#kept =
      this.#written =
        index;
  }

  #push(physicalOffset: number, size: number, tagsCode: number): void {
    const at = (this.end - this.#kept) * UNIT_BYTES;
    // The view is at hand anyway; with tens of thousands of queues every object more is a wait.
    if (at === this.#view.byteLength) this.#grow();
    this.#left = undefined;
    writeI64(this.#view, at + AT.physicalOffset, physicalOffset);
    this.#view.setInt32(at + AT.size, size);
    writeI64(this.#view, at + AT.tagsCode, tagsCode);
    this.end++;
  }

  #grow(): void {
    const larger = new Uint8Array(Math.max(FIRST_UNITS * UNIT_BYTES, this.#memory.length * 2));
    larger.set(this.#memory);
    this.#memory = larger;
    this.#view = new DataView(larger.buffer);
  }

  /** Lets go of written units beyond those kept for readers. */
  #trim(): void {
    const keptMax = this.#keptUnitsMax();
    const excess = this.#written - this.#kept - keptMax;
    if (excess < keptMax) return;
    const from = excess * UNIT_BYTES;
    const to = (this.end - this.#kept) * UNIT_BYTES;
    if (this.#memory.length <= ROOM_FACTOR * keptMax * UNIT_BYTES) {
      this.#memory.copyWithin(0, from, to);
    } else {
      this.#memory = this.#memory.slice(from, to);
      this.#view = new DataView(this.#memory.buffer);
    }
    this.#kept += excess;
  }
}
