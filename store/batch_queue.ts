/**
 * One batch consume queue (5.x) as a broker holds it: a unit a record, which may hold many messages.
 * Units are appended in memory and written behind; one is found by the index of its first message.
 *
 * @module
 */
import { join } from "node:path";
import { batchQueueEnd, BatchQueueReader } from "./batch_queue_reader.ts";
import { BATCH_QUEUE_UNIT } from "./format.ts";
import { GrowingFiles } from "./growing_files.ts";
import type { InnerBatch } from "./inner_batch.ts";
import type { ValueOf } from "./layout.ts";
import { offsetName } from "./names.ts";
import type { OpenFiles } from "./open_files.ts";
import { changeTime, olderFilesCrc, type QueueEnd } from "./queue_ends.ts";
import type { UnitRange } from "./queue_files.ts";
import { listSegments, type SegmentList } from "./segments.ts";

const UNIT_BYTES = BATCH_QUEUE_UNIT.size;
/** A file taking more space than its units and this much may hold stale units behind them. */
const ALLOCATION_SLACK_BYTES = 2 * 4096;

/** A unit of a batch queue. */
export type BatchUnit = ValueOf<typeof BATCH_QUEUE_UNIT.rows>;

/** What a batch queue needs to know. */
export interface BatchQueueOptions {
  readonly topic: string;
  readonly queueId: number;
  readonly directory: string;
  /** Units in one file of a queue that has none yet. */
  readonly fileUnits: number;
}

/** A record for a batch queue. */
export interface BatchQueueRecord {
  readonly physicalOffset: number;
  readonly size: number;
  readonly tagsCode: number;
  readonly storeTimestamp: number;
}

/** The unit a record calls for. */
export function batchUnitOf(record: BatchQueueRecord, { base, count }: InnerBatch): BatchUnit {
  return {
    physicalOffset: record.physicalOffset,
    size: record.size,
    tagsCode: BigInt(record.tagsCode),
    storeTimestamp: record.storeTimestamp,
    baseOffset: base,
    batchSize: count,
    compactedOffset: -1,
    reserved: 0,
  };
}

/** A batch queue that is appended to and read. */
export class BatchQueue {
  readonly topic: string;
  readonly queueId: number;
  /** Index of the first message that may still be in the log. */
  min = 0;
  /** Index the next message gets. */
  next = 0;
  /** Index behind the last message; behind {@linkcode next} only while records are staged. */
  end = 0;
  /** Number of the first unit, counted from position 0 of the files. */
  firstUnit = 0;
  /** Number behind the last unit. */
  endUnit = 0;

  readonly #files: OpenFiles;
  readonly #directory: string;
  #fileUnits: number;
  /** Units the files lack, back to back. */
  #memory: Uint8Array[] = [];
  /** Number behind the last unit that is in the files. */
  #written = 0;
  /** Number behind the last unit the files may hold that is not of the queue any more. */
  #staleEnd = 0;
  /** Files there are, by the number of their first unit; `undefined` while nobody has looked. */
  #series: GrowingFiles | undefined;
  /** How the queue was left when the store was stopped, as long as nothing has changed since. */
  #left: QueueEnd | undefined;

  constructor(files: OpenFiles, options: BatchQueueOptions) {
    this.topic = options.topic;
    this.queueId = options.queueId;
    this.#files = files;
    this.#directory = options.directory;
    this.#fileUnits = options.fileUnits;
  }

