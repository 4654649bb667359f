/**
 * What polls gave and the application is at: what the hooks of a pull consumer are told.
 *
 * @module
 */

import type { Cluster } from "../cluster.ts";
import type { ReceivedMessage } from "../received_message.ts";
import {
  callHook,
  type ConsumeContext,
  type ConsumeHooks,
  type ConsumeResult,
} from "./consumer_hooks.ts";

/** The messages of one queue that a poll gave. */
type Context = ConsumeContext<ReceivedMessage>;

/** Messages of polls, from when they are given until they count as consumed. */
export class Polled {
  readonly #cluster: Pick<Cluster, "log" | "steadyNow">;
  readonly #group: string;
  readonly #hooks: readonly ConsumeHooks<ReceivedMessage>[];
  readonly #open: Context[] = [];
  /** By the steady clock, ms. */
  #givenAt = 0;

  constructor(
    cluster: Pick<Cluster, "log" | "steadyNow">,
    { group, hooks }: {
      readonly group: string;
      readonly hooks: readonly ConsumeHooks<ReceivedMessage>[];
    },
  ) {
    this.#cluster = cluster;
    this.#group = group;
    this.#hooks = hooks;
  }

  /** A poll gave these; those of a queue lie side by side. */
  give(messages: readonly ReceivedMessage[]): void {
    if (this.#hooks.length === 0 || messages.length === 0) return;
    this.#givenAt = this.#cluster.steadyNow();
    for (const context of this.#contextsOf(messages)) {
      this.#open.push(context);
      for (const hook of this.#hooks) {
        callHook(this.#cluster, () => hook.beforeConsume?.(context));
      }
    }
  }

  /** The application is done with all that was given. */
  end(result: ConsumeResult): void {
    const contexts = this.#open.splice(0);
    const tookMs = Math.round(this.#cluster.steadyNow() - this.#givenAt);
    for (const context of contexts) {
      for (const hook of this.#hooks) {
        callHook(this.#cluster, () => hook.afterConsume?.(context, { result, tookMs }));
      }
    }
  }

  #contextsOf(messages: readonly ReceivedMessage[]): Context[] {
    const contexts: (Context & { readonly messages: ReceivedMessage[] })[] = [];
    for (const message of messages) {
      const last = contexts.at(-1);
      const { topic, brokerName, queueId } = message;
      if (
        last?.topic === topic && last.brokerName === brokerName && last.queueId === queueId
      ) last.messages.push(message);
      else {
        const group = this.#group;
        contexts.push({ group, topic, brokerName, queueId, messages: [message] });
      }
    }
    return contexts;
  }
}
