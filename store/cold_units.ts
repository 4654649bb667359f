/**
 * Units of consume queues that lead to a backlog: read from their files a block at a time, without
 * holding up the event loop, and kept as long as their readers go on through them.
 *
 * @module
 */
import type { ConsumeQueue } from "./consume_queue.ts";
import { QUEUE_UNIT } from "./format.ts";

const UNIT_BYTES = QUEUE_UNIT.size;
/** Enough for many reads of a consumer, and still one quick call. */
const BLOCK_UNITS = 2048;
/** Queues with a block in memory: 5 MiB in all. */
const BLOCKS_MAX = 128;

/** Some units of a queue, in memory. */
export interface HeldUnits {
  /** Index of the first. */
  readonly from: number;
  readonly count: number;
  readonly view: DataView;
}

/** Whether units hold that of an index, and the one behind it if the queue, which ends so, has any. */
export function leadsOn({ from, count }: HeldUnits, index: number, queueEnd: number): boolean {
  return index >= from && index < Math.min(from + count, queueEnd) &&
    (index + 1 < from + count || from + count >= queueEnd);
}

/** A block of units for each of the queues that were read last. */
export class ColdUnits {
  readonly #blocksMax: number;
  readonly #blockUnits: number;
  /** In the order of use, the oldest first. */
  readonly #blocks = new Map<ConsumeQueue, HeldUnits>();

  constructor(blocksMax: number = BLOCKS_MAX, blockUnits: number = BLOCK_UNITS) {
    this.#blocksMax = blocksMax;
    this.#blockUnits = blockUnits;
  }

  /** Units in which so many from an index on are, or all there are. */
  find(queue: ConsumeQueue, from: number, count: number): HeldUnits | undefined {
    const block = this.#blocks.get(queue);
    if (block === undefined || from < block.from) return undefined;
    if (Math.min(from + count, queue.end) > block.from + block.count) return undefined;
    this.#blocks.delete(queue);
    this.#blocks.set(queue, block);
    return block;
  }

  /** Reads the units from an index on. */
  async load(queue: ConsumeQueue, from: number): Promise<HeldUnits> {
    const wanted = Math.max(0, Math.min(this.#blockUnits, queue.end - from));
    const bytes = new Uint8Array(wanted * UNIT_BYTES);
    const count = await queue.readAsync(from, bytes);
    const block = { from, count, view: new DataView(bytes.buffer) };
    this.#blocks.delete(queue);
    this.#blocks.set(queue, block);
    if (this.#blocks.size > this.#blocksMax) {
      const [oldest] = this.#blocks.keys();
      this.#blocks.delete(oldest!);
    }
    return block;
  }
}