  /**
   * Takes up what the files hold. The first unit that is no unit ends the queue, as in Java.
   * `fileBytes` is how long the files are, where that is known.
   */
  load(fileBytes = 0): void {
    this.#left = undefined;
    const found = this.#find(fileBytes);
    if (found.segments.length === 0) return this.#startAnew();
    const reader = new BatchQueueReader(this.#files.fs, found);
    try {
      const end = batchQueueEnd(reader);
      this.firstUnit = reader.files.first;
      this.endUnit = this.#written = end.number;
      this.next = this.end = end.index;
    } finally {
      reader.close();
    }
    this.min = this.unitAt(this.firstUnit)?.baseOffset ?? this.end;
    const last = found.segments.at(-1)!;
    const used = this.endUnit * UNIT_BYTES - last.start + ALLOCATION_SLACK_BYTES;
    const mayBeStale = last.allocatedBytes > used || last.length <= ALLOCATION_SLACK_BYTES;
    this.#staleEnd = mayBeStale ? Math.floor((last.start + last.length) / UNIT_BYTES) : 0;
  }

  /** Takes up how the queue was left, without a look at its files. */
  takeUp(left: QueueEnd): void {
    this.#expect(left.fileBytes);
    this.min = left.min;
    this.next = this.end = left.end;
    this.firstUnit = left.firstUnit;
    this.endUnit = this.#written = left.endUnit;
    this.#staleEnd = left.staleEnd;
    this.#left = left;
  }

  /** How the queue stands, once all of it is on the disk; `undefined` before. */
  standing(): QueueEnd | undefined {
    if (this.unsynced) return undefined;
    const { queueId, min, end, firstUnit, endUnit } = this;
    if (this.#left !== undefined) {
      return min === this.#left.min ? this.#left : { ...this.#left, min };
    }
    const last = this.unitAt(endUnit - 1);
    const { starts } = this.#known();
    const fileStart = Math.max(0, ...starts) * UNIT_BYTES;
    const path = join(this.#directory, offsetName(fileStart));
    const { fs } = this.#files;
    return {
      queueId,
      min,
      end,
      firstUnit,
      endUnit,
      staleEnd: this.#staleEnd,
      physicalOffset: last?.physicalOffset ?? 0,
      size: last?.size ?? 0,
      fileStart,
      fileBytes: starts.length === 0 ? 0 : fs.stat(path)?.size ?? 0,
      fileTime: starts.length === 0 ? -1 : changeTime(fs, path),
      olderFilesCRC: starts.length > 1 ? olderFilesCrc(fs, this.#directory, fileStart) : 0,
    };
  }

  /** Which units the files have room for, in order. */
  files(): readonly UnitRange[] {
    const starts = this.#known().starts.toSorted((one, other) => one - other);
    return starts.map((first) => ({ first, end: first + this.#fileUnits }));
  }

  /** Takes it that the messages of all units before a number have expired. */
  skipTo(number: number): void {
    this.firstUnit = number;
  }

  /**
   * Number of the first unit from `from` on that is none, or leads to no later record than the one
   * before it; behind the last unit where there is no such hole.
   */
  firstHole(from: number): number {
    let last = -1;
    for (let number = from; number < this.endUnit; number++) {
      const unit = this.unitAt(number);
      if (unit === undefined || unit.size <= 0 || unit.physicalOffset <= last) return number;
      last = unit.physicalOffset;
    }
    return this.endUnit;
  }

  /** Appends the unit of a record; false for one that lies before the last one's. */
  append(record: BatchQueueRecord, batch: InnerBatch): boolean {
    return this.adopt(batchUnitOf(record, batch));
  }

  /** As {@linkcode append}, a unit as it is. */
  adopt(unit: BatchUnit): boolean {
    if (unit.physicalOffset <= this.#physicalStart) return false;
    this.#left = undefined;
    if (this.endUnit === this.firstUnit) this.min = unit.baseOffset;
    const bytes = new Uint8Array(UNIT_BYTES);
    BATCH_QUEUE_UNIT.write(new DataView(bytes.buffer), 0, unit);
    this.#memory.push(bytes);
    this.endUnit++;
    this.end = unit.baseOffset + unit.batchSize;
    if (this.next < this.end) this.next = this.end;
    return true;
  }

  /** The unit of a number; `undefined` outside the queue, and where its file is gone. */
  unitAt(number: number): BatchUnit | undefined {
    if (number < this.firstUnit || number >= this.endUnit) return undefined;
    let bytes = this.#memory[number - this.#written];
    if (bytes === undefined) {
      bytes = new Uint8Array(UNIT_BYTES);
      const start = this.#startOf(number);
      if (!this.#known().has(start)) return undefined;
      this.#known().get(start).read(bytes, (number - start) * UNIT_BYTES);
    }
    return BATCH_QUEUE_UNIT.read(new DataView(bytes.buffer), 0);
  }

  /**
   * Number of the first unit for which `isBehind` holds, which must hold for all that follow. A file
   * that is gone counts as behind.
   */
  firstWhere(isBehind: (unit: BatchUnit) => boolean): number {
    let low = this.firstUnit;
    let high = this.endUnit;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const unit = this.unitAt(middle);
      if (unit === undefined || isBehind(unit)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Number of the unit that holds the message of an index in `[min, end)`. */
  unitOf(index: number): number {
    return this.firstWhere(({ baseOffset }) => baseOffset > index) - 1;
  }

  /** Log offset behind the record of the last unit; 0 for a queue without units. */
  get physicalEnd(): number {
    const last = this.unitAt(this.endUnit - 1);
    return last === undefined ? 0 : last.physicalOffset + last.size;
  }

  /** Units not yet in the files. */
  get unwritten(): number {
    return this.#memory.length;
  }

  /** Whether a {@linkcode sync} would have anything to do. */
  get unsynced(): boolean {
    return (this.#series?.unsynced ?? false) || this.#memory.length > 0;
  }

  /** Drops the units that lead to a log offset or behind it. */
  truncateBehind(physicalOffset: number): void {
    this.truncate(this.firstWhere((unit) => unit.physicalOffset >= physicalOffset));
  }

  /** Drops the units from a number on. */
  truncate(number: number): void {
    if (number >= this.endUnit) return;
    this.#left = undefined;
    this.#staleEnd = Math.max(this.#staleEnd, this.#written);
    this.endUnit = number;
    this.#memory.length = Math.max(0, number - this.#written);
    this.#written = Math.min(this.#written, number);
    const last = this.unitAt(number - 1);
    this.next = this.end = last === undefined ? this.min : last.baseOffset + last.batchSize;
  }

  /** Begins again at position 0, without units; the next {@linkcode write} replaces the files' content. */
  reopen(): void {
    const staleEnd = Math.max(this.#staleEnd, this.#written);
    this.#startAnew();
    this.#staleEnd = staleEnd;
  }

  /** Moves {@linkcode min} past messages whose records the log no longer has. */
  correctMin(logStart: number): void {
    const number = this.firstWhere((unit) => unit.physicalOffset >= logStart);
    this.min = this.unitAt(number)?.baseOffset ?? this.end;
  }

  /** Removes files all of whose units lie before {@linkcode min}; the last stays. Returns how many. */
  dropExpiredFiles(): number {
    const first = this.firstWhere(({ baseOffset }) => baseOffset >= this.min);
    const fileUnits = this.#fileUnits;
    const dropped = (start: number) => {
      this.firstUnit = start + fileUnits;
      this.#left = undefined;
    };
    return this.#known().dropBefore(first, { fileUnits, dropped });
  }

  /** Writes what the files lack, and zeros over what a truncation left behind. */
  write(): void {
    while (this.#memory.length > 0) {
      const series = this.#known();
      const start = this.#startOf(this.#written);
      const count = Math.min(this.#memory.length, start + this.#fileUnits - this.#written);
      const units = new Uint8Array(count * UNIT_BYTES);
      for (let unit = 0; unit < count; unit++) units.set(this.#memory[unit]!, unit * UNIT_BYTES);
      const file = series.has(start)
        ? series.get(start)
        : series.make(start, this.#fileUnits * UNIT_BYTES);
      series.touch(start);
      file.write(units, (this.#written - start) * UNIT_BYTES);
      this.#memory.splice(0, count);
      this.#written += count;
    }
    if (this.#staleEnd === 0) return;
    this.#left = undefined;
    this.#clearBehind();
    this.#staleEnd = 0;
  }

  /** Gives files their length that have lost it: a Java broker loads no others. */
  lengthen(): void {
    const series = this.#known();
    const bytes = this.#fileUnits * UNIT_BYTES;
    for (const start of series.starts) {
      if (series.get(start).size() >= bytes) continue;
      series.make(start, bytes);
      series.touch(start);
    }
  }

  /** Writes and brings everything to the disk, names included. */
  async sync(): Promise<void> {
    this.write();
    await this.#series?.sync();
  }

  /** Forgets everything, because the files are about to be removed. */
  discard(): void {
    this.#known().clear();
    this.#startAnew();
  }

  #startAnew(): void {
    this.min =
      this.next =
      this.end =
      this.firstUnit =
      this.endUnit =
      this.#written =
      this.#staleEnd =
        0;
    this.#memory = [];
    this.#left = undefined;
  }

  #expect(fileBytes: number): void {
    if (fileBytes >= UNIT_BYTES) this.#fileUnits = Math.floor(fileBytes / UNIT_BYTES);
  }

  /** Looks which files there are. */
  #find(fileBytes: number): SegmentList {
    const directory = this.#directory;
    const found = listSegments(this.#files.fs, directory, { unitBytes: UNIT_BYTES });
    this.#expect(fileBytes >= UNIT_BYTES ? fileBytes : found.segmentBytes);
    this.#series = new GrowingFiles(this.#files, { directory, unitBytes: UNIT_BYTES, depth: 4 });
    for (const { start } of found.segments) this.#series.adopt(start / UNIT_BYTES);
    return found;
  }

  /** The files there are. */
  #known(): GrowingFiles {
    if (this.#series === undefined) this.#find(0);
    return this.#series!;
  }

  /** Where the last unit's record starts: Java knows by it which records the queue has. */
  get #physicalStart(): number {
    return this.unitAt(this.endUnit - 1)?.physicalOffset ?? -1;
  }

  /** Removes files without a unit, and zeros the stale units of the last one. */
  #clearBehind(): void {
    const series = this.#known();
    const behind = series.starts.filter((start) => start >= this.endUnit);
    for (const [nth, start] of behind.sort((one, other) => other - one).entries()) {
      // The youngest first: what a crash leaves must go on from the queue's beginning.
      if (nth > 0) this.#files.fs.syncDirectory(this.#directory);
      series.remove(start);
    }
    const start = this.#startOf(this.endUnit);
    const to = Math.min(this.#staleEnd, start + this.#fileUnits);
    if (to <= this.endUnit || !series.has(start)) return;
    const at = (this.endUnit - start) * UNIT_BYTES;
    const units = new Uint8Array((to - this.endUnit) * UNIT_BYTES);
    const got = series.get(start).read(units, at);
    const last = units.subarray(0, got).findLastIndex((byte) => byte !== 0);
    if (last < 0) return;
    series.get(start).write(new Uint8Array(last + 1), at);
    series.touch(start);
  }

  #startOf(number: number): number {
    this.#known();
    return number - number % this.#fileUnits;
  }
}
