/**
 * Names of topics and groups: which are allowed, and which the broker keeps for itself (Java:
 * `TopicValidator`, `MixAll`).
 *
 * @module
 */

import { AUTO_CREATE_TOPIC } from "./route.ts";

/** Prefix of the topic from which a group gets its failed messages again. */
export const RETRY_PREFIX = "%RETRY%";

/** Prefix of the topic that keeps the messages a group gave up. */
export const DLQ_PREFIX = "%DLQ%";

/** Where delayed messages wait: one queue a delay level. */
export const SCHEDULE_TOPIC = "SCHEDULE_TOPIC_XXXX";

/** Where messages of open transactions wait. */
export const TRANS_HALF_TOPIC = "RMQ_SYS_TRANS_HALF_TOPIC";

/** Which of the messages that wait are finished. */
export const TRANS_OP_HALF_TOPIC = "RMQ_SYS_TRANS_OP_HALF_TOPIC";

/** Where transactions end that nobody finished. */
export const TRANS_CHECK_MAX_TIME_TOPIC = "TRANS_CHECK_MAX_TIME_TOPIC";

/** Where clients trace what they do, unless told otherwise. */
export const TRACE_TOPIC = "RMQ_SYS_TRACE_TOPIC";

/** For measurements. */
export const BENCHMARK_TOPIC = "BenchmarkTest";

/** For a broker that tests itself. */
export const SELF_TEST_TOPIC = "SELF_TEST_TOPIC";

/** Where old releases told of offsets that moved. */
export const OFFSET_MOVED_EVENT = "OFFSET_MOVED_EVENT";

const CHECKPOINT_TOPIC = "CHECKPOINT_TOPIC";
const SYSTEM_PREFIX = "rmq_sys_";
const REPLY_SUFFIX = "_REPLY_TOPIC";
/** Characters of the longest topic, and of a retry or dead letter topic: as long as a record holds. */
export const TOPIC_LENGTH = { max: 127, derivedMax: 255 } as const;

/** The retry topic of a group must be a topic. */
const GROUP_LENGTH_MAX = TOPIC_LENGTH.derivedMax - RETRY_PREFIX.length;

/** What names of topics and groups consist of. */
export const ALLOWED_NAME = /^[%|a-zA-Z0-9_-]+$/;

const SYSTEM_TOPICS: ReadonlySet<string> = new Set([
  AUTO_CREATE_TOPIC,
  SCHEDULE_TOPIC,
  BENCHMARK_TOPIC,
  TRANS_HALF_TOPIC,
  TRACE_TOPIC,
  TRANS_OP_HALF_TOPIC,
  TRANS_CHECK_MAX_TIME_TOPIC,
  SELF_TEST_TOPIC,
  OFFSET_MOVED_EVENT,
  CHECKPOINT_TOPIC,
]);

const NOT_SENDABLE: ReadonlySet<string> = new Set([
  SCHEDULE_TOPIC,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
  TRANS_CHECK_MAX_TIME_TOPIC,
  SELF_TEST_TOPIC,
  OFFSET_MOVED_EVENT,
]);

const SYSTEM_GROUP_PREFIX = "CID_RMQ_SYS_";

/** The retry topic of a group. */
export function retryTopicOf(group: string): string {
  return RETRY_PREFIX + group;
}

/** The dead letter topic of a group. */
export function dlqTopicOf(group: string): string {
  return DLQ_PREFIX + group;
}

/** The topic through which replies to requests come back in a cluster. */
export function replyTopicOf(cluster: string): string {
  return cluster + REPLY_SUFFIX;
}

/** Topics a broker has for itself that are called after it and its cluster. */
export function ownTopicsOf(
  { cluster, brokerName }: { readonly cluster: string; readonly brokerName: string },
): string[] {
  return [cluster, brokerName, replyTopicOf(cluster)];
}

/** Whether a topic is the retry or the dead letter topic of a group. */
export function isDerivedTopic(topic: string): boolean {
  return topic.startsWith(RETRY_PREFIX) || topic.startsWith(DLQ_PREFIX);
}

/** Whether a topic belongs to the system whatever the cluster is called. */
export function isSystemTopic(topic: string): boolean {
  return SYSTEM_TOPICS.has(topic) || topic.startsWith(SYSTEM_PREFIX);
}

/** Names of the topics that belong to the system whatever the cluster is called. */
export function systemTopics(): IterableIterator<string> {
  return SYSTEM_TOPICS.values();
}

/** Whether clients may send to a topic. */
export function isSendable(topic: string): boolean {
  return !NOT_SENDABLE.has(topic);
}

/** Whether a group belongs to the system: it is created even where groups are not. */
export function isSystemGroup(group: string): boolean {
  return group.startsWith(SYSTEM_GROUP_PREFIX);
}

/** Why a topic cannot have this name, in Java's words; `undefined` when it can. */
export function topicNameProblem(topic: string): string | undefined {
  const problem = nameProblem("topic", topic);
  if (problem !== undefined) return problem;
  if (isDerivedTopic(topic)) {
    if (topic.length <= TOPIC_LENGTH.derivedMax) return undefined;
    return `The specified topic is DLQ or Retry topic: ${topic}, ` +
      `and it's longer than topic max length: ${TOPIC_LENGTH.derivedMax}`;
  }
  return tooLong("topic", topic, TOPIC_LENGTH.max);
}

/**
 * Why a group cannot have this name, in Java's words; `undefined` when it can. The limit is that of
 * 4.x; 5.5.0 has come down to 120.
 */
export function groupNameProblem(group: string): string | undefined {
  return nameProblem("group", group) ?? tooLong("group", group, GROUP_LENGTH_MAX);
}

function nameProblem(what: "topic" | "group", name: string): string | undefined {
  if (typeof name !== "string") return `The specified ${what} is ${name}, expected a name.`;
  if (name.trim() === "") return `The specified ${what} is blank.`;
  if (ALLOWED_NAME.test(name)) return undefined;
  return `The specified ${what}: ${name}, contains illegal characters, ` +
    "allowing only ^[%|a-zA-Z0-9_-]+$";
}

function tooLong(what: "topic" | "group", name: string, limit: number): string | undefined {
  if (name.length <= limit) return undefined;
  return `The specified ${what}: ${name}, is longer than ${what} max length: ${limit}`;
}
