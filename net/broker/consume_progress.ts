/**
 * How far a group is behind in a topic, queue by queue.
 *
 * @module
 */

import type { Store } from "../../store/store.ts";
import type { MessageQueue } from "../wire/message_queue.ts";
import type { TopicConfig } from "../wire/topic_config.ts";
import type { QueueProgress } from "../wire/topic_stats.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { OffsetTable } from "./offset_table.ts";
import type { TopicTable } from "./topic_table.ts";

/** Where progress is read from. */
export interface ProgressSource {
  readonly store: Store;
  readonly topics: TopicTable;
  readonly offsets: OffsetTable;
  readonly consumers: ConsumerGroups;
  /** Name of the broker, which stands in every queue. */
  readonly brokerName: string;
}

/** Progress of a group in the first `count` queues of a topic. */
export function progressOf(
  { store, offsets, brokerName }: ProgressSource,
  { group, topic, count }: { group: string; topic: string; count: number },
): Map<MessageQueue, QueueProgress> {
  const table = new Map<MessageQueue, QueueProgress>();
  for (let queueId = 0; queueId < count; queueId++) {
    const brokerOffset = store.queueRange(topic, queueId)?.max ?? 0;
    const consumerOffset = Math.max(0, offsets.query(group, topic, queueId));
    const lastTimestamp = consumerOffset === 0
      ? 0
      : store.storeTimeAt({ topic, queueId }, consumerOffset - 1) ?? 0;
    // What is on its way to consumers is not followed: it counts as not pulled yet.
    const progress = { brokerOffset, consumerOffset, lastTimestamp, pullOffset: consumerOffset };
    table.set({ topic, brokerName, queueId }, progress);
  }
  return table;
}

/**
 * The topics that count for a group: those it committed offsets in, without those it left while it is
 * online (Java: `getTopicsForCollectingConsumeStats`).
 */
export function topicsConsumed(source: ProgressSource, group: string): TopicConfig[] {
  return source.offsets.topicsOf(group)
    .filter((topic) => subscribes(source, group, topic))
    .map((topic) => source.topics.get(topic))
    .filter((topic) => topic !== undefined);
}

/** Whether a group that is online subscribes to a topic; of one that is offline nobody knows. */
export function subscribes({ consumers }: ProgressSource, group: string, topic: string): boolean {
  const online = consumers.get(group);
  if (online === undefined || online.subscriptions.size === 0) return true;
  return online.subscription(topic) !== undefined;
}
