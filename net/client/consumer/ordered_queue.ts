/**
 * A queue whose messages are dealt with one after another, in order, by one member of the group at a
 * time (Java: `ConsumeMessageOrderlyService`). A failure holds up the queue.
 *
 * @module
 */

import { Bell } from "./bell.ts";
import type { ConsumedMessage } from "./consumed_message.ts";
import type { Delivery } from "./delivery.ts";
import { HeldQueue } from "./held_queue.ts";
import { LOCK_LIVE_MS } from "./queue_locks.ts";

/** A queue of an ordered consumer. */
export class OrderedQueue extends HeldQueue {
  /** Something is with the application, or is being put to the dead letters, or held up. */
  #busy = false;
  /** What failed of the delivery under way: its delay level by message. */
  readonly #failures = new Map<ConsumedMessage, number>();
  readonly #changed = new Bell();
  #lockedAt = 0;

  override get ready(): boolean {
    if (this.#busy || this.signal.aborted || this.pulled.available === 0) return false;
    return this.locked;
  }

  /** Whether no other member may have the queue. */
  get locked(): boolean {
    if (this.owner.settings.model === "broadcasting") return true;
    return this.pulled.locked && this.owner.cluster.steadyNow() - this.#lockedAt < LOCK_LIVE_MS;
  }

  /** When the broker was asked for the lock it gave, by the steady clock; without a lock, `undefined`. */
  get lockedAt(): number | undefined {
    return this.pulled.locked ? this.#lockedAt : undefined;
  }

  /** The broker was asked for the lock then, by the steady clock, and has given it. */
  lock(lockedAt: number): void {
    const { now, steadyNow } = this.owner.cluster;
    this.#lockedAt = lockedAt;
    this.pulled.locked = true;
    this.pulled.lockedAt = Math.trunc(now() - (steadyNow() - lockedAt));
    this.offerIfReady();
  }

  /** Until nothing is with the application. */
  async whenIdle(signal?: AbortSignal): Promise<void> {
    while (this.takenCount > 0 && signal?.aborted !== true) await this.#changed.wait({ signal });
  }

  override take(max: number): Delivery | undefined {
    if (!this.ready) return undefined;
    this.#busy = true;
    // Only such messages are put in.
    return this.give(this.pulled.take(max) as ConsumedMessage[]);
  }

  protected override failed(message: ConsumedMessage, delayLevel: number): void {
    this.#failures.set(message, delayLevel);
  }

  protected override finished(): void {
    this.#changed.ring();
    if (this.#failures.size === 0 || this.pulled.dropped) this.#goOn();
    else this.owner.owe(this.#settleFailures());
  }

  async #settleFailures(): Promise<void> {
    const failures = [...this.#failures];
    this.#failures.clear();
    let stays = false;
    for (const [message, delayLevel] of failures) {
      if (await this.#isBuried(message, delayLevel)) this.done(message);
      else {
        this.countTry(message);
        stays = true;
      }
    }
    if (stays) void this.#holdUp();
    else this.#goOn();
  }

  /** Whether it is out of the way: at the dead letters, or, when broadcasting, left out. */
  async #isBuried(message: ConsumedMessage, delayLevel: number): Promise<boolean> {
    const { cluster, settings: { attemptsMax, model } } = this.owner;
    if (delayLevel >= 0 && message.attempt < attemptsMax) return false;
    if (model === "clustering") return await this.sendBack(message, -1);
    const where = `${message.topic} queue ${message.queueId} offset ${message.queueOffset}`;
    cluster.log(`The message at ${where} could not be consumed, and is left out`);
    return true;
  }

  async #holdUp(): Promise<void> {
    await new Bell().wait({ timeoutMs: this.owner.settings.suspendMs, signal: this.signal });
    this.pulled.rollback();
    this.#goOn();
  }

  #goOn(): void {
    this.#busy = false;
    this.offerIfReady();
  }
}
