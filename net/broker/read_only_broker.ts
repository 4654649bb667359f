/**
 * A broker that shows a store and changes nothing in it: which requests it serves, and which topics it
 * has where the store's own tables do not tell.
 *
 * @module
 */

import type { Store } from "../../store/store.ts";
import type { RequestName } from "../wire/codes.ts";
import { PERM } from "../wire/topic_config.ts";
import type { TopicTable } from "./topic_table.ts";

/**
 * Requests that change neither messages nor topics, groups or settings. Offsets, locks and the members
 * of groups are what consumers cannot be without; they change in memory.
 */
export const BROKER_READS: ReadonlySet<RequestName> = new Set<RequestName>([
  "CHECK_CLIENT_CONFIG",
  "CLONE_GROUP_OFFSET",
  "CONSUME_MESSAGE_DIRECTLY",
  "GET_ALL_CONSUMER_OFFSET",
  "GET_ALL_DELAY_OFFSET",
  "GET_ALL_PRODUCER_INFO",
  "GET_ALL_SUBSCRIPTIONGROUP_CONFIG",
  "GET_ALL_TOPIC_CONFIG",
  "GET_BROKER_CONFIG",
  "GET_BROKER_CONSUME_STATS",
  "GET_BROKER_RUNTIME_INFO",
  "GET_CONSUMER_CONNECTION_LIST",
  "GET_CONSUMER_LIST_BY_GROUP",
  "GET_CONSUMER_RUNNING_INFO",
  "GET_CONSUME_STATS",
  "GET_EARLIEST_MSG_STORETIME",
  "GET_MAX_OFFSET",
  "GET_MIN_OFFSET",
  "GET_PRODUCER_CONNECTION_LIST",
  "GET_SUBSCRIPTIONGROUP_CONFIG",
  "GET_SYSTEM_TOPIC_LIST_FROM_BROKER",
  "GET_TIMER_CHECK_POINT",
  "GET_TIMER_METRICS",
  "GET_TOPIC_CONFIG",
  "GET_TOPIC_STATS_INFO",
  "HEART_BEAT",
  "INVOKE_BROKER_TO_GET_CONSUMER_STATUS",
  "INVOKE_BROKER_TO_RESET_OFFSET",
  "LITE_PULL_MESSAGE",
  "LOCK_BATCH_MQ",
  "PULL_MESSAGE",
  "QUERY_CONSUMER_OFFSET",
  "QUERY_CONSUME_QUEUE",
  "QUERY_CONSUME_TIME_SPAN",
  "QUERY_CORRECTION_OFFSET",
  "QUERY_MESSAGE",
  "QUERY_SUBSCRIPTION_BY_CONSUMER",
  "QUERY_TOPICS_BY_CONSUMER",
  "QUERY_TOPIC_CONSUME_BY_WHO",
  "SEARCH_OFFSET_BY_TIMESTAMP",
  "UNLOCK_BATCH_MQ",
  "UNREGISTER_CLIENT",
  "UPDATE_CONSUMER_OFFSET",
  "VIEW_BROKER_STATS_DATA",
  "VIEW_MESSAGE_BY_ID",
]);

/**
 * Gives every topic that has a queue an entry: a store may have lost its table of topics, and without
 * an entry nobody can read the messages.
 */
export function adoptTopics(
  topics: Pick<TopicTable, "get" | "createOwned">,
  store: Pick<Store, "topics" | "queueIds">,
): void {
  for (const topic of new Set(store.topics())) {
    if (topics.get(topic) !== undefined) continue;
    const queueNums = (store.queueIds(topic).at(-1) ?? 0) + 1;
    topics.createOwned(topic, { queueNums, perm: PERM.READ | PERM.WRITE });
  }
}
