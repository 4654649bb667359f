/**
 * The files of one consume queue: units at fixed places, files made when the first unit comes. None
 * is held open. What the units mean is `consume_queue.ts`'s business.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { WritableFile } from "./file.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { GrowingFiles } from "./growing_files.ts";
import { readI64 } from "./layout.ts";
import type { OpenFiles } from "./open_files.ts";
import { listSegments, type Segment } from "./segments.ts";

const UNIT_BYTES = QUEUE_UNIT.size;
const AT = QUEUE_UNIT.at;
/** A file taking more space than its units and this much may hold stale units behind them. */
const ALLOCATION_SLACK_BYTES = 2 * 4096;
const BLOCK_UNITS = 4096;

/** A unit as it stands in a file. */
export interface StoredUnit {
  readonly physicalOffset: number;
  readonly size: number;
  /** Upper and lower half of the tags code, both signed. */
  readonly tagsCodeHigh: number;
  readonly tagsCodeLow: number;
}

/** What a queue's files hold. */
export interface QueueFilesFound {
  /** Index of the first unit any file has room for. */
  readonly first: number;
  /** Index behind the last unit: the first that is no unit ends the queue, as in Java. */
  readonly end: number;
  /** Index up to which stale units may stand; 0 when there are none. */
  readonly staleEnd: number;
}

/** Files of one queue. */
export class QueueFiles {
  readonly #files: OpenFiles;
  readonly #directory: string;
  #fileUnits: number;
  /** Files there are, by the index of their first unit. */
  readonly #series: GrowingFiles;
  /** Those found without their full length, as a loss of power can leave them. */
  readonly #short = new Set<number>();

  constructor(files: OpenFiles, directory: string, fileUnits: number) {
    this.#files = files;
    this.#directory = directory;
    this.#fileUnits = fileUnits;
    this.#series = new GrowingFiles(files, { directory, unitBytes: UNIT_BYTES, depth: 3 });
  }

