/**
 * Messages of one queue that are with the application together.
 *
 * @module
 */

import type { ConsumedMessage } from "./consumed_message.ts";
import { callHook, type ConsumeContext, type ConsumeResult } from "./consumer_hooks.ts";
import type { HeldQueue, QueueOwner } from "./held_queue.ts";

/** From when messages are taken until the application has said of each what became of it. */
export class Delivery {
  readonly held: HeldQueue;
  readonly messages: readonly ConsumedMessage[];
  /** By the steady clock, ms. */
  readonly takenAt: number;
  /** Called when the application has said of each what became of it. */
  onEnd: (() => void) | undefined;
  #open: number;
  #failed = 0;
  #result: ConsumeResult | undefined;
  #error: unknown;
  #context: ConsumeContext | undefined;

  constructor(held: HeldQueue, messages: readonly ConsumedMessage[], takenAt: number) {
    this.held = held;
    this.messages = messages;
    this.takenAt = takenAt;
    this.#open = messages.length;
  }

  /** Whether the application has something to say yet. */
  get open(): boolean {
    return this.#open > 0;
  }

  /** The handler is done with whatever it has not spoken of. */
  finish(): void {
    if (!this.open) return;
    for (const message of this.messages) this.held.ack(message);
  }

  /** The handler threw. */
  fail(error: unknown): void {
    this.held.tellFailure(this, error);
    if (this.open) this.held.fail(this, { result: "exception", error });
  }

  /** Nobody will speak any more of what is left. */
  giveBack(): void {
    if (this.open) this.held.giveBack(this);
  }

  /** Something is to come again. */
  failed(count: number): void {
    this.#failed += count;
  }

  /** What came of it, unless that was said before. */
  say(result: ConsumeResult, error?: unknown): void {
    this.#result ??= result;
    this.#error ??= error;
  }

  /** One message has its answer; whether it was the last. */
  answered(): boolean {
    return --this.#open === 0;
  }

  /** Tells the hooks that it begins. */
  begin({ cluster, hooks, settings: { group } }: QueueOwner): void {
    if (hooks.length === 0) return;
    const { queue } = this.held;
    const context = this.#context = {
      group,
      topic: this.messages[0]!.topic,
      brokerName: queue.brokerName,
      queueId: queue.queueId,
      messages: this.messages,
    };
    for (const hook of hooks) callHook(cluster, () => hook.beforeConsume?.(context));
  }

  /** Counts it, and tells the hooks what came of it. */
  end({ cluster, stats, hooks }: QueueOwner): void {
    const endedAt = cluster.now();
    const tookMs = Math.round(cluster.steadyNow() - this.takenAt);
    const { length: messages } = this.messages;
    this.held.pulled.consumedAt = endedAt;
    stats.consumed(this.held.queue.topic, { messages, failed: this.#failed, tookMs, endedAt });
    this.onEnd?.();
    const context = this.#context;
    if (context === undefined) return;
    const result = this.#result ?? (this.#failed > 0 ? "failed" : "success");
    const outcome = { result, tookMs, error: this.#error };
    for (const hook of hooks) callHook(cluster, () => hook.afterConsume?.(context, outcome));
  }
}
