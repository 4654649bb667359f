/**
 * Bodies of admin answers that only this broker writes.
 *
 * @module
 */

import { LONG_MAX_TEXT } from "../wire/header.ts";
import type { SubscriptionData } from "../wire/heartbeat.ts";
import { asInteger, formatBody, parseBody } from "../wire/json_body.ts";
import { type MessageQueue, queueTable } from "../wire/message_queue.ts";

/** Times of one queue (Java: `QueueTimeSpan`), ms; −1 where there is no message. */
export interface QueueTimeSpan {
  readonly messageQueue: MessageQueue;
  /** Store time of the oldest message. */
  readonly minTimeStamp: number;
  /** Store time of the newest message. */
  readonly maxTimeStamp: number;
  /** Store time of the message consumed last. */
  readonly consumeTimeStamp: number;
  /** How long the next message waits. */
  readonly delayTime: number;
}

/** Response to QUERY_CONSUME_TIME_SPAN. */
export function formatTimeSpans(consumeTimeSpanSet: readonly QueueTimeSpan[]): Uint8Array {
  return formatBody({ consumeTimeSpanSet });
}

/** Response to QUERY_SUBSCRIPTION_BY_CONSUMER (Java: `QuerySubscriptionResponseBody`). */
export function formatSubscription(found: {
  group: string;
  topic: string;
  subscriptionData: SubscriptionData | undefined;
}): Uint8Array {
  return formatBody(found);
}

/** Response to GET_CONSUMER_STATUS_FROM_CLIENT: where the client is in its queues. */
export function parseConsumerStatus(body: Uint8Array | undefined): Map<MessageQueue, number> {
  return queueTable(parseBody(body, "consumer status"), "messageQueueTable", asInteger);
}

/** Response to INVOKE_BROKER_TO_GET_CONSUMER_STATUS: where each client is, by client id. */
export function formatConsumerStatus(
  consumerTable: ReadonlyMap<string, ReadonlyMap<MessageQueue, number>>,
): Uint8Array {
  return formatBody({ consumerTable, messageQueueTable: {} });
}

/** Body of RESET_CONSUMER_CLIENT_OFFSET for clients in C++ (Java: `ResetOffsetBodyForC`). */
export function formatResetOffsetsForCpp(offsets: ReadonlyMap<MessageQueue, number>): Uint8Array {
  const offsetTable = Array.from(offsets, ([queue, offset]) => ({ ...queue, offset }));
  return formatBody({ offsetTable });
}

/**
 * Response to QUERY_CORRECTION_OFFSET: an offset by queue, `Infinity` for the largest there is (Java:
 * `QueryCorrectionOffsetBody`).
 */
export function formatCorrectionOffsets(offsets: ReadonlyMap<number, number>): Uint8Array {
  const entries = Array.from(offsets, ([queueId, offset]) => {
    return `${queueId}:${offset === Infinity ? LONG_MAX_TEXT : offset}`;
  });
  return new TextEncoder().encode(`{"correctionOffsets":{${entries.join()}}}`);
}
