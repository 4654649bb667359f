/**
 * What the files of a consume queue held before it is built again: read in small blocks, because there
 * may be many thousand queues, and in front of what is being written.
 *
 * @module
 */
import type { ConsumeQueue } from "./consume_queue.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { readI64 } from "./layout.ts";

const UNIT_BYTES = QUEUE_UNIT.size;
const AT = QUEUE_UNIT.at;
const BLOCK_UNITS = 32;

/** Units of one queue, looked at one after the other. */
export class StoredUnits {
  readonly #queue: ConsumeQueue;
  readonly #end: number;
  #view: DataView | undefined;
  #from = 0;
  #to = 0;

  /** Only units before `end` are looked at: what stood behind it was not of the queue. */
  constructor(queue: ConsumeQueue, end: number) {
    this.#queue = queue;
    this.#end = end;
  }

  /** Log offset a unit leads to; −1 for padding, for what is no unit, and where there is none. */
  offsetAt(index: number): number {
    if (index < this.#from || index >= this.#to) {
      if (index < 0 || index >= this.#end) return -1;
      this.#load(index);
      if (index >= this.#to) return -1;
    }
    const at = (index - this.#from) * UNIT_BYTES;
    const size = this.#view!.getInt32(at + AT.size);
    return size <= 0 || size === QUEUE_PADDING.size
      ? -1
      : readI64(this.#view!, at + AT.physicalOffset);
  }

  /** Whether a unit leads to another record than the one at a log offset. */
  leadsPast(index: number, physicalOffset: number): boolean {
    const offset = this.offsetAt(index);
    return offset >= 0 && offset !== physicalOffset;
  }

  #load(from: number): void {
    this.#view ??= new DataView(new ArrayBuffer(BLOCK_UNITS * UNIT_BYTES));
    this.#from = from;
    const count = this.#queue.readStored(from, new Uint8Array(this.#view.buffer));
    this.#to = from + Math.min(count, this.#end - from);
  }
}
