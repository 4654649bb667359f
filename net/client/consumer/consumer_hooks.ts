/**
 * What an application may be told of each delivery.
 *
 * @module
 */

import type { Cluster } from "../cluster.ts";
import type { ReceivedMessage } from "../received_message.ts";
import type { ConsumedMessage } from "./consumed_message.ts";

/**
 * What came of a delivery: dealt with; a message is to come again; the handler threw; it took longer
 * than `consumeTimeoutMs`.
 */
export type ConsumeResult = "success" | "failed" | "exception" | "timeout";

/** Messages of one queue that are with a handler together; the same object before and after. */
export interface ConsumeContext<Message extends ReceivedMessage = ConsumedMessage> {
  readonly group: string;
  /** As the application calls it. */
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  readonly messages: readonly Message[];
}

/** How a delivery ended. */
export interface ConsumeOutcome {
  readonly result: ConsumeResult;
  /** Since the messages were given out. */
  readonly tookMs: number;
  /** What the handler threw. */
  readonly error?: unknown;
}

/** Called around every delivery; what they throw is logged, and changes nothing. */
export interface ConsumeHooks<Message extends ReceivedMessage = ConsumedMessage> {
  beforeConsume?(context: ConsumeContext<Message>): void;
  afterConsume?(context: ConsumeContext<Message>, outcome: ConsumeOutcome): void;
}

/** Calls a hook. */
export function callHook(cluster: Pick<Cluster, "log">, call: () => void): void {
  try {
    call();
  } catch (error) {
    cluster.log("A hook of a consumer failed", error);
  }
}
