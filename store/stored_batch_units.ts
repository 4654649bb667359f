/**
 * What the files of a batch consume queue held before it is built again, one unit after the other: read
 * in small blocks, because there may be many thousand queues, and in front of what is being written.
 *
 * @module
 */
import type { BatchUnit } from "./batch_queue.ts";
import type { FileSystem } from "./file.ts";
import { BATCH_QUEUE_UNIT } from "./format.ts";
import type { SegmentList } from "./segments.ts";

const UNIT_BYTES = BATCH_QUEUE_UNIT.size;
const BLOCK_UNITS = 64;
/** Behind so many that are none a file is taken to have no more. */
const BLANK_UNITS_MAX = 4096;

/** A cursor over the units of one queue. What is no unit is passed over. */
export class StoredBatchUnits {
  readonly #fs: FileSystem;
  readonly #queue: SegmentList;
  readonly #end: number;
  /** Number of the next unit to read. */
  #number: number;
  #read: BatchUnit[] = [];
  /** Place of the unit looked at among those read. */
  #at = 0;

  /** The units from number `first` on and before `end`. */
  constructor(
    fs: FileSystem,
    queue: SegmentList,
    { first, end = Infinity }: { readonly first: number; readonly end?: number },
  ) {
    this.#fs = fs;
    this.#queue = queue;
    this.#number = first;
    this.#end = end;
  }

  /** The unit looked at; `undefined` behind the last. */
  get current(): BatchUnit | undefined {
    return this.#peek(0);
  }

  /** The unit behind that. */
  get following(): BatchUnit | undefined {
    return this.#peek(1);
  }

  /** Goes on to the next unit. */
  pass(): void {
    this.#at++;
  }

  /** Reads the units before a number, which are about to be written over. */
  readBefore(number: number): void {
    while (this.#number < number && this.#readBlock());
  }

  #peek(nth: number): BatchUnit | undefined {
    while (this.#read.length - this.#at <= nth && this.#readBlock());
    return this.#read[this.#at + nth];
  }

  /** Reads the next block that holds a unit; false where nothing is left to be read. */
  #readBlock(): boolean {
    const position = this.#number * UNIT_BYTES;
    const file = this.#queue.segments.find((it) => position < it.start + it.length);
    if (file === undefined || this.#number >= this.#end) return false;
    const fileEnd = Math.floor((file.start + file.length) / UNIT_BYTES);
    const end = Math.min(fileEnd, this.#end);
    const from = Math.max(this.#number, Math.ceil(file.start / UNIT_BYTES));
    this.#number = Math.max(end, this.#number + 1);
    this.#read.splice(0, this.#at);
    this.#at = 0;
    const open = this.#fs.openRead(file.path);
    try {
      const blankEnd = Math.min(end, from + BLANK_UNITS_MAX);
      for (let number = from; number < blankEnd; number += BLOCK_UNITS) {
        const bytes = new Uint8Array(Math.min(BLOCK_UNITS, end - number) * UNIT_BYTES);
        const got = open.read(bytes, number * UNIT_BYTES - file.start);
        if (!this.#add(bytes.subarray(0, got))) continue;
        this.#number = Math.min(end, number + BLOCK_UNITS);
        break;
      }
    } finally {
      open.close();
    }
    return true;
  }

  /** Whether there is a unit among them. */
  #add(bytes: Uint8Array): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const before = this.#read.length;
    for (let at = 0; at + UNIT_BYTES <= bytes.length; at += UNIT_BYTES) {
      const unit = BATCH_QUEUE_UNIT.read(view, at);
      if (isUnit(unit)) this.#read.push(unit);
    }
    return this.#read.length > before;
  }
}

/** Whether Java takes it for a unit (Java: `BatchConsumeQueue.recover`). */
function isUnit({ physicalOffset, size, baseOffset, batchSize }: BatchUnit): boolean {
  return physicalOffset >= 0 && size > 0 && baseOffset >= 0 && batchSize > 0;
}
