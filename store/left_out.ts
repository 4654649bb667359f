/**
 * Records no queue could take: their index cannot be right, or another has it. Where a unit on the disk
 * leads to one consumers had it, and the unit stays.
 *
 * @module
 */

/** Records by their place in the log, in the order of the log. */
export class LeftOut {
  readonly #offsets: number[] = [];
  readonly #taken = new Set<number>();

  /** How many there are. */
  get count(): number {
    return this.#offsets.length - this.#taken.size;
  }

  /** Notes a record; it stands behind those before. */
  note(physicalOffset: number): void {
    this.#offsets.push(physicalOffset);
  }

  /** Whether a record was left out. */
  has(physicalOffset: number): boolean {
    let [from, to] = [0, this.#offsets.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#offsets[middle]! < physicalOffset) from = middle + 1;
      else to = middle;
    }
    return this.#offsets[from] === physicalOffset;
  }

  /** A record has its place in a queue after all, if it is one of them. */
  take(physicalOffset: number): void {
    if (this.has(physicalOffset)) this.#taken.add(physicalOffset);
  }
}
