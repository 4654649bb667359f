/**
 * Which queues hold units their files lack, and in which order these are written: each look takes so
 * many queues, the one that has waited longest first, so that ten thousand topics do not stand in the
 * way of sends. Queues that fill fast are taken with every look.
 *
 * @module
 */

/** A queue of any kind whose units are written behind. */
export interface WrittenBehind {
  readonly unwritten: number;
  write(): void;
}

/** Units a queue may hold back before it is written out of turn. */
const UNITS_BEHIND_MAX = 4_096;
/** Queues a look writes: to open, write and close a file takes some 15 µs, and a look comes often. */
const QUEUES_A_LOOK = 512;
/** Units all queues together may hold back; beyond, a look writes on. */
const UNITS_MAX = 6_000_000;

/** Queues in the order in which they began to hold units back. */
export class WriteBehind {
  #waiting: WrittenBehind[] = [];
  /** Those before it were written. */
  #next = 0;
  #full: WrittenBehind[] = [];
  /** Units the waiting queues hold back, as far as is known. */
  #units = 0;

  /** Notes that a queue is about to take a unit. */
  note(queue: WrittenBehind): void {
    const { unwritten } = queue;
    if (unwritten === 0) this.#waiting.push(queue);
    else if (unwritten === UNITS_BEHIND_MAX) this.#full.push(queue);
    this.#units++;
  }

  /** Queues that wait to be written; one may be counted twice. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /** Writes queues whose turn it is. Throws where one cannot be; it is the next one then. */
  write(): void {
    while (this.#full.length > 0) {
      this.#write(this.#full.at(-1)!);
      this.#full.pop();
    }
    for (let count = 0; this.waiting > 0; count++) {
      if (count >= QUEUES_A_LOOK && this.#units <= UNITS_MAX) break;
      this.#write(this.#waiting[this.#next]!);
      this.#next++;
    }
    if (this.waiting === 0) {
      this.#waiting = [];
      this.#next = this.#units = 0;
    } else if (this.#next > QUEUES_A_LOOK) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
  }

  /** Looks anew at who waits, once a sync has written queues beside {@linkcode write}. */
  recount(): void {
    const waiting = new Set(this.#waiting.slice(this.#next));
    this.#waiting = [...waiting].filter(({ unwritten }) => unwritten > 0);
    this.#next = 0;
    this.#units = this.#waiting.reduce((units, { unwritten }) => units + unwritten, 0);
  }

  #write(queue: WrittenBehind): void {
    const units = queue.unwritten;
    queue.write();
    this.#units = Math.max(0, this.#units - units);
  }
}
