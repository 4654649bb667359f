/**
 * One consume queue, simple or batch, as Java's broker handles its files at start: which units it
 * takes for valid, where it cuts, and that it appends at the end of the files whatever index the
 * record says. Nothing is erased by a cut; what stood there stays behind the end.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { BATCH_QUEUE_UNIT, QUEUE_PADDING, QUEUE_UNIT } from "../format.ts";
import { readI64, writeI64 } from "../layout.ts";
import { offsetName } from "../names.ts";
import type { OpenFiles } from "../open_files.ts";
import type { Segment } from "../segments.ts";
import type { JavaRules } from "./java_release.ts";

/** What makes the two kinds of queues different. */
export interface JavaUnitKind {
  readonly unitBytes: number;
  /** Whether Java goes on behind a unit. */
  isValid(view: DataView, at: number): boolean;
}

const SIMPLE_AT = QUEUE_UNIT.at;
const BATCH_AT = BATCH_QUEUE_UNIT.at;

/** Units of `consumequeue`. */
export const SIMPLE_UNIT: JavaUnitKind = {
  unitBytes: QUEUE_UNIT.size,
  isValid: (view, at) =>
    view.getInt32(at + SIMPLE_AT.physicalOffset) >= 0 && view.getInt32(at + SIMPLE_AT.size) > 0,
};

/** Units of `batchconsumequeue`. */
export const BATCH_UNIT: JavaUnitKind = {
  unitBytes: BATCH_QUEUE_UNIT.size,
  isValid: (view, at) =>
    view.getInt32(at + BATCH_AT.physicalOffset) >= 0 && view.getInt32(at + BATCH_AT.size) > 0 &&
    view.getInt32(at + BATCH_AT.baseOffset) >= 0 && view.getInt16(at + BATCH_AT.batchSize) > 0,
};

/** Files at the end of a queue that are looked at. */
const FILES_RECOVERED = 3;
/** Bytes kept back before they are written in one call. */
const PENDING_BYTES_MAX = 4096;
const BLOCK_UNITS = 51;

interface QueueFile {
  readonly start: number;
  readonly path: string;
  /** Bytes up to which the file counts. */
  wrote: number;
  /** Whether it was made while the queue had no other. */
  readonly isFirst: boolean;
}

/** What a queue needs to know. */
export interface JavaQueueOptions {
  readonly topic: string;
  readonly queueId: number;
  readonly directory: string;
  readonly kind: JavaUnitKind;
  readonly fileBytes: number;
  readonly rules: JavaRules;
  /** Told the path of every file that is removed. */
  readonly onDelete: (path: string) => void;
}

/** A queue while Java starts on it. */
export class JavaQueue {
  readonly topic: string;
  readonly queueId: number;
  readonly kind: JavaUnitKind;
  /** Start or end of the record of the last unit, as the release remembers it; −1 without units. */
  remembered = -1;

  readonly #store: OpenFiles;
  readonly #options: JavaQueueOptions;
  #files: QueueFile[] = [];
  /** Bytes of the last file not yet written; they end at its `wrote`. */
  #pending: Uint8Array = new Uint8Array(0);
  #pendingBytes = 0;
  /** Units `[#blockFrom, #blockTo)`, for readers. */
  #block = new DataView(new ArrayBuffer(0));
  #blockFrom = 0;
  #blockTo = 0;

  constructor(store: OpenFiles, options: JavaQueueOptions) {
    this.#store = store;
    this.#options = options;
    this.topic = options.topic;
    this.queueId = options.queueId;
    this.kind = options.kind;
  }

