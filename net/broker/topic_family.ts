/**
 * Topics: what there are, how far they are written, who consumes them, and their making and removal
 * (Java: `AdminBrokerProcessor`).
 *
 * @module
 */

import type { Store } from "../../store/store.ts";
import type { Reply } from "../rpc/call.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { encodeResponseHeader, type HeaderOf } from "../wire/headers.ts";
import type { MessageQueue } from "../wire/message_queue.ts";
import { formatGroupList, formatTopicList } from "../wire/name_lists.ts";
import { formatTopicConfig, formatTopicConfigs, type TopicConfig } from "../wire/topic_config.ts";
import { formatTopicStats, type TopicOffset } from "../wire/topic_stats.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { BrokerStats } from "./broker_stats.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { OffsetTable } from "./offset_table.ts";
import { changeAttributes } from "./topic_attributes.ts";
import { topicNameProblem } from "../wire/topic_names.ts";
import type { TopicTable } from "./topic_table.ts";

/** What the family works on. */
export interface TopicFamilyInput {
  readonly config: Pick<BrokerConfig, "brokerName" | "validateSystemTopicWhenUpdateTopic">;
  readonly store: Store;
  readonly topics: TopicTable;
  readonly offsets: OffsetTable;
  readonly consumers: ConsumerGroups;
  readonly stats: BrokerStats;
  /** Address of the broker, `host:port`. */
  readonly brokerAddr: string;
  /** Tells the name servers of the topics now; resolves when they heard it or cannot. */
  readonly announce: () => Promise<void>;
}

/** Queues a topic may have: every one of them costs memory in brokers and clients. */
export const TOPIC_QUEUES_MAX = 65_536;

/** Requests about topics. */
export function topicFamily(input: TopicFamilyInput): Family {
  const { topics, offsets, consumers, brokerAddr } = input;
  return {
    UPDATE_AND_CREATE_TOPIC: ({ header }) => updateTopic(input, header),
    DELETE_TOPIC_IN_BROKER: ({ header }) => deleteTopic(input, header.topic),

    GET_ALL_TOPIC_CONFIG() {
      const all = topics.snapshot();
      const totalTopicNum = all.topicConfigTable.size;
      return {
        extFields: encodeResponseHeader("GET_ALL_TOPIC_CONFIG", { totalTopicNum }),
        body: formatTopicConfigs(all),
      };
    },

    GET_TOPIC_CONFIG({ header: { topic } }) {
      const config = topics.get(topic);
      if (config === undefined) {
        throw new Refusal("TOPIC_NOT_EXIST", `No topic in this broker. topic: ${topic}`);
      }
      return { body: formatTopicConfig(config) };
    },

    GET_TOPIC_STATS_INFO: ({ header }) => topicStats(input, header.topic),

    GET_SYSTEM_TOPIC_LIST_FROM_BROKER() {
      return { body: formatTopicList({ topicList: topics.systemTopics() }) };
    },

    QUERY_TOPIC_CONSUME_BY_WHO({ header: { topic } }) {
      const groups = new Set([...consumers.groupsOf(topic), ...offsets.groupsOf(topic)]);
      return { body: formatGroupList([...groups].sort()) };
    },

    QUERY_TOPICS_BY_CONSUMER({ header: { group } }) {
      return { body: formatTopicList({ topicList: offsets.topicsOf(group), brokerAddr }) };
    },
  };
}

async function updateTopic(
  input: TopicFamilyInput,
  header: HeaderOf<"UPDATE_AND_CREATE_TOPIC">,
): Promise<Reply> {
  const { topics, announce } = input;
  const { topic: topicName, readQueueNums, writeQueueNums, perm, topicFilterType, order } = header;
  const problem = topicNameProblem(topicName);
  if (problem !== undefined) throw new Refusal("INVALID_PARAMETER", problem);
  refuseSystemTopic(input, topicName);
  for (const count of [readQueueNums, writeQueueNums]) {
    if (count < 0 || count > TOPIC_QUEUES_MAX) {
      throw new Refusal(
        "INVALID_PARAMETER",
        `Topic ${topicName} cannot have ${count} queues, limit is ${TOPIC_QUEUES_MAX}`,
      );
    }
  }
  const known = topics.get(topicName);
  const wanted: TopicConfig = {
    ...known,
    topicName,
    readQueueNums,
    writeQueueNums,
    perm,
    topicFilterType,
    topicSysFlag: header.topicSysFlag ?? 0,
    order,
    attributes: changeAttributes(known?.attributes, header.attributes ?? ""),
  };
  if (known !== undefined && isSame(known, wanted)) {
    // The request may repeat one that failed because nothing could be saved.
    await topics.saved();
    return {};
  }
  await topics.put(wanted);
  await announce();
  return {};
}

async function deleteTopic(
  input: TopicFamilyInput,
  topic: string,
): Promise<Reply> {
  const { topics, offsets, store, stats } = input;
  if (topic.trim() === "") {
    throw new Refusal("INVALID_PARAMETER", "The specified topic is blank.");
  }
  refuseSystemTopic(input, topic);
  const saved = topics.delete(topic);
  offsets.deleteTopic(topic);
  store.deleteTopic(topic);
  stats.deleteTopic(topic);
  await saved;
  return {};
}

function topicStats(
  { config: { brokerName }, topics, store, stats }: TopicFamilyInput,
  topic: string,
): Reply {
  const known = topics.get(topic);
  if (known === undefined) throw new Refusal("TOPIC_NOT_EXIST", `topic[${topic}] not exist`);
  const offsetTable = new Map<MessageQueue, TopicOffset>();
  const count = Math.max(known.readQueueNums, known.writeQueueNums);
  for (let queueId = 0; queueId < count; queueId++) {
    const { min, max } = store.queueRange(topic, queueId) ?? { min: 0, max: 0 };
    const lastUpdateTimestamp = store.storeTimeAt({ topic, queueId }, max - 1) ?? 0;
    const offset = { minOffset: min, maxOffset: max, lastUpdateTimestamp };
    offsetTable.set({ topic, brokerName, queueId }, offset);
  }
  return { body: formatTopicStats({ offsetTable, topicPutTps: stats.putTps(topic) }) };
}

function refuseSystemTopic({ config, topics }: TopicFamilyInput, topic: string): void {
  if (!config.validateSystemTopicWhenUpdateTopic || !topics.isSystem(topic)) return;
  throw new Refusal("INVALID_PARAMETER", `The topic[${topic}] is conflict with system topic.`);
}

function isSame(left: TopicConfig, right: TopicConfig): boolean {
  const text = ({ attributes, ...rest }: TopicConfig) =>
    JSON.stringify([Object.entries(rest).sort(), [...attributes ?? []].sort()]);
  return text(left) === text(right);
}
