/**
 * One consume queue as a broker holds it: units are appended in memory and written behind in
 * batches; nothing is open or mapped per queue. Reading joins what the files and the memory hold.
 *
 * Index n of the queue is unit n; the unit stands at byte `n · 20` of the queue's files.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { WritableFile } from "./file.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { readI64, writeI64 } from "./layout.ts";
import { offsetName } from "./names.ts";
import type { OpenFiles } from "./open_files.ts";
import { listSegments, type Segment } from "./segments.ts";

const UNIT_BYTES = QUEUE_UNIT.size;
const AT = QUEUE_UNIT.at;
/** Units kept in memory behind the written ones, for readers near the end. */
const KEPT_UNITS_MAX = 1024;
const FIRST_UNITS = 16;
/**
 * How far an index may lie behind the end of its queue. Indexes are not covered by a record's
 * checksum: a flipped bit must not fill the memory with padding.
 */
export const QUEUE_LEAP_UNITS_MAX = 1_000_000;
/** A file taking more space than its units and this much may hold stale units behind them. */
const ALLOCATION_SLACK_BYTES = 2 * 4096;

/** What a queue needs to know. */
export interface ConsumeQueueOptions {
  readonly topic: string;
  readonly queueId: number;
  readonly directory: string;
  /** Units in one file. */
  readonly fileUnits: number;
}

/** A unit as it stands in a file. */
export interface StoredUnit {
  readonly physicalOffset: number;
  readonly size: number;
  /** Upper and lower half of the tags code, both signed. */
  readonly tagsCodeHigh: number;
  readonly tagsCodeLow: number;
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

  readonly #files: OpenFiles;
  readonly #directory: string;
  #fileUnits: number;
  /** Units `[#kept, end)`; those before `#written` are in the files, too. */
  #memory: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#memory.buffer);
  #kept = 0;
  #written = 0;
  /** Index behind the last unit the files may hold, which a truncation leaves to be zeroed. */
  #stale = 0;
  readonly #unsynced = new Set<number>();
  readonly #known = new Set<number>();

  constructor(files: OpenFiles, options: ConsumeQueueOptions) {
    this.topic = options.topic;
    this.queueId = options.queueId;
    this.#files = files;
    this.#directory = options.directory;
    this.#fileUnits = options.fileUnits;
  }

