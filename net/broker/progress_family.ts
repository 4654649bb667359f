/**
 * How far groups are: against what is written, and in time; and offsets taken over from another group
 * (Java: `AdminBrokerProcessor`).
 *
 * @module
 */

import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import type { HeaderOf } from "../wire/headers.ts";
import type { TopicConfig } from "../wire/topic_config.ts";
import {
  type ConsumeStats,
  formatBrokerConsumeStats,
  formatConsumeStats,
  type QueueProgress,
} from "../wire/topic_stats.ts";
import {
  formatCorrectionOffsets,
  formatSubscription,
  formatTimeSpans,
  type QueueTimeSpan,
} from "./admin_bodies.ts";
import type { BrokerStats } from "./broker_stats.ts";
import { progressOf, type ProgressSource, subscribes, topicsConsumed } from "./consume_progress.ts";
import type { GroupTable } from "./group_table.ts";

/** What the family works on. */
export interface ProgressFamilyInput extends ProgressSource {
  readonly groups: GroupTable;
  readonly stats: BrokerStats;
  /** Address of the broker, `host:port`. */
  readonly brokerAddr: string;
  readonly now: () => number;
}

/** Between the topics of GET_CONSUME_STATS. */
const TOPIC_LIST_SEPARATOR = ";";

/** Requests about progress. */
export function progressFamily(input: ProgressFamilyInput): Family {
  const { topics, offsets, consumers } = input;
  return {
    GET_CONSUME_STATS({ header }) {
      const stats: ConsumeStats = { offsetTable: new Map(), consumeTps: 0 };
      for (const { topicName: topic, readQueueNums: count } of topicsAsked(input, header)) {
        const group = header.consumerGroup;
        for (const entry of progressOf(input, { group, topic, count })) {
          stats.offsetTable.set(...entry);
        }
        stats.consumeTps += input.stats.consumeTps(topic, group);
      }
      return { body: formatConsumeStats(stats) };
    },

    GET_BROKER_CONSUME_STATS: ({ header: { isOrder } }) => ({ body: statsOfAll(input, isOrder) }),

    QUERY_CONSUME_TIME_SPAN({ header: { topic, group } }) {
      const known = topics.get(topic);
      if (known === undefined) throw new Refusal("TOPIC_NOT_EXIST", `topic[${topic}] not exist`);
      const queueIds = Array.from({ length: known.writeQueueNums }, (_, queueId) => queueId);
      const spans = queueIds.map((queueId) => timeSpan(input, { topic, queueId, group }));
      return { body: formatTimeSpans(spans) };
    },

    QUERY_SUBSCRIPTION_BY_CONSUMER({ header: { group, topic = "" } }) {
      const subscriptionData = consumers.get(group)?.subscription(topic);
      return { body: formatSubscription({ group, topic, subscriptionData }) };
    },

    QUERY_CORRECTION_OFFSET: ({ header }) => ({
      body: formatCorrectionOffsets(correctionOffsets(input, header)),
    }),

    CLONE_GROUP_OFFSET({ header: { srcGroup, destGroup, topic, offline } }) {
      const asked = topic === undefined || topic.trim() === ""
        ? offsets.topicsOf(srcGroup)
        : [topic];
      for (const topic of asked) {
        if (topics.get(topic) === undefined) continue;
        if (offline !== true && !subscribes(input, srcGroup, topic)) continue;
        offsets.clone(topic, { from: srcGroup, to: destGroup });
      }
      return {};
    },
  };
}

function topicsAsked(
  input: ProgressFamilyInput,
  { consumerGroup, topic, topicList = "" }: HeaderOf<"GET_CONSUME_STATS">,
): TopicConfig[] {
  const { topics } = input;
  const listed = topicList.split(TOPIC_LIST_SEPARATOR).filter((name) => name.trim() !== "");
  if (listed.length > 0) return listed.map((name) => topics.get(name)).filter(isThere);
  if (topic === undefined || topic.trim() === "") return topicsConsumed(input, consumerGroup);
  return subscribes(input, consumerGroup, topic) ? [topics.get(topic)].filter(isThere) : [];
}

function statsOfAll(input: ProgressFamilyInput, onlyOrdered: boolean): Uint8Array {
  const { groups, brokerAddr } = input;
  let totalDiff = 0;
  const consumeStatsList = Array.from(groups.all(), ({ groupName: group }) => {
    const topics = topicsConsumed(input, group).filter(({ order }) => order || !onlyOrdered);
    const list = topics.map(({ topicName: topic, writeQueueNums: count }): ConsumeStats => {
      const offsetTable = progressOf(input, { group, topic, count });
      totalDiff += diffOf(offsetTable.values());
      return { offsetTable, consumeTps: input.stats.consumeTps(topic, group) };
    });
    return new Map([[group, list]]);
  });
  return formatBrokerConsumeStats({
    brokerAddr,
    consumeStatsList,
    totalDiff,
    totalInflightDiff: 0,
  });
}

/** Between the groups of QUERY_CORRECTION_OFFSET. */
const GROUP_LIST_SEPARATOR = ",";

/**
 * The smallest offset of all groups by queue; `Infinity` where that is past the group to compare with.
 * Java forgets the offsets of the groups it is told to leave out, here they are only left out.
 */
function correctionOffsets(
  { store, offsets }: ProgressFamilyInput,
  { topic, compareGroup, filterGroups = "" }: HeaderOf<"QUERY_CORRECTION_OFFSET">,
): Map<number, number> {
  const leftOut = new Set(filterGroups.split(GROUP_LIST_SEPARATOR));
  const smallest = new Map<number, number>();
  for (const group of offsets.groupsOf(topic)) {
    if (leftOut.has(group)) continue;
    for (const [queueId, offset] of offsets.entriesOf(group, topic) ?? []) {
      if (offset < (store.queueRange(topic, queueId)?.min ?? 0)) continue;
      smallest.set(queueId, Math.min(offset, smallest.get(queueId) ?? Infinity));
    }
  }
  for (const [queueId, offset] of offsets.entriesOf(compareGroup, topic) ?? []) {
    const least = smallest.get(queueId);
    if (least !== undefined && least > offset) smallest.set(queueId, Infinity);
  }
  return smallest;
}

function diffOf(progress: Iterable<QueueProgress>): number {
  let diff = 0;
  for (const { brokerOffset, consumerOffset } of progress) diff += brokerOffset - consumerOffset;
  return diff;
}

function timeSpan(
  { store, offsets, brokerName, now }: ProgressFamilyInput,
  { topic, queueId, group }: { topic: string; queueId: number; group: string },
): QueueTimeSpan {
  const queue = { topic, queueId };
  const { min, max } = store.queueRange(topic, queueId) ?? { min: 0, max: 0 };
  const minTimeStamp = store.storeTimeAt(queue, min) ?? -1;
  const consumed = offsets.query(group, topic, queueId);
  const next = store.storeTimeAt(queue, Math.max(min, consumed));
  return {
    messageQueue: { topic, brokerName, queueId },
    minTimeStamp,
    maxTimeStamp: store.storeTimeAt(queue, max - 1) ?? -1,
    consumeTimeStamp: consumed > 0 ? store.storeTimeAt(queue, consumed - 1) ?? -1 : minTimeStamp,
    delayTime: next === undefined ? 0 : now() - next,
  };
}

function isThere(topic: TopicConfig | undefined): topic is TopicConfig {
  return topic !== undefined;
}