  /** Finds the files; `undefined` when there are none. */
  load(): QueueFilesFound | undefined {
    const { segments, segmentBytes } = listSegments(this.#files.fs, this.#directory);
    const first = segments[0];
    if (first === undefined) return undefined;
    if (segmentBytes >= UNIT_BYTES) this.#fileUnits = Math.floor(segmentBytes / UNIT_BYTES);
    for (const { start, length } of segments) {
      this.#series.adopt(start / UNIT_BYTES);
      if (length < this.#fileUnits * UNIT_BYTES) this.#short.add(start / UNIT_BYTES);
    }
    let end = first.start / UNIT_BYTES;
    for (const segment of segments.toReversed()) {
      const units = this.#soundUnits(segment);
      end = segment.start / UNIT_BYTES + units;
      if (units > 0) break;
    }
    const last = segments.at(-1)!;
    const used = end * UNIT_BYTES - last.start + ALLOCATION_SLACK_BYTES;
    const mayBeStale = last.allocatedBytes > used || last.length <= ALLOCATION_SLACK_BYTES;
    return {
      first: first.start / UNIT_BYTES,
      end,
      staleEnd: mayBeStale ? Math.floor((last.start + last.length) / UNIT_BYTES) : 0,
    };
  }

  /** Whether no file was found or made. */
  get isEmpty(): boolean {
    return this.#series.isEmpty;
  }

  /** Whether anything written waits for the disk. */
  get unsynced(): boolean {
    return this.#series.unsynced;
  }

  /** Index of the first unit any file has room for; there must be one. */
  get first(): number {
    return Math.min(...this.#series.starts);
  }

  /** Index behind the last unit of the file that holds an index. */
  fileEnd(index: number): number {
    return index - index % this.#fileUnits + this.#fileUnits;
  }

  /** Fills `into` with units of one file from `index` on; what the file lacks reads as zeros. */
  read(index: number, into: Uint8Array): void {
    const start = this.#startOf(index);
    const at = (index - start) * UNIT_BYTES;
    into.fill(0, this.#series.has(start) ? this.#file(start).read(into, at) : 0);
  }

  /** What stands at an index; `undefined` where no file has room for it. */
  storedAt(index: number): StoredUnit | undefined {
    if (!this.#series.has(this.#startOf(index))) return undefined;
    const unit = new Uint8Array(UNIT_BYTES);
    this.read(index, unit);
    const view = new DataView(unit.buffer);
    return {
      physicalOffset: readI64(view, AT.physicalOffset),
      size: view.getInt32(AT.size),
      tagsCodeHigh: view.getInt32(AT.tagsCode),
      tagsCodeLow: view.getInt32(AT.tagsCode + 4),
    };
  }

  /** First index in `[from, to)` whose unit is not accepted or has no file; `to` when all are. */
  firstOther(
    range: { readonly from: number; readonly to: number },
    accepts: (physicalOffset: number, size: number) => boolean,
  ): number {
    const block = new Uint8Array(BLOCK_UNITS * UNIT_BYTES);
    const view = new DataView(block.buffer);
    for (let index = range.from; index < range.to;) {
      if (!this.#series.has(this.#startOf(index))) return index;
      const count = Math.min(BLOCK_UNITS, range.to - index, this.fileEnd(index) - index);
      this.read(index, block.subarray(0, count * UNIT_BYTES));
      for (let unit = 0; unit < count; unit++, index++) {
        const at = unit * UNIT_BYTES;
        const physicalOffset = readI64(view, at + AT.physicalOffset);
        if (!accepts(physicalOffset, view.getInt32(at + AT.size))) return index;
      }
    }
    return range.to;
  }

  /**
   * Writes units of one file from `index` on. With `compare` they are written only where something
   * else stands: a queue built again from the log is mostly what it was. That it stands there does
   * not mean that it, or the file's name, is on the disk: who wrote it may have been killed.
   */
  write(index: number, units: Uint8Array, { compare }: { readonly compare: boolean }): void {
    const start = this.#startOf(index);
    const isNew = !this.#series.has(start);
    const file = isNew || this.#short.delete(start) ? this.#create(start) : this.#file(start);
    const at = (index - start) * UNIT_BYTES;
    this.#series.touch(start);
    if (compare) this.#series.doubtNames();
    // Java pads a queue that starts inside a file, so that position and index stay in step.
    if (isNew && index > start) this.#pad(file, start, index - start);
    if (!compare || !holds(file, units, at)) file.write(units, at);
  }

  /**
   * Removes files all of whose units lie before `index`, the oldest first; the last file stays.
   * Returns how many.
   */
  dropBefore(index: number): number {
    const dropped = (start: number) => void this.#short.delete(start);
    return this.#series.dropBefore(index, { fileUnits: this.#fileUnits, dropped });
  }

  /** Takes it that units `[from, to)`, found as they are, and names may not be on the disk yet. */
  doubt(from: number, to: number): void {
    for (const start of this.#series.starts) {
      if (start < to && start + this.#fileUnits > from) this.#series.touch(start);
    }
    this.#series.doubtNames();
  }

  /**
   * Removes the files that begin at `end` or behind it, and zeros the last one's units from there up
   * to `staleEnd`. A file without a unit must not stay: Java takes the zeros it begins with for one
   * when it cuts a queue (`truncateDirtyLogicFiles`).
   */
  clearBehind(end: number, staleEnd: number): void {
    const last = this.#startOf(end);
    for (const start of this.#series.starts) {
      if (start < end) continue;
      this.#remove(start);
    }
    const to = Math.min(staleEnd, this.fileEnd(end));
    if (to > end && this.#series.has(last)) this.#zero(end, to);
  }

  /** Brings everything written to the disk, names included. */
  async sync(): Promise<void> {
    await this.#series.sync();
  }

  /** Closes what is open and forgets the files, because they are about to be removed. */
  close(): void {
    this.#series.clear();
    this.#short.clear();
  }

  #remove(start: number): void {
    this.#series.remove(start);
    this.#short.delete(start);
  }

  /** Where the padding cannot be written the file stays unknown, so that the next try pads it. */
  #pad(file: WritableFile, start: number, count: number): void {
    try {
      file.write(paddingUnits(count), 0);
    } catch (error) {
      this.#series.disown(start);
      throw error;
    }
  }

  /** Zeros only what is not zero, so that a sound queue stays untouched and sparse. */
  #zero(from: number, to: number): void {
    const start = this.#startOf(from);
    const units = new Uint8Array((to - from) * UNIT_BYTES);
    this.read(from, units);
    const last = units.findLastIndex((byte) => byte !== 0);
    if (last < 0) return;
    this.#file(start).write(new Uint8Array(last + 1), (from - start) * UNIT_BYTES);
    this.#series.touch(start);
  }

  #startOf(index: number): number {
    return index - index % this.#fileUnits;
  }

  #file(start: number): WritableFile {
    return this.#series.get(start);
  }

  #create(start: number): WritableFile {
    return this.#series.make(start, this.#fileUnits * UNIT_BYTES);
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

function holds(file: WritableFile, units: Uint8Array, at: number): boolean {
  const found = Buffer.alloc(units.length);
  return file.read(found, at) === units.length && found.equals(units);
}

function paddingUnits(count: number): Uint8Array {
  const bytes = new Uint8Array(count * UNIT_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < count; at++) QUEUE_UNIT.write(view, at * UNIT_BYTES, QUEUE_PADDING);
  return bytes;
}
