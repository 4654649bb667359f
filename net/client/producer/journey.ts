/**
 * One send under way: what is sent, how, and how far it has come.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import type { Message } from "../message.ts";
import type { Draft } from "./draft.ts";

/** How one message is sent. At most one of `queue`, `select` and `shardingKey` can be given. */
export interface SendOptions {
  /** To this queue; it is not tried elsewhere. */
  readonly queue?: Omit<MessageQueue, "topic"> & { readonly topic?: string } | undefined;
  /** To the queue that this returns, of those the topic has. */
  readonly select?:
    | ((queues: readonly Readonly<MessageQueue>[], message: Message) => Readonly<MessageQueue>)
    | undefined;
  /** What has the same key goes to the same queue, as long as their number does not change. */
  readonly shardingKey?: string | undefined;
  /** For all attempts together; default: that of the producer. */
  readonly timeoutMs?: number | undefined;
  /** Stops waiting; the message may be stored all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** One send under way. */
export interface Journey {
  readonly draft: Draft;
  readonly options: SendOptions;
  readonly timeoutMs: number;
  /** On the clock of {@linkcode performance}. */
  readonly deadline: number;
  /** Attempts that have begun. */
  attempts: number;
  /** Whether one of them may have stored it although it failed. */
  maybeStored: boolean;
}

/** How errors of a send begin. */
export function whatFails({ messages }: Pick<Draft, "messages">): string {
  return `Cannot send to topic "${messages[0]!.topic}"`;
}

/** Milliseconds until its deadline. */
export function timeLeft({ deadline }: Pick<Journey, "deadline">): number {
  return Math.ceil(deadline - performance.now());
}