  /** Takes the files as full as they are long. */
  load(segments: readonly Segment[]): void {
    const { fileBytes } = this.#options;
    this.#files = segments.map(({ start, path }) => {
      return { start, path, wrote: fileBytes, isFirst: false };
    });
  }

  /**
   * Where the record of a simple queue's index starts; −1 where there is no unit. Ask in the order
   * of the queue: neighbours are read together.
   */
  startAt(index: number): number {
    if (this.kind !== SIMPLE_UNIT) return -1;
    if (index < this.#blockFrom || index >= this.#blockTo) this.#readBlock(index);
    if (index < this.#blockFrom || index >= this.#blockTo) return -1;
    return readI64(this.#block, (index - this.#blockFrom) * QUEUE_UNIT.size);
  }

  /** Units of all files that count, in their order, with their positions. */
  *units(): Generator<{ readonly view: DataView; readonly at: number; readonly number: number }> {
    const { unitBytes } = this.kind;
    this.write();
    for (const file of this.#files) {
      const view = this.#read(file, new Uint8Array(file.wrote));
      for (let at = 0; at + unitBytes <= file.wrote; at += unitBytes) {
        yield { view, at, number: (file.start + at) / unitBytes };
      }
    }
  }

  /** Finds the end: the first unit of the last three files that is none (Java: `recover`). */
  recover(): void {
    if (this.#files.length === 0) return;
    let index = Math.max(0, this.#files.length - FILES_RECOVERED);
    let end = this.#files[index]!.start;
    for (; index < this.#files.length; index++) {
      const file = this.#files[index]!;
      const bytes = this.#withMemory((memory) => this.#validBytes(file, memory));
      end = file.start + bytes;
      if (bytes < this.#options.fileBytes) break;
    }
    this.#cutFiles(end);
  }

  /**
   * Drops units from the end whose record starts at a log offset or behind it (Java:
   * `truncateDirtyLogicFiles`). Of a file's first unit only the offset is looked at.
   */
  truncate(physicalOffset: number): void {
    const { queueRemembers } = this.#options.rules;
    const byStart = queueRemembers === "start" || this.kind === BATCH_UNIT;
    this.write();
    this.remembered = physicalOffset - (byStart ? 1 : 0);
    this.#withMemory((memory) => this.#cutUnits(physicalOffset, memory));
  }

  /** Appends the unit of a simple queue (Java: `putMessagePositionInfo`). */
  put(unit: { index: number; physicalOffset: number; size: number; tagsCode: number }): void {
    assert(this.kind === SIMPLE_UNIT);
    const { index, physicalOffset, size } = unit;
    const byStart = this.#options.rules.queueRemembers === "start";
    const place = byStart ? physicalOffset : physicalOffset + size;
    // Below 0 Java would make a file with a name that no release loads.
    if (place <= this.remembered || index < 0) return;
    const expected = index * QUEUE_UNIT.size;
    const file = this.#fileFor(expected);
    if (file.isFirst && index !== 0 && file.wrote === 0) {
      const padding = expected % this.#options.fileBytes / QUEUE_UNIT.size;
      for (let count = 0; count < padding; count++) this.#append(PADDING);
    }
    if (index !== 0 && expected < file.start + file.wrote) return;
    this.remembered = place;
    const bytes = new Uint8Array(QUEUE_UNIT.size);
    const view = new DataView(bytes.buffer);
    writeI64(view, SIMPLE_AT.physicalOffset, physicalOffset);
    view.setInt32(SIMPLE_AT.size, size);
    writeI64(view, SIMPLE_AT.tagsCode, unit.tagsCode);
    this.#append(bytes);
  }

  /** Appends the unit of a batch queue (Java: `putBatchMessagePositionInfo`). */
  putBatch(unit: {
    physicalOffset: number;
    size: number;
    tagsCode: number;
    storeTimestamp: number;
    base: number;
    count: number;
  }): void {
    assert(this.kind === BATCH_UNIT);
    if (unit.physicalOffset <= this.remembered) return;
    const last = this.#files.at(-1);
    this.#fileFor(last === undefined ? 0 : last.start + last.wrote);
    this.remembered = unit.physicalOffset;
    const bytes = new Uint8Array(BATCH_QUEUE_UNIT.size);
    BATCH_QUEUE_UNIT.write(new DataView(bytes.buffer), 0, {
      physicalOffset: unit.physicalOffset,
      size: unit.size,
      tagsCode: BigInt(unit.tagsCode),
      storeTimestamp: unit.storeTimestamp,
      baseOffset: unit.base,
      batchSize: unit.count,
      compactedOffset: -1,
      reserved: 0,
    });
    this.#append(bytes);
  }

  /** Removes all files. */
  destroy(): void {
    for (const file of this.#files.splice(0)) this.#remove(file);
  }

  /** Writes what the last file lacks. */
  write(): void {
    if (this.#pendingBytes === 0) return;
    const file = this.#files.at(-1)!;
    const bytes = this.#pending.subarray(0, this.#pendingBytes);
    this.#store.get(file.path).write(bytes, file.wrote - bytes.length);
    this.#pendingBytes = 0;
    this.#pending = new Uint8Array(0);
  }

  #readBlock(index: number): void {
    const position = index * QUEUE_UNIT.size;
    const { fileBytes } = this.#options;
    const file = this.#files.find((it) => it.start <= position && position < it.start + fileBytes);
    this.#blockFrom = this.#blockTo = 0;
    if (file === undefined || position >= file.start + file.wrote) return;
    this.write();
    // A file with a name in the middle of a unit ends in the middle of one.
    const units = Math.floor((file.start + file.wrote - position) / QUEUE_UNIT.size);
    const count = Math.min(BLOCK_UNITS, units);
    const bytes = new Uint8Array(count * QUEUE_UNIT.size);
    this.#store.get(file.path).read(bytes, position - file.start);
    this.#block = new DataView(bytes.buffer);
    this.#blockFrom = index;
    this.#blockTo = index + count;
  }

  #cutUnits(physicalOffset: number, memory: Uint8Array): void {
    // Files without room for a unit: a Java broker would not start on them.
    if (this.#options.fileBytes < this.kind.unitBytes) return;
    for (let file = this.#files.at(-1); file !== undefined; file = this.#files.at(-1)) {
      const view = this.#read(file, memory);
      if (readI64(view, 0) >= physicalOffset) {
        this.#files.pop();
        this.#remove(file);
        continue;
      }
      const { unitBytes } = this.kind;
      this.#remember(view, 0);
      let at = unitBytes;
      for (; at + unitBytes <= this.#options.fileBytes; at += unitBytes) {
        if (!this.kind.isValid(view, at) || readI64(view, at) >= physicalOffset) break;
        this.#remember(view, at);
      }
      file.wrote = at;
      return;
    }
  }

  #validBytes(file: QueueFile, memory: Uint8Array): number {
    const { unitBytes } = this.kind;
    const view = this.#read(file, memory);
    let at = 0;
    for (; at + unitBytes <= this.#options.fileBytes; at += unitBytes) {
      if (!this.kind.isValid(view, at)) break;
      this.#remember(view, at);
    }
    return at;
  }

  #remember(view: DataView, at: number): void {
    const start = readI64(view, at);
    const byStart = this.kind === BATCH_UNIT || this.#options.rules.queueRemembers === "start";
    this.remembered = byStart ? start : start + view.getInt32(at + SIMPLE_AT.size);
  }

  #cutFiles(end: number): void {
    const { fileBytes } = this.#options;
    this.#files = this.#files.filter((file) => {
      if (file.start + fileBytes <= end) return true;
      if (end < file.start) {
        this.#remove(file);
        return false;
      }
      file.wrote = end - file.start;
      return true;
    });
  }

  #remove(file: QueueFile): void {
    this.#store.forget(file.path);
    this.#store.fs.remove(file.path);
    this.#options.onDelete(file.path);
  }

  /** The file that is appended to; `position` only tells where a queue without files begins. */
  #fileFor(position: number): QueueFile {
    const { directory, fileBytes } = this.#options;
    const last = this.#files.at(-1);
    if (last !== undefined && last.wrote < fileBytes) return last;
    this.write();
    const start = last === undefined ? position - position % fileBytes : last.start + fileBytes;
    const path = join(directory, offsetName(start));
    this.#store.fs.makeDirectory(directory);
    const made = this.#store.create(path);
    if (made.size() < fileBytes) made.truncate(fileBytes);
    const file = { start, path, wrote: 0, isFirst: last === undefined };
    this.#files.push(file);
    return file;
  }

  #append(unit: Uint8Array): void {
    if (this.#pending.length === 0) this.#pending = new Uint8Array(PENDING_BYTES_MAX);
    if (this.#pendingBytes + unit.length > this.#pending.length) {
      this.write();
      this.#pending = new Uint8Array(PENDING_BYTES_MAX);
    }
    this.#pending.set(unit, this.#pendingBytes);
    this.#pendingBytes += unit.length;
    this.#files.at(-1)!.wrote += unit.length;
  }

  #read(file: QueueFile, into: Uint8Array): DataView {
    const length = this.#store.get(file.path).read(into, 0);
    into.fill(0, length);
    return new DataView(into.buffer);
  }

  /** Memory for a whole file; it is given back when `work` is done. */
  #withMemory<T>(work: (bytes: Uint8Array) => T): T {
    const bytes = takeMemory(this.#options.fileBytes);
    try {
      return work(bytes);
    } finally {
      spareMemory = bytes;
    }
  }
}

/** Memory that nobody uses: files of queues are megabytes, and read one after the other. */
let spareMemory: Uint8Array | undefined;

function takeMemory(length: number): Uint8Array {
  const bytes = spareMemory?.length === length ? spareMemory : new Uint8Array(length);
  spareMemory = undefined;
  return bytes;
}

const PADDING = new Uint8Array(QUEUE_UNIT.size);
QUEUE_UNIT.write(new DataView(PADDING.buffer), 0, QUEUE_PADDING);
