/**
 * What the files of a batch consume queue held before it is built again, one unit after the other: read
 * in small blocks, because there may be many thousand queues, and in front of what is being written.
 *
 * @module
 */
import type { BatchUnit } from "./batch_queue.ts";
import { isBatchUnit } from "./batch_queue_reader.ts";
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
  /** What was read and not yet looked at, back to back as in the files. */
  readonly #blocks: DataView[] = [];
  /** Where in the first of them the next unit stands. */
  #at = 0;
  /** The unit looked at and the one behind it, as far as anybody asked for them. */
  readonly #ahead: BatchUnit[] = [];

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
    if (this.current !== undefined) this.#ahead.shift();
  }

  /** Reads the units before a number, which are about to be written over. */
  readBefore(number: number): void {
    while (this.#number < number && this.#readBlock());
  }

  #peek(nth: 0 | 1): BatchUnit | undefined {
    while (this.#ahead.length <= nth) {
      const [block] = this.#blocks;
      if (block === undefined) {
        if (!this.#readBlock()) return undefined;
      } else if (this.#at < block.byteLength) {
        this.#ahead.push(BATCH_QUEUE_UNIT.read(block, this.#at));
        this.#at += UNIT_BYTES;
      } else {
        this.#blocks.shift();
        this.#at = 0;
      }
    }
    return this.#ahead[nth];
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

  /** Keeps the units among them; false where there is none. */
  #add(bytes: Uint8Array): boolean {
    const view = new DataView(bytes.buffer);
    let kept = 0;
    for (let at = 0; at + UNIT_BYTES <= bytes.length; at += UNIT_BYTES) {
      if (!isBatchUnit(BATCH_QUEUE_UNIT.read(view, at))) continue;
      bytes.copyWithin(kept, at, at + UNIT_BYTES);
      kept += UNIT_BYTES;
    }
    if (kept > 0) this.#blocks.push(new DataView(bytes.buffer, 0, kept));
    return kept > 0;
  }
}
