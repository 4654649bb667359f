/**
 * The files of one consume queue: units at fixed places, files made when the first unit comes. None
 * is held open. What the units mean is `consume_queue.ts`'s business.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { ReadableFile, WritableFile } from "./file.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { GrowingFiles } from "./growing_files.ts";
import { readI64 } from "./layout.ts";
import { offsetName } from "./names.ts";
import type { OpenFiles } from "./open_files.ts";
import { olderFilesCrc } from "./queue_ends.ts";
import { listSegments, type Segment, type SegmentList } from "./segments.ts";

const UNIT_BYTES = QUEUE_UNIT.size;
const AT = QUEUE_UNIT.at;
/** A file taking more space than its units and this much may hold stale units behind them. */
const ALLOCATION_SLACK_BYTES = 2 * 4096;
const BLOCK_UNITS = 4096;
/** Units looked at in one read when the end is looked for: most queues end in the first of them. */
const SEARCH_UNITS = Math.floor(4096 / UNIT_BYTES);
/** Units at the end that a look at a queue's files leaves in memory: they are what is asked for next. */
const TAIL_UNITS = 2;
/** How much farther the next look goes while all units are sound. */
const SEARCH_GROWTH = 8;

/** A unit as it stands in a file. */
export interface StoredUnit {
  readonly physicalOffset: number;
  readonly size: number;
  /** Upper and lower half of the tags code, both signed. */
  readonly tagsCodeHigh: number;
  readonly tagsCodeLow: number;
}

/** Which units a file has room for. */
export interface UnitRange {
  readonly first: number;
  readonly end: number;
}

/** What a queue's files hold. */
export interface QueueFilesFound {
  /** Index of the first unit any file has room for. */
  readonly first: number;
  /** Index behind the last unit: the first that is no unit ends the queue, as in Java. */
  readonly end: number;
  /** Index up to which stale units may stand; 0 when there are none. */
  readonly staleEnd: number;
  /** The last units, as many as are at hand. */
  readonly tail: Uint8Array;
}

/** The last file of a queue. */
export interface LastQueueFile {
  /** Position of its first byte in the queue. */
  readonly start: number;
  readonly bytes: number;
  /** When it was changed last. */
  readonly time: number;
  /** Checksum over what can be seen of the files before it; 0 where there is none. */
  readonly olderFilesCRC: number;
}

/** Files of one queue. Unless they were loaded they are looked up when they are first asked for. */
export class QueueFiles {
  readonly #files: OpenFiles;
  readonly #directory: string;
  #fileUnits: number;
  /** Files there are, by the index of their first unit; `undefined` while nobody has looked. */
  #series: GrowingFiles | undefined;
  /** Those found without their full length, as a loss of power can leave them. */
  #short: Set<number> | undefined;

  constructor(files: OpenFiles, directory: string, fileUnits: number) {
    this.#files = files;
    this.#directory = directory;
    this.#fileUnits = fileUnits;
  }

  /** Units in one file. */
  get fileUnits(): number {
    return this.#fileUnits;
  }

  /** Takes it that files have so many bytes, whatever their lengths say. */
  expect(fileBytes: number): void {
    if (fileBytes >= UNIT_BYTES) this.#fileUnits = Math.floor(fileBytes / UNIT_BYTES);
  }

  /**
   * Finds the files; `undefined` when there are none. `fileBytes` is how long they are, where that is
   * known: the only file of a queue may have lost its end.
   */
  load(fileBytes = 0): QueueFilesFound | undefined {
    const { segments } = this.#find(fileBytes);
    const first = segments[0];
    if (first === undefined) return undefined;
    let end = first.start / UNIT_BYTES;
    let tail = new Uint8Array(0);
    for (const segment of segments.toReversed()) {
      const found = this.#endOf(segment);
      ({ tail } = found);
      end = segment.start / UNIT_BYTES + found.units;
      if (found.units > 0) break;
    }
    const last = segments.at(-1)!;
    const used = end * UNIT_BYTES - last.start + ALLOCATION_SLACK_BYTES;
    const mayBeStale = last.allocatedBytes > used || last.length <= ALLOCATION_SLACK_BYTES;
    return {
      first: first.start / UNIT_BYTES,
      end,
      staleEnd: mayBeStale ? Math.floor((last.start + last.length) / UNIT_BYTES) : 0,
      tail,
    };
  }

