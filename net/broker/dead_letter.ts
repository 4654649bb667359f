/**
 * The topics that belong to consumer groups, and the question which of them a message goes to that a
 * consumer could not use: once more to the group, or to rest (Java: `SendMessageProcessor`,
 * `handleRetryAndDLQ`).
 *
 * @module
 */

import { Refusal } from "../rpc/refusal.ts";
import type { RemotingCommand } from "../wire/command.ts";
import type { SubscriptionGroupConfig } from "../wire/subscription_group.ts";
import { PERM, type TopicConfig } from "../wire/topic_config.ts";
import { VERSIONS } from "../wire/version.ts";
import { FAQ_HINT } from "./faq.ts";
import type { GroupTable } from "./group_table.ts";
import { dlqTopicOf, RETRY_PREFIX } from "../wire/topic_names.ts";
import type { TopicTable } from "./topic_table.ts";

/** A dead letter topic has this one queue. */
export const DLQ_QUEUE_ID = 0;

const DLQ_QUEUES = 1;

/** The dead letter topic of a group, created when it is not there. */
export function deadLetterTopic(topics: TopicTable, group: string): TopicConfig {
  const perm = PERM.READ | PERM.WRITE;
  return topics.createOwned(dlqTopicOf(group), { queueNums: DLQ_QUEUES, perm });
}

/**
 * The settings of a group that gives messages back.
 *
 * @throws {Refusal} if there is no such group and none may be created.
 */
export function givingGroup(groups: GroupTable, name: string): SubscriptionGroupConfig {
  const group = groups.findOrCreate(name);
  if (group !== undefined) return group;
  const remark = `subscription group not exist, ${name} ${FAQ_HINT}`;
  throw new Refusal("SUBSCRIPTION_GROUP_NOT_EXIST", remark);
}

/** How often a message may be given back: the consumer's word where its release gives one. */
export function reconsumeTimesMax(
  group: SubscriptionGroupConfig,
  command: RemotingCommand,
  asked: number | undefined,
): number {
  const isHeard = command.version >= VERSIONS.maxReconsumeTimes;
  return isHeard && asked !== undefined ? asked : group.retryMaxTimes;
}

/** Name of the group whose retry topic this is. */
export function groupOfRetryTopic(topic: string): string {
  return topic.slice(RETRY_PREFIX.length);
}
