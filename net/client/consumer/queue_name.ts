/**
 * Queues as names: for tables by queue, and in the order Java has them in.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";

/** A text no other queue has. */
export function queueName({ topic, brokerName, queueId }: Readonly<MessageQueue>): string {
  // A broker may have a space in its name, a topic not.
  return `${topic} ${brokerName} ${queueId}`;
}

/** By topic, broker and number (Java: `MessageQueue.compareTo`); texts by their UTF-16 units. */
export function compareQueues(
  one: Readonly<MessageQueue>,
  other: Readonly<MessageQueue>,
): number {
  return compareTexts(one.topic, other.topic) || compareTexts(one.brokerName, other.brokerName) ||
    one.queueId - other.queueId;
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
