/**
 * The consume queue extension files of one queue, while they grow (Java: `ConsumeQueueExt`): units are
 * kept in memory until they are written, files behind the queue's last address are removed, and files
 * before its first one expire.
 *
 * @module
 */
import type { ConsumeQueue } from "./consume_queue.ts";
import { QUEUE_EXT_ADDRESS_MAX, QUEUE_EXT_UNIT, QUEUE_UNIT } from "./format.ts";
import { GrowingFiles } from "./growing_files.ts";
import type { OpenFiles } from "./open_files.ts";
import { extOffset, QueueExtReader } from "./queue_ext_reader.ts";
import { listSegments } from "./segments.ts";

/** A unit and this much must fit before the end of a file, or the next one takes it. */
const FILE_TAIL_BYTES = 4;
/** The size field is signed. */
const UNIT_BYTES_MAX = 32_767;
/** Stands in the size field behind the last unit of a full file. */
const FILE_END = new Uint8Array([0xff, 0xff]);
const UNIT_BYTES = QUEUE_UNIT.size;
const BLOCK_UNITS = 4096;

/** What a unit says of a message. */
export interface QueueExtEntry {
  readonly tagsCode: number;
  readonly storeTimestamp: number;
  /** Which groups' filters let it pass; empty where nobody computed that. */
  readonly bitMap: Uint8Array;
}

/** Where and how the extension files of a queue are kept. */
export interface QueueExtOptions {
  /** The queue's own folder. */
  readonly directory: string;
  /** Bytes of a file where there is none yet. */
  readonly fileBytes: number;
  /** The queue that leads to the units. */
  readonly queue: ConsumeQueue;
}

/** The extension files of one queue. */
export class QueueExt {
  readonly #files: OpenFiles;
  readonly #directory: string;
  readonly #queue: ConsumeQueue;
  #fileBytes: number;
  /** Offset of the next unit. */
  #end = 0;
  /** Bytes the files lack, by offset. */
  #memory: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  readonly #series: GrowingFiles;

  constructor(files: OpenFiles, { directory, fileBytes, queue }: QueueExtOptions) {
    this.#files = files;
    this.#directory = directory;
    this.#queue = queue;
    this.#fileBytes = fileBytes;
    this.#series = new GrowingFiles(files, { directory, unitBytes: 1, depth: 4 });
    this.#load();
  }

