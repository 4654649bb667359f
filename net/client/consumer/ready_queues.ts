/**
 * The line of queues that have messages to take. Whoever takes goes from one to the next, so that a
 * queue with a long backlog does not keep the others waiting.
 *
 * @module
 */

import type { Delivery } from "./delivery.ts";
import type { HeldQueue } from "./held_queue.ts";

/** Queues in line, each once. */
export class ReadyQueues {
  readonly #line: HeldQueue[] = [];
  /** Where the first stands; what is before it is gone. */
  #first = 0;
  /** Called when there is something to take. */
  onOffer: (() => void) | undefined;

  /** Puts a queue at the end of the line, unless it stands in it. */
  offer(held: HeldQueue): void {
    if (!held.offered) this.#stand(held);
    this.onOffer?.();
  }

  /** At most `max` messages of the first queue, which then stands last. */
  take(max: number): Delivery | undefined {
    for (let held = this.#next(); held !== undefined; held = this.#next()) {
      const delivery = held.take(max);
      if (held.ready && !held.offered) this.#stand(held);
      if (delivery !== undefined) return delivery;
    }
    return undefined;
  }

  #stand(held: HeldQueue): void {
    held.offered = true;
    this.#line.push(held);
  }

  #next(): HeldQueue | undefined {
    const held = this.#line[this.#first];
    if (held === undefined) return undefined;
    held.offered = false;
    this.#first++;
    if (this.#first === this.#line.length) {
      this.#line.length = 0;
      this.#first = 0;
    } else if (this.#first >= COMPACT_MIN && this.#first * 2 >= this.#line.length) {
      this.#line.splice(0, this.#first);
      this.#first = 0;
    }
    return held;
  }
}

const COMPACT_MIN = 64;
