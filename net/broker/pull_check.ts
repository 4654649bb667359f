/**
 * Whether a consumer may pull, and which messages it wants: Java's checks in Java's order with its
 * remarks (Java: `PullMessageProcessor.processRequest`).
 *
 * A filter by the properties of messages is refused as Java does where `enablePropertyFilter` is off.
 * One that a pull brings along and that cannot be read is refused, too: Java lets every message pass.
 * For a queue the topic does not have the code is that of 5.x, INVALID_PARAMETER; consumers wait and
 * try again whether it is that or the SYSTEM_ERROR of 4.x.
 *
 * @module
 */

import type { Connection } from "../rpc/connection.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { HeaderOf } from "../wire/headers.ts";
import { PULL_FLAG } from "../wire/pull_flag.ts";
import type { SubscriptionGroupConfig } from "../wire/subscription_group.ts";
import { PERM, type TopicConfig } from "../wire/topic_config.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { ConsumerFilters } from "./consumer_filters.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import { FAQ_HINT } from "./faq.ts";
import type { GroupTable } from "./group_table.ts";
import { type MessageFilter, readExpression, wants } from "./message_filter.ts";
import { retryFilter } from "./retry_filter.ts";
import { isTagType, parseTags, tagFilterOf } from "./tag_filter.ts";
import type { TopicTable } from "./topic_table.ts";

/** Header of a pull. */
export type PullHeader = HeaderOf<"PULL_MESSAGE">;

/** What the checks look at. */
export interface PullCheckInput {
  readonly config: Pick<
    BrokerConfig,
    "brokerIP1" | "brokerPermission" | "enablePropertyFilter" | "filterSupportRetry"
  >;
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly consumers: ConsumerGroups;
  /** Filters by properties that heartbeats told. */
  readonly filters: Pick<ConsumerFilters, "get">;
}

/** What a pull may read. */
export interface PullPermit {
  readonly topic: TopicConfig;
  readonly group: SubscriptionGroupConfig;
  readonly filter: MessageFilter;
}

/** Who forbade a pull (Java: `ForbiddenType`); on the wire, never renumber. */
const FORBIDDEN_BY = { broker: 1, group: 2, topic: 3, broadcasting: 4 } as const;

/**
 * What a pull may read.
 *
 * @throws {Refusal} if it may not.
 */
export function checkPull(
  input: PullCheckInput,
  header: PullHeader,
  connection: Connection,
): PullPermit {
  if ((input.config.brokerPermission & PERM.READ) === 0) {
    const remark = `the broker[${input.config.brokerIP1}] pulling message is forbidden`;
    throw forbidden("broker", remark);
  }
  const group = checkGroup(input, header);
  const topic = checkTopic(input, header, connection);
  const filter = (header.sysFlag & PULL_FLAG.SUBSCRIPTION) === 0
    ? knownFilter(input, header, group)
    : sentFilter(input, header);
  const { config: { filterSupportRetry }, filters } = input;
  return {
    group,
    topic,
    filter: filterSupportRetry ? retryFilter(filter, header, filters) : filter,
  };
}

function checkGroup({ groups }: PullCheckInput, header: PullHeader): SubscriptionGroupConfig {
  const { consumerGroup: name } = header;
  const group = groups.findOrCreate(name);
  if (group === undefined) {
    const remark = `subscription group [${name}] does not exist, ${FAQ_HINT}`;
    throw refusal("SUBSCRIPTION_GROUP_NOT_EXIST", remark);
  }
  if (!group.consumeEnable) throw forbidden("group", `subscription group no permission, ${name}`);
  return group;
}

function checkTopic(
  { topics }: PullCheckInput,
  { topic: name, queueId }: PullHeader,
  { peer }: Connection,
): TopicConfig {
  const topic = topics.get(name);
  if (topic === undefined) {
    const remark = `topic[${name}] not exist, apply first please! ${FAQ_HINT}`;
    throw refusal("TOPIC_NOT_EXIST", remark);
  }
  if ((topic.perm & PERM.READ) === 0) {
    throw forbidden("topic", `the topic[${name}] pulling message is forbidden`);
  }
  if (queueId < 0 || queueId >= topic.readQueueNums) {
    const remark = `queueId[${queueId}] is illegal, topic:[${name}] ` +
      `topicConfig.readQueueNums:[${topic.readQueueNums}] consumer:[/${peer}]`;
    throw refusal("INVALID_PARAMETER", remark);
  }
  return topic;
}

/** The filter of a consumer that sends its subscription along. */
function sentFilter(
  { config }: PullCheckInput,
  { subscription, expressionType = "" }: PullHeader,
): MessageFilter {
  if (isTagType(expressionType)) return parseTags(subscription) ?? failed();
  if (subscription === undefined || subscription === "") return failed();
  if (!config.enablePropertyFilter) throw unserved(expressionType);
  const sql = readExpression(expressionType, subscription) ?? failed();
  return { codes: undefined, recordMatches: (record) => wants(sql, record) };
}

function failed(): never {
  throw refusal("SUBSCRIPTION_PARSE_FAILED", "parse the consumer's subscription failed");
}

/** The filter of a consumer whose heartbeats told its subscription. */
function knownFilter(
  { consumers, filters, config: { enablePropertyFilter } }: PullCheckInput,
  { consumerGroup, topic, subVersion }: PullHeader,
  config: SubscriptionGroupConfig,
): MessageFilter {
  const group = consumers.get(consumerGroup);
  if (group === undefined) {
    throw refusal("SUBSCRIPTION_NOT_EXIST", `the consumer's group info not exist${FAQ_HINT}`);
  }
  if (!config.consumeBroadcastEnable && group.broadcasts) {
    const remark = `the consumer group[${consumerGroup}] can not consume by broadcast way`;
    throw forbidden("broadcasting", remark);
  }
  const subscription = group.subscription(topic);
  if (subscription === undefined) {
    throw refusal("SUBSCRIPTION_NOT_EXIST", `the consumer's subscription not exist${FAQ_HINT}`);
  }
  if (subscription.subVersion < subVersion) {
    throw refusal("SUBSCRIPTION_NOT_LATEST", "the consumer's subscription not latest");
  }
  const { expressionType } = subscription;
  if (isTagType(expressionType)) return tagFilterOf(subscription);
  const filter = filters.get(topic, consumerGroup);
  if (filter === undefined) {
    const remark = "The broker's consumer filter data is not exist!Your expression may be wrong!";
    throw refusal("FILTER_DATA_NOT_EXIST", remark);
  }
  if (filter.data.clientVersion < subVersion) {
    const remark = "the consumer's consumer filter data not latest";
    throw refusal("FILTER_DATA_NOT_LATEST", remark);
  }
  if (!enablePropertyFilter) throw unserved(expressionType);
  // Filtered elsewhere, by a class of the consumer.
  return subscription.classFilterMode ? tagFilterOf(subscription) : filter.messages;
}

function unserved(expressionType: string): Refusal {
  const remark = `The broker does not support consumer to filter message by ${expressionType}`;
  return refusal("SYSTEM_ERROR", remark);
}

function forbidden(by: keyof typeof FORBIDDEN_BY, remark: string): Refusal {
  const extFields = { forbiddenType: String(FORBIDDEN_BY[by]) };
  return new Refusal("NO_PERMISSION", remark, { extFields });
}

/** A refusal with the empty table that answers to pulls have before anything is read. */
function refusal(code: Refusal["code"], remark: string): Refusal {
  return new Refusal(code, remark, { extFields: {} });
}