  /**
   * Goes on behind the unit the queue leads to last, as Java does (`truncateByMaxAddress`). Where it
   * leads to none, new units go into a file of their own, since nothing tells what the last one holds.
   */
  #load(): void {
    const found = listSegments(this.#files.fs, this.#directory);
    const last = found.segments.at(-1);
    if (last === undefined) return;
    if (found.segmentBytes > FILE_TAIL_BYTES) this.#fileBytes = found.segmentBytes;
    for (const { start } of found.segments) this.#series.adopt(start);
    this.#end = last.start + this.#fileBytes;
    const lastAddress = lastAddressOf(this.#queue);
    if (lastAddress === undefined) return;
    const reader = new QueueExtReader(this.#files.fs, found);
    try {
      const { unit } = reader.read(lastAddress);
      if (unit === undefined) return;
      this.#end = lastAddress + unit.size;
      this.#dropBehind(reader);
    } finally {
      reader.close();
    }
  }

  /** Nothing leads to what follows: its queue units were lost. */
  #dropBehind(reader: QueueExtReader): void {
    let stale = this.#end;
    for (let item = reader.read(stale); item.unit !== undefined; item = reader.read(stale)) {
      stale += item.unit.size;
    }
    if (stale > this.#end) {
      this.#memory.push({ at: this.#end, bytes: new Uint8Array(stale - this.#end) });
    }
    for (const start of this.#series.starts.toSorted((one, other) => other - one)) {
      if (start >= this.#end) this.#series.remove(start);
    }
  }

  /** Bytes that are not in the files yet, in pieces. */
  get unwritten(): number {
    return this.#memory.length;
  }

  /** Whether a {@linkcode sync} would have anything to do. */
  get unsynced(): boolean {
    return this.#memory.length > 0 || this.#series.unsynced;
  }

  /** Appends a unit and returns its offset; `undefined` for one that is too large for a file. */
  put({ tagsCode, storeTimestamp, bitMap }: QueueExtEntry): number | undefined {
    const unit = { size: 0, tagsCode: BigInt(tagsCode), storeTimestamp, bitMap };
    const size = QUEUE_EXT_UNIT.sizeOf(unit);
    if (size > Math.min(UNIT_BYTES_MAX, this.#fileBytes - FILE_TAIL_BYTES)) return undefined;
    const room = this.#fileBytes - this.#end % this.#fileBytes;
    if (size + FILE_TAIL_BYTES > room) {
      this.#memory.push({ at: this.#end, bytes: FILE_END });
      this.#end += room;
    }
    const at = this.#end;
    const bytes = new Uint8Array(size);
    QUEUE_EXT_UNIT.write(new DataView(bytes.buffer), 0, { ...unit, size });
    this.#memory.push({ at, bytes });
    this.#end += size;
    return at;
  }

  /** Writes what the files lack. */
  write(): void {
    let done = 0;
    try {
      for (const { at, bytes } of this.#memory) {
        const start = at - at % this.#fileBytes;
        const file = this.#series.has(start)
          ? this.#series.get(start)
          : this.#series.make(start, this.#fileBytes);
        this.#series.touch(start);
        file.write(bytes, at - start);
        done++;
      }
    } finally {
      this.#memory.splice(0, done);
    }
  }

  /** Writes and brings everything to the disk. */
  async sync(): Promise<void> {
    this.write();
    await this.#series.sync();
  }

  /**
   * Removes files that end before the unit the queue leads to first, the last file never (Java:
   * `truncateByMinAddress`). Returns how many.
   */
  dropExpiredFiles(): number {
    const first = firstAddressOf(this.#queue) ?? Infinity;
    return this.#series.dropBefore(first, { fileUnits: this.#fileBytes, dropped: () => {} });
  }

  /** Closes what is open, because the files are about to be removed. */
  close(): void {
    this.#series.clear();
    this.#memory = [];
  }
}

/** Offset of the extension unit to which a queue leads first; `undefined` without one. */
function firstAddressOf(queue: ConsumeQueue): number | undefined {
  const block = new DataView(new ArrayBuffer(BLOCK_UNITS * UNIT_BYTES));
  for (let from = queue.min; from < queue.end; from += BLOCK_UNITS) {
    const count = queue.read(from, new Uint8Array(block.buffer));
    for (let unit = 0; unit < count; unit++) {
      const address = addressAt(block, unit);
      if (address !== undefined) return address;
    }
  }
  return undefined;
}

/** Offset of the extension unit to which a queue leads last; `undefined` without one. */
function lastAddressOf(queue: ConsumeQueue): number | undefined {
  const block = new DataView(new ArrayBuffer(BLOCK_UNITS * UNIT_BYTES));
  for (let to = queue.end; to > queue.min; to -= BLOCK_UNITS) {
    const from = Math.max(queue.min, to - BLOCK_UNITS);
    queue.read(from, new Uint8Array(block.buffer, 0, (to - from) * UNIT_BYTES));
    for (let unit = to - from - 1; unit >= 0; unit--) {
      const address = addressAt(block, unit);
      if (address !== undefined) return address;
    }
  }
  return undefined;
}

function addressAt(units: DataView, number: number): number | undefined {
  const at = number * UNIT_BYTES + QUEUE_UNIT.at.tagsCode;
  if (units.getInt32(at) >= 0 || units.getBigInt64(at) > QUEUE_EXT_ADDRESS_MAX) return undefined;
  return extOffset(units.getInt32(at), units.getInt32(at + 4));
}
