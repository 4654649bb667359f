/**
 * What a loop over messages has taken and has not said what became of.
 *
 * @module
 */

import { atMost } from "../at_most.ts";
import { Bell } from "./bell.ts";
import type { Delivery } from "./delivery.ts";

/** A loop of the application, from its first message until it is left. */
export class MessageLoop {
  readonly #open = new Set<Delivery>();
  readonly #changed = new Bell();
  #inBody: Delivery | undefined;

  /** The body of the loop has a message. */
  enter(delivery: Delivery): void {
    this.#open.add(delivery);
    this.#inBody = delivery;
    delivery.onEnd = () => {
      this.#open.delete(delivery);
      this.#changed.ring();
    };
  }

  /** The body has ended, or was left. */
  resume(): void {
    this.#inBody = undefined;
    this.#changed.ring();
  }

  /**
   * Whether the body is at work on a message. One that it has spoken of does not count: who closes the
   * consumer in the body, after `ack()`, must not wait for itself.
   */
  get atWork(): boolean {
    return this.#inBody?.open === true;
  }

  /** Until it is not at work any more, but no longer than so; whether it was. */
  async whenIdle(timeoutMs: number): Promise<boolean> {
    const late = new AbortController();
    const idle = async () => {
      while (this.atWork && !late.signal.aborted) await this.#changed.wait({ signal: late.signal });
    };
    await atMost(idle(), timeoutMs);
    late.abort();
    return !this.atWork;
  }

  /** What it has not spoken of comes again. */
  giveBack(): void {
    for (const delivery of [...this.#open]) delivery.giveBack();
  }
}