  /** Looks which files there are. */
  #find(fileBytes: number): SegmentList {
    const directory = this.#directory;
    const found = listSegments(this.#files.fs, directory, { unitBytes: UNIT_BYTES });
    this.expect(fileBytes >= UNIT_BYTES ? fileBytes : found.segmentBytes);
    this.#series = new GrowingFiles(this.#files, { directory, unitBytes: UNIT_BYTES, depth: 3 });
    this.#short = undefined;
    for (const { start, length } of found.segments) {
      this.#series.adopt(start / UNIT_BYTES);
      if (length >= this.#fileUnits * UNIT_BYTES) continue;
      this.#short ??= new Set();
      this.#short.add(start / UNIT_BYTES);
    }
    return found;
  }

  /** The files there are. */
  #known(): GrowingFiles {
    if (this.#series === undefined) this.#find(0);
    return this.#series!;
  }

  /** The last file as it is now; `undefined` where there is none. */
  last(): LastQueueFile | undefined {
    const { starts } = this.#known();
    if (starts.length === 0) return undefined;
    const start = Math.max(...starts) * UNIT_BYTES;
    const path = join(this.#directory, offsetName(start));
    const { fs } = this.#files;
    const stat = fs.stat(path);
    if (stat === undefined) return undefined;
    const olderFilesCRC = starts.length > 1 ? olderFilesCrc(fs, this.#directory, start) : 0;
    return { start, bytes: stat.size, time: Math.floor(stat.mtimeMs), olderFilesCRC };
  }

  /** Whether no file was found or made. */
  get isEmpty(): boolean {
    return this.#known().isEmpty;
  }

  /** Whether anything written waits for the disk. */
  get unsynced(): boolean {
    return this.#series?.unsynced ?? false;
  }

  /** Which units the files have room for, in order. */
  ranges(): UnitRange[] {
    const starts = this.#known().starts.toSorted((one, other) => one - other);
    return starts.map((first) => ({ first, end: first + this.#fileUnits }));
  }

  /** Index of the first unit any file has room for; Infinity where none has. */
  get first(): number {
    return Math.min(...this.#known().starts);
  }

  /** Index behind the last unit of the file that holds an index. */
  fileEnd(index: number): number {
    this.#known();
    return index - index % this.#fileUnits + this.#fileUnits;
  }

  /** Fills `into` with units of one file from `index` on; what the file lacks reads as zeros. */
  read(index: number, into: Uint8Array): void {
    const start = this.#startOf(index);
    const at = (index - start) * UNIT_BYTES;
    into.fill(0, this.#known().has(start) ? this.#file(start).read(into, at) : 0);
  }

  /** As {@linkcode read}, without holding up the event loop. */
  async readAsync(index: number, into: Uint8Array): Promise<void> {
    const start = this.#startOf(index);
    const at = (index - start) * UNIT_BYTES;
    into.fill(0, this.#known().has(start) ? await this.#file(start).readAsync(into, at) : 0);
  }

  /** What stands at an index; `undefined` where no file has room for it. */
  storedAt(index: number): StoredUnit | undefined {
    if (!this.#known().has(this.#startOf(index))) return undefined;
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

  /**
   * Copies what stands from an index on into `into`, up to the end of its file; zeros follow. Returns
   * how many units that are, none where there is no file.
   */
  readStored(index: number, into: Uint8Array): number {
    if (!this.#known().has(this.#startOf(index))) return 0;
    const count = Math.min(Math.floor(into.length / UNIT_BYTES), this.fileEnd(index) - index);
    this.read(index, into.subarray(0, count * UNIT_BYTES));
    return count;
  }

  /** First index in `[from, to)` whose unit is not accepted or has no file; `to` when all are. */
  firstOther(
    range: { readonly from: number; readonly to: number },
    accepts: (physicalOffset: number, size: number) => boolean,
  ): number {
    const block = new Uint8Array(BLOCK_UNITS * UNIT_BYTES);
    const view = new DataView(block.buffer);
    for (let index = range.from; index < range.to;) {
      if (!this.#known().has(this.#startOf(index))) return index;
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
    const isNew = !this.#known().has(start);
    const file = isNew || this.#short?.delete(start) === true
      ? this.#create(start)
      : this.#file(start);
    const at = (index - start) * UNIT_BYTES;
    this.#known().touch(start);
    if (compare) this.#known().doubtNames();
    // Java pads a queue that starts inside a file, so that position and index stay in step.
    if (isNew && index > start) this.#pad(file, start, index - start);
    if (!compare || !holds(file, units, at)) file.write(units, at);
  }

  /**
   * Removes files all of whose units lie before `index`, the oldest first; the last file stays.
   * Returns how many.
   */
  dropBefore(index: number): number {
    const dropped = (start: number) => void this.#short?.delete(start);
    return this.#known().dropBefore(index, { fileUnits: this.#fileUnits, dropped });
  }

  /** Takes it that units `[from, to)`, found as they are, and names may not be on the disk yet. */
  doubt(from: number, to: number): void {
    for (const start of this.#known().starts) {
      if (start < to && start + this.#fileUnits > from) this.#known().touch(start);
    }
    this.#known().doubtNames();
  }

  /**
   * Removes the files that begin at `end` or behind it, and zeros the last one's units from there up
   * to `staleEnd`. A file without a unit must not stay: Java takes the zeros it begins with for one
   * when it cuts a queue (`truncateDirtyLogicFiles`).
   */
  clearBehind(end: number, staleEnd: number): void {
    const last = this.#startOf(end);
    const behind = this.#known().starts.filter((start) => start >= end);
    for (const [nth, start] of behind.sort((one, other) => other - one).entries()) {
      // The youngest first: what a crash leaves must go on from the queue's beginning.
      if (nth > 0) this.#files.fs.syncDirectory(this.#directory);
      this.#remove(start);
    }
    const to = Math.min(staleEnd, this.fileEnd(end));
    if (to > end && this.#known().has(last)) this.#zero(end, to);
  }

  /** Gives files their length that were found without it: a Java broker loads no others. */
  lengthen(): void {
    for (const start of this.#short ?? []) {
      this.#create(start);
      this.#known().touch(start);
    }
    this.#short = undefined;
  }

  /** Brings everything written to the disk, names included. */
  async sync(): Promise<void> {
    await this.#known().sync();
  }

  /** Closes what is open and forgets the files, because they are about to be removed. */
  close(): void {
    this.#known().clear();
    this.#short?.clear();
  }

  #remove(start: number): void {
    this.#known().remove(start);
    this.#short?.delete(start);
  }

  /** Where the padding cannot be written the file stays unknown, so that the next try pads it. */
  #pad(file: WritableFile, start: number, count: number): void {
    try {
      file.write(paddingUnits(count), 0);
    } catch (error) {
      this.#known().disown(start);
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
    this.#known().touch(start);
  }

  #startOf(index: number): number {
    this.#known();
    return index - index % this.#fileUnits;
  }

  #file(start: number): WritableFile {
    return this.#known().get(start);
  }

  #create(start: number): WritableFile {
    return this.#known().make(start, this.#fileUnits * UNIT_BYTES);
  }

  /** Where the units of a file end: at the first that is none. */
  #endOf(segment: Segment): FileEnd {
    const file = this.#files.fs.openRead(segment.path);
    try {
      return findEnd(file, Math.floor(segment.length / UNIT_BYTES));
    } finally {
      file.close();
    }
  }
}

/** Where the units of a file end. */
interface FileEnd {
  readonly units: number;
  /** The last of them, as many as are at hand. */
  readonly tail: Uint8Array<ArrayBuffer>;
}

/**
 * Looks for the first unit that is none: at the beginning of the file, by leaps while all are sound,
 * then by halving. Behind it there may be sound ones again.
 */
function findEnd(file: ReadableFile, units: number): FileEnd {
  const block = new DataView(new ArrayBuffer(Math.min(SEARCH_UNITS, units) * UNIT_BYTES));
  let low = 0;
  let high = units;
  let at = 0;
  let isLeaping = true;
  while (low < high) {
    const to = Math.min(at + SEARCH_UNITS, high);
    const end = endWithin(file, block, { from: at, to });
    if (end === to) low = end;
    else if (end > at || at === low) {
      const from = Math.max(at, end - TAIL_UNITS);
      const tail = new Uint8Array(block.buffer).slice(
        (from - at) * UNIT_BYTES,
        (end - at) * UNIT_BYTES,
      );
      return { units: end, tail };
    } else high = at;
    isLeaping &&= end === to && low * SEARCH_GROWTH < high;
    const halves = Math.floor((high - low) / 2 / SEARCH_UNITS) * SEARCH_UNITS;
    at = isLeaping ? low * SEARCH_GROWTH : low + halves;
  }
  return { units: low, tail: new Uint8Array(0) };
}

/** First index in a range that is no unit; its end when all are. */
function endWithin(
  file: ReadableFile,
  block: DataView,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const bytes = new Uint8Array(block.buffer, 0, (to - from) * UNIT_BYTES);
  const count = Math.floor(file.read(bytes, from * UNIT_BYTES) / UNIT_BYTES);
  for (let unit = 0; unit < count; unit++) {
    const at = unit * UNIT_BYTES;
    const isUnit = block.getInt32(at + AT.size) > 0 && block.getInt32(at + AT.physicalOffset) >= 0;
    if (!isUnit) return from + unit;
  }
  return from + count;
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
