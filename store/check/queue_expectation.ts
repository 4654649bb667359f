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
  /** Messages in the record; 1 but in batch queues. */
  count = 1;
}

const FIELDS = 6;
const FIRST_CAPACITY = 4;
const NO_VALUES = new Float64Array(0);

/** Expectations of one queue in the order of the log. */
export class PendingUnits {
  length = 0;
  #values: Float64Array = NO_VALUES;

  /** Keeps a copy. */
  push(it: Expectation): void {
    const at = this.length * FIELDS;
    if (at === this.#values.length) {
      const larger = new Float64Array(Math.max(FIRST_CAPACITY * FIELDS, at * 2));
      larger.set(this.#values);
      this.#values = larger;
    }
    const values = this.#values;
    values[at] = it.index;
    values[at + 1] = it.physicalOffset;
    values[at + 2] = it.size;
    values[at + 3] = it.tagsCode;
    values[at + 4] = it.storeTimestamp;
    values[at + 5] = it.count;
    this.length++;
  }

  /** Reads one back. */
  read(number: number, into: Expectation): void {
    const values = this.#values;
    const at = number * FIELDS;
    into.index = values[at]!;
    into.physicalOffset = values[at + 1]!;
    into.size = values[at + 2]!;
    into.tagsCode = values[at + 3]!;
    into.storeTimestamp = values[at + 4]!;
    into.count = values[at + 5]!;
  }

  /** Forgets all and lets go of the memory. */
  clear(): void {
    this.length = 0;
    this.#values = NO_VALUES;
  }
}