  /** Takes up what the files hold. The first unit that is no unit ends the queue, as in Java. */
  load(): void {
    const { segments, segmentBytes } = listSegments(this.#files.fs, this.#directory);
    const first = segments[0];
    if (first === undefined) return;
    if (segmentBytes >= UNIT_BYTES) this.#fileUnits = Math.floor(segmentBytes / UNIT_BYTES);
    for (const segment of segments) this.#known.add(segment.start / UNIT_BYTES);
    this.min = first.start / UNIT_BYTES;
    this.end = this.min;
    for (const segment of segments.toReversed()) {
      const units = this.#soundUnits(segment);
      this.end = segment.start / UNIT_BYTES + units;
      if (units > 0) break;
    }
    const last = segments.at(-1)!;
    const used = this.end * UNIT_BYTES - last.start + ALLOCATION_SLACK_BYTES;
    if (last.allocatedBytes > used) {
      this.#stale = Math.floor((last.start + last.length) / UNIT_BYTES);
    }
    this.next = this.#kept = this.#written = this.end;
  }

  /** Appends the unit of queue index `index`. */
  append(
    index: number,
    unit: { physicalOffset: number; size: number; tagsCode: number },
  ): QueueAppend {
    if (index < this.end) return "duplicate";
    let outcome: QueueAppend = "appended";
    if (this.end === this.min && index > this.end && this.#isBare()) this.#startAt(index);
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
    return this.#unsynced.size > 0 || this.unwritten > 0;
  }

  /**
   * Copies units from index `from` on into `into` and returns how many; fewer than fit only at the
   * end of the queue.
   */
  read(from: number, into: Uint8Array): number {
    const count = Math.min(Math.floor(into.length / UNIT_BYTES), this.end - from);
    if (count <= 0 || from < 0) return 0;
    let done = 0;
    while (done < count && from + done < this.#kept) {
      const index = from + done;
      const fileStart = index - index % this.#fileUnits;
      const wanted = Math.min(
        count - done,
        this.#kept - index,
        fileStart + this.#fileUnits - index,
      );
      const target = into.subarray(done * UNIT_BYTES, (done + wanted) * UNIT_BYTES);
      const got = this.#file(fileStart).read(target, (index - fileStart) * UNIT_BYTES);
      target.fill(0, got);
      done += wanted;
    }
    const start = (from + done - this.#kept) * UNIT_BYTES;
    const rest = (count - done) * UNIT_BYTES;
    if (rest > 0) into.set(this.#memory.subarray(start, start + rest), done * UNIT_BYTES);
    return count;
  }

  /** Physical offset and size of one unit; `undefined` outside the queue. */
  unitAt(index: number): { physicalOffset: number; size: number } | undefined {
    const unit = new Uint8Array(UNIT_BYTES);
    if (index < this.min || this.read(index, unit) < 1) return undefined;
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

  /** Padding has no place of its own in the log: the next real unit's stands for it. */
  #physicalAt(index: number): number {
    for (let at = index; at < this.end; at++) {
      const unit = this.unitAt(at)!;
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

  /** Moves {@linkcode min} past units whose records the log no longer has. */
  correctMin(logStart: number): void {
    this.min = this.indexOfPhysical(logStart);
  }

  /** Drops the units from `end` on; the files are cleaned with the next write. */
  truncate(end: number): void {
    if (end >= this.end) return;
    this.#stale = Math.max(this.#stale, this.#written);
    this.end = this.next = end;
    this.min = Math.min(this.min, end);
    if (end < this.#kept) this.#kept = end;
    this.#written = Math.min(this.#written, end);
  }

  /**
   * Goes back to index `from`, so that what the files hold is appended again or replaced. Unlike
   * {@linkcode truncate} this leaves {@linkcode min} where the files begin.
   */
  reopen(from: number): void {
    const first = this.#known.size === 0 ? from : Math.min(...this.#known);
    this.min = Math.min(first, from);
    this.end =
      this.next =
      this.#kept =
      this.#written =
        from;
    this.#stale = this.#known.size === 0 ? 0 : Math.max(...this.#known) + this.#fileUnits;
  }

  /** What the files hold at an index, behind the end, too; `undefined` where they have no room. */
  storedAt(index: number): StoredUnit | undefined {
    const fileStart = index - index % this.#fileUnits;
    if (!this.#known.has(fileStart)) return undefined;
    const unit = new Uint8Array(UNIT_BYTES);
    if (this.#file(fileStart).read(unit, (index - fileStart) * UNIT_BYTES) < UNIT_BYTES) {
      return undefined;
    }
    const view = new DataView(unit.buffer);
    return {
      physicalOffset: readI64(view, AT.physicalOffset),
      size: view.getInt32(AT.size),
      tagsCodeHigh: view.getInt32(AT.tagsCode),
      tagsCodeLow: view.getInt32(AT.tagsCode + 4),
    };
  }

  /** Appends what {@linkcode storedAt} says of the end. */
  adopt(stored: StoredUnit): void {
    if (this.#written === this.end) this.#kept = this.#written = ++this.end;
    else {
      this.#push(stored.physicalOffset, stored.size, 0);
      const at = (this.end - 1 - this.#kept) * UNIT_BYTES + AT.tagsCode;
      this.#view.setInt32(at, stored.tagsCodeHigh);
      this.#view.setInt32(at + 4, stored.tagsCodeLow);
    }
    this.next = this.end;
  }

  /** Appends a unit that stands for a message that is gone. */
  pad(): void {
    this.#push(QUEUE_PADDING.physicalOffset, QUEUE_PADDING.size, 0);
    this.next = this.end;
  }

  /** Writes what the files lack, and zeros over what a truncation left behind. */
  write(): void {
    this.writeUnits();
    this.#zeroStale();
  }

  /** As {@linkcode write}, but what stands behind the end stays: more units are coming. */
  writeUnits(): void {
    while (this.#written < this.end) {
      const fileStart = this.#written - this.#written % this.#fileUnits;
      const count = Math.min(this.end, fileStart + this.#fileUnits) - this.#written;
      const at = (this.#written - this.#kept) * UNIT_BYTES;
      this.#writeUnits(this.#written, this.#memory.subarray(at, at + count * UNIT_BYTES));
      this.#written += count;
    }
    this.#trim();
  }

  /** Writes and brings everything to the disk. */
  async sync(): Promise<void> {
    this.write();
    for (const start of [...this.#unsynced]) {
      this.#unsynced.delete(start);
      try {
        await this.#file(start).sync();
      } catch (error) {
        this.#unsynced.add(start);
        throw error;
      }
    }
  }

  /** As {@linkcode sync}, holding up the turn. */
  syncNow(): void {
    this.write();
    for (const start of this.#unsynced) this.#file(start).syncNow();
    this.#unsynced.clear();
  }

  /** Closes what is open, because the files are about to be removed. */
  closeFiles(): void {
    for (const start of this.#known) this.#files.forget(this.#path(start));
  }

  #isBare(): boolean {
    return this.end === 0 || this.#known.size === 0;
  }

  #startAt(index: number): void {
    this.min =
      this.end =
      this.#kept =
      this.#written =
        index;
  }

  #push(physicalOffset: number, size: number, tagsCode: number): void {
    const at = (this.end - this.#kept) * UNIT_BYTES;
    if (at === this.#memory.length) this.#grow();
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
    const excess = this.#written - this.#kept - KEPT_UNITS_MAX;
    if (excess < KEPT_UNITS_MAX) return;
    const at = (this.#written - KEPT_UNITS_MAX - this.#kept) * UNIT_BYTES;
    this.#memory = this.#memory.slice(at, (this.end - this.#kept) * UNIT_BYTES);
    this.#view = new DataView(this.#memory.buffer);
    this.#kept = this.#written - KEPT_UNITS_MAX;
  }

  #writeUnits(index: number, bytes: Uint8Array): void {
    const fileStart = index - index % this.#fileUnits;
    const isNew = !this.#known.has(fileStart);
    const file = this.#file(fileStart);
    // Java pads a queue that starts inside a file, so that position and index stay in step.
    if (isNew && index > fileStart) file.write(paddingUnits(index - fileStart), 0);
    if (index < this.#stale && holds(file, bytes, (index - fileStart) * UNIT_BYTES)) return;
    file.write(bytes, (index - fileStart) * UNIT_BYTES);
    this.#unsynced.add(fileStart);
  }

  #zeroStale(): void {
    const { fs } = this.#files;
    const lastFile = this.end - this.end % this.#fileUnits;
    for (const start of [...this.#known]) {
      if (start <= lastFile) continue;
      this.#files.forget(this.#path(start));
      fs.remove(this.#path(start));
      this.#known.delete(start);
      this.#unsynced.delete(start);
    }
    const fileEnd = Math.min(this.#stale, lastFile + this.#fileUnits);
    if (fileEnd > this.end && this.#known.has(lastFile)) {
      this.#zero(lastFile, this.end, fileEnd);
    }
    this.#stale = 0;
  }

  /** Zeros only what is not zero, so that a sound queue stays untouched and sparse. */
  #zero(fileStart: number, from: number, to: number): void {
    const file = this.#file(fileStart);
    const block = new Uint8Array((to - from) * UNIT_BYTES);
    const got = file.read(block, (from - fileStart) * UNIT_BYTES);
    const last = block.subarray(0, got).findLastIndex((byte) => byte !== 0);
    if (last < 0) return;
    file.write(new Uint8Array(last + 1), (from - fileStart) * UNIT_BYTES);
    this.#unsynced.add(fileStart);
  }

  #path(fileStart: number): string {
    return join(this.#directory, offsetName(fileStart * UNIT_BYTES));
  }

  #file(fileStart: number) {
    if (!this.#known.has(fileStart)) {
      this.#files.fs.makeDirectory(this.#directory);
      const file = this.#files.get(this.#path(fileStart));
      file.truncate(this.#fileUnits * UNIT_BYTES);
      this.#known.add(fileStart);
    }
    return this.#files.get(this.#path(fileStart));
  }

  /** Units of a file up to the first that is none, found by halving. */
  #soundUnits(segment: Segment): number {
    const file = this.#files.get(segment.path);
    const unit = new Uint8Array(UNIT_BYTES);
    const view = new DataView(unit.buffer);
    let low = 0;
    let high = Math.floor(segment.length / UNIT_BYTES);
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      file.read(unit, middle * UNIT_BYTES);
      const sound = view.getInt32(AT.size) > 0 && view.getInt32(AT.physicalOffset) >= 0;
      if (sound) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether a file has these bytes already: a queue built again from the log is mostly what it was. */
function holds(file: WritableFile, bytes: Uint8Array, at: number): boolean {
  const found = Buffer.alloc(bytes.length);
  return file.read(found, at) === bytes.length && found.equals(bytes);
}

function paddingUnits(count: number): Uint8Array {
  const bytes = new Uint8Array(count * UNIT_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < count; at++) QUEUE_UNIT.write(view, at * UNIT_BYTES, QUEUE_PADDING);
  return bytes;
}
