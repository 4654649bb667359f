/**
 * A loop of the application over the messages of a consumer: which of them its body is at work on.
 *
 * @module
 */

import { atMost } from "../at_most.ts";
import { Bell } from "./bell.ts";
import type { Delivery } from "./delivery.ts";

/** A loop, from its first message until it is left. */
export class MessageLoop {
  readonly #changed = new Bell();
  #inBody: Delivery | undefined;

  /** The body of the loop has a message. */
  enter(delivery: Delivery): void {
    this.#inBody = delivery;
    delivery.onEnd = () => this.#changed.ring();
  }

  /** The body has come to its end. */
  resume(): void {
    this.#inBody = undefined;
    this.#changed.ring();
  }

  /**
   * The body was left with its message: where it has not spoken of it, it comes again. What it had
   * before is its own: it may well be at work on that elsewhere.
   */
  giveBack(): void {
    this.#inBody?.giveBack();
    this.resume();
  }

  /**
   * Whether the body is at work on a message. One that it has spoken of does not count: who closes the
   * consumer in the body, after `ack()`, must not wait for itself.
   */
  get atWork(): boolean {
    return this.#inBody?.open === true;
  }

  /** Until it is not at work any more, but no longer than so; whether it ended. */
  async whenIdle(timeoutMs: number): Promise<boolean> {
    const late = new AbortController();
    const idle = async () => {
      while (this.atWork && !late.signal.aborted) await this.#changed.wait({ signal: late.signal });
    };
    await atMost(idle(), timeoutMs);
    late.abort();
    return !this.atWork;
  }
}
