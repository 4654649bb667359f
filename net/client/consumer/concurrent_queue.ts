/**
 * A queue whose messages are dealt with side by side (Java: `ConsumeMessageConcurrentlyService`). What
 * fails is given back to its broker and comes again later, to any member of the group.
 *
 * @module
 */

import { Bell } from "./bell.ts";
import type { ConsumedMessage } from "./consumed_message.ts";
import type { Delivery } from "./delivery.ts";
import { HeldQueue } from "./held_queue.ts";

/** As Java: 10 s. */
const EXPIRED_DELAY_LEVEL = 3;

/** A queue of a consumer that is not ordered. */
export class ConcurrentQueue extends HeldQueue {
  /** What could not be given back, and is to be tried here again. */
  readonly #again: ConsumedMessage[] = [];

  override get ready(): boolean {
    return !this.signal.aborted && (this.#again.length > 0 || this.pulled.available > 0);
  }

  override take(max: number): Delivery | undefined {
    if (!this.ready) return undefined;
    if (this.#again.length > 0) return this.give(this.#again.splice(0, max));
    // Only such messages are put in.
    return this.give(this.pulled.take(max) as ConsumedMessage[]);
  }

  /** What is with the application for too long is to come again. */
  expire(): void {
    const { cluster, settings: { consumeTimeoutMs } } = this.owner;
    const since = cluster.steadyNow() - consumeTimeoutMs;
    for (const delivery of this.deliveries) {
      if (delivery.takenAt > since) continue;
      this.fail(delivery, { result: "timeout", delayLevel: EXPIRED_DELAY_LEVEL });
    }
  }

  protected override failed(message: ConsumedMessage, delayLevel: number): void {
    if (this.owner.settings.model === "broadcasting") {
      const where = `${message.topic} queue ${message.queueId} offset ${message.queueOffset}`;
      this.owner.cluster.log(`The message at ${where} could not be consumed, and is left out`);
      this.done(message);
    } else this.owner.owe(this.#giveBack(message, delayLevel));
  }

  /** When broadcasting nobody else would deliver it again. */
  protected override givenBack(message: ConsumedMessage): void {
    if (this.owner.settings.model !== "broadcasting") return super.givenBack(message);
    this.countTry(message);
    void this.#later(message);
  }

  protected override finished(): void {}

  async #giveBack(message: ConsumedMessage, delayLevel: number): Promise<void> {
    if (await this.sendBack(message, delayLevel)) return this.done(message);
    this.countTry(message);
    void this.#later(message);
  }

  async #later(message: ConsumedMessage): Promise<void> {
    await new Bell().wait({ timeoutMs: this.owner.settings.errorPauseMs, signal: this.signal });
    this.#again.push(message);
    this.offerIfReady();
  }
}
