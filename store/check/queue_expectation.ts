/**
 * What the log says about the queues, kept back until there is enough of it to open each queue's
 * files once: a bounded memory for any number of queues and messages.
 *
 * @module
 */

/** Where a record should have its unit, and what should stand there. Reused: read it at once. */
export class Expectation {
  /** Index in the queue; for a batch queue that of the first message. */
  index = 0;
  physicalOffset = 0;
  size = 0;
  tagsCode = 0;
  storeTimestamp = 0;
  /** Messages in the record; 1 but in batch queues, 0 where it cannot be read. */
  count = 1;
}

/** Those of an expectation, and the number of the next one of its queue. */
const FIELDS = 7;
const CHUNK_ENTRIES = 4096;
const NONE = -1;

/** Room for the expectations of all queues. One array for each queue would take more than they do. */
export class PendingPool {
  readonly #chunks: Float64Array[] = [];
  #length = 0;

  /** Keeps a copy, and returns its number. */
  push(it: Expectation): number {
    const number = this.#length++;
    if (number === this.#chunks.length * CHUNK_ENTRIES) {
      this.#chunks.push(new Float64Array(CHUNK_ENTRIES * FIELDS));
    }
    const values = this.#chunkOf(number);
    const at = number % CHUNK_ENTRIES * FIELDS;
    values[at] = NONE;
    values[at + 1] = it.index;
    values[at + 2] = it.physicalOffset;
    values[at + 3] = it.size;
    values[at + 4] = it.tagsCode;
    values[at + 5] = it.storeTimestamp;
    values[at + 6] = it.count;
    return number;
  }

  /** Lets one follow another. */
  link(number: number, next: number): void {
    this.#chunkOf(number)[number % CHUNK_ENTRIES * FIELDS] = next;
  }

  /** Reads one back, and returns the number of the next one; −1 for none. */
  read(number: number, into: Expectation): number {
    const values = this.#chunkOf(number);
    const at = number % CHUNK_ENTRIES * FIELDS;
    into.index = values[at + 1]!;
    into.physicalOffset = values[at + 2]!;
    into.size = values[at + 3]!;
    into.tagsCode = values[at + 4]!;
    into.storeTimestamp = values[at + 5]!;
    into.count = values[at + 6]!;
    return values[at]!;
  }

  /** Forgets all; the memory is used again. */
  clear(): void {
    this.#length = 0;
  }

  #chunkOf(number: number): Float64Array {
    return this.#chunks[Math.floor(number / CHUNK_ENTRIES)]!;
  }
}

/** Expectations of one queue in the order of the log. */
export class PendingUnits {
  length = 0;
  readonly #pool: PendingPool;
  #first = NONE;
  #last = NONE;

  constructor(pool: PendingPool) {
    this.#pool = pool;
  }

  /** Keeps a copy. */
  push(it: Expectation): void {
    const number = this.#pool.push(it);
    if (this.length === 0) this.#first = number;
    else this.#pool.link(this.#last, number);
    this.#last = number;
    this.length++;
  }

  /** Reads one after the other into `it`, and forgets them. */
  takeAll(it: Expectation, take: () => void): void {
    let number = this.#first;
    for (; this.length > 0; this.length--) {
      number = this.#pool.read(number, it);
      take();
    }
  }
}
