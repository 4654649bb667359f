/**
 * Progress in bodies: how far topics are written and how far groups have read them.
 *
 * @module
 */

import {
  asObject,
  formatBody,
  integerMember,
  optionalInteger,
  optionalNumber,
  parseBody,
} from "./json_body.ts";
import { type MessageQueue, queueTable } from "./message_queue.ts";

/** Offsets of one queue (Java: `TopicOffset`). */
export interface TopicOffset {
  minOffset: number;
  maxOffset: number;
  /** Store time of the newest message, ms; 0 when there is none. */
  lastUpdateTimestamp: number;
}

/** Response to GET_TOPIC_STATS_INFO (Java: `TopicStatsTable`). */
export interface TopicStatsTable {
  offsetTable: Map<MessageQueue, TopicOffset>;
  /** 5.x: messages a second. */
  topicPutTps?: number | undefined;
}

/** Progress of a group in one queue (Java: `OffsetWrapper`). */
export interface QueueProgress {
  /** Offset the next message will get. */
  brokerOffset: number;
  /** Offset the group committed. */
  consumerOffset: number;
  /** Store time of the last consumed message, ms; 0 when it is gone. */
  lastTimestamp: number;
  /** 5.x: offset the group pulled last. */
  pullOffset?: number | undefined;
}

/** Response to GET_CONSUME_STATS (Java: `ConsumeStats`). */
export interface ConsumeStats {
  offsetTable: Map<MessageQueue, QueueProgress>;
  /** Messages a second. */
  consumeTps: number;
}

/** Response to GET_BROKER_CONSUME_STATS (Java: `ConsumeStatsList`). */
export interface BrokerConsumeStats {
  brokerAddr: string;
  /** One entry a group, with one item a topic. */
  consumeStatsList: Map<string, ConsumeStats[]>[];
  /** Messages not consumed, over all groups. */
  totalDiff: number;
  /** 5.x: messages pulled and not committed, over all groups. */
  totalInflightDiff?: number | undefined;
}

/** Counts of one window (Java: `BrokerStatsItem`). */
export interface StatsItem {
  sum: number;
  /** Events a second. */
  tps: number;
  /** Average of one event. */
  avgpt: number;
}

/** Response to VIEW_BROKER_STATS_DATA (Java: `BrokerStatsData`). */
export interface BrokerStatsData {
  statsMinute: StatsItem;
  statsHour: StatsItem;
  statsDay: StatsItem;
}

/** Response to GET_TOPIC_STATS_INFO. */
export function parseTopicStats(body: Uint8Array | undefined): TopicStatsTable {
  const object = parseBody(body, "topic stats");
  return {
    offsetTable: queueTable(object, "offsetTable", readTopicOffset),
    topicPutTps: optionalNumber(object, "topicPutTps"),
  };
}

/** Response to GET_TOPIC_STATS_INFO. */
export function formatTopicStats(stats: TopicStatsTable): Uint8Array {
  return formatBody(stats);
}

/** Response to GET_CONSUME_STATS. */
export function parseConsumeStats(body: Uint8Array | undefined): ConsumeStats {
  const object = parseBody(body, "consume stats");
  return {
    offsetTable: queueTable(object, "offsetTable", readProgress),
    consumeTps: optionalNumber(object, "consumeTps") ?? 0,
  };
}

/** Response to GET_CONSUME_STATS. */
export function formatConsumeStats(stats: ConsumeStats): Uint8Array {
  return formatBody(stats);
}

/** Response to GET_BROKER_CONSUME_STATS. */
export function formatBrokerConsumeStats(stats: BrokerConsumeStats): Uint8Array {
  return formatBody(stats);
}

/** What a broker counts (Java: `BrokerStatsManager`). */
export type StatsName =
  /** Messages put, by topic. */
  | "TOPIC_PUT_NUMS"
  /** Bytes put, by topic. */
  | "TOPIC_PUT_SIZE"
  /** Messages got, by `topic@group`. */
  | "GROUP_GET_NUMS"
  /** Bytes got, by `topic@group`. */
  | "GROUP_GET_SIZE"
  /** Time pulls that got something took to read, ms, by `queueId@topic@group`. */
  | "GROUP_GET_LATENCY"
  /** Messages given back, by `topic@group`. */
  | "SNDBCK_PUT_NUMS"
  /** Messages put, by cluster. */
  | "BROKER_PUT_NUMS"
  /** Messages got, by cluster. */
  | "BROKER_GET_NUMS";

/** Response to VIEW_BROKER_STATS_DATA. */
export function parseBrokerStats(body: Uint8Array | undefined): BrokerStatsData {
  const object = parseBody(body, "broker stats");
  const item = (key: string) => readStatsItem(object[key], key);
  return {
    statsMinute: item("statsMinute"),
    statsHour: item("statsHour"),
    statsDay: item("statsDay"),
  };
}

/** Response to VIEW_BROKER_STATS_DATA. */
export function formatBrokerStats(stats: BrokerStatsData): Uint8Array {
  return formatBody(stats);
}

function readStatsItem(value: unknown, what: string): StatsItem {
  const object = asObject(value, what);
  return {
    sum: integerMember(object, "sum"),
    tps: optionalNumber(object, "tps") ?? 0,
    avgpt: optionalNumber(object, "avgpt") ?? 0,
  };
}

function readTopicOffset(value: unknown, what: string): TopicOffset {
  const object = asObject(value, what);
  return {
    minOffset: integerMember(object, "minOffset"),
    maxOffset: integerMember(object, "maxOffset"),
    lastUpdateTimestamp: integerMember(object, "lastUpdateTimestamp"),
  };
}

function readProgress(value: unknown, what: string): QueueProgress {
  const object = asObject(value, what);
  return {
    brokerOffset: integerMember(object, "brokerOffset"),
    consumerOffset: integerMember(object, "consumerOffset"),
    lastTimestamp: integerMember(object, "lastTimestamp"),
    pullOffset: optionalInteger(object, "pullOffset"),
  };
}
