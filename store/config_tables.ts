/**
 * What stands in the configuration files a store cannot do without: topics, consumer groups, the
 * progress of consumers and of delayed messages. Members this project does not know are kept, so that
 * a file goes through it unharmed.
 *
 * @module
 */
import { NAME } from "./names.ts";

/** A JSON object whose members are still to be judged. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Version of a table, by which brokers and name servers tell whether it changed. */
export interface ConfigVersion {
  readonly counter: number;
  readonly timestamp: number;
  /** 5.x. */
  readonly stateVersion?: number;
}

/** A topic (Java: `TopicConfig`). */
export interface TopicEntry {
  readonly topicName: string;
  readonly readQueueNums: number;
  readonly writeQueueNums: number;
  /** Bits: 4 read, 2 write, 1 inherit. */
  readonly perm: number;
  readonly order: boolean;
  readonly topicSysFlag: number;
  readonly topicFilterType: string;
  /** 5.x; such as `queue.type`. */
  readonly attributes?: JsonObject;
  readonly [other: string]: unknown;
}

/** A consumer group (Java: `SubscriptionGroupConfig`). */
export interface GroupEntry {
  readonly groupName: string;
  readonly consumeEnable: boolean;
  readonly consumeBroadcastEnable: boolean;
  readonly retryQueueNums: number;
  readonly retryMaxTimes: number;
  readonly [other: string]: unknown;
}

/** One table of a configuration file. */
export interface ConfigTable<Entries> {
  /** Absent in the offset files of 4.x. */
  readonly version?: ConfigVersion;
  readonly entries: Entries;
  /** All other members of the file. */
  readonly rest: JsonObject;
}

/** Offsets by queue id, or by delay level. */
export type OffsetMap = ReadonlyMap<number, number>;

/** How one configuration file is read and written. */
export interface ConfigFormat<Entries> {
  /** Name under `config/`. */
  readonly fileName: string;
  /** Takes a parsed file apart. Throws TypeError where a member is not what it must be. */
  decode(value: unknown): ConfigTable<Entries>;
  /** The value to write; numbers as keys stay bare, as Java writes them. */
  encode(table: ConfigTable<Entries>): object;
}

/** `topics.json`: topics by name. */
export const TOPICS: ConfigFormat<ReadonlyMap<string, TopicEntry>> = configFormat({
  fileName: NAME.topics,
  member: "topicConfigTable",
  decode: (value, what) => mapOf(value, what, decodeTopic),
});

/** `subscriptionGroup.json`: consumer groups by name. */
export const SUBSCRIPTION_GROUPS: ConfigFormat<ReadonlyMap<string, GroupEntry>> = configFormat({
  fileName: NAME.subscriptionGroups,
  member: "subscriptionGroupTable",
  decode: (value, what) => mapOf(value, what, decodeGroup),
});

/** `consumerOffset.json`: by `topic@group` and queue id, the offset consumed next. */
export const CONSUMER_OFFSETS: ConfigFormat<ReadonlyMap<string, OffsetMap>> = configFormat({
  fileName: NAME.consumerOffsets,
  member: "offsetTable",
  decode: (value, what) => mapOf(value, what, decodeOffsets),
});

/** `lmqConsumerOffset.json`: the same for brokers with light message queues (4.9.3 and later). */
export const LMQ_CONSUMER_OFFSETS: ConfigFormat<ReadonlyMap<string, OffsetMap>> = configFormat({
  fileName: NAME.lmqConsumerOffsets,
  member: "offsetTable",
  decode: (value, what) => mapOf(value, what, decodeOffsets),
});

/** `delayOffset.json`: by delay level, the offset in its queue delivered next. */
export const DELAY_OFFSETS: ConfigFormat<OffsetMap> = configFormat({
  fileName: NAME.delayOffsets,
  member: "offsetTable",
  decode: decodeOffsets,
});

function configFormat<Entries>(
  { fileName, member, decode }: {
    readonly fileName: string;
    readonly member: string;
    readonly decode: (value: unknown, what: string) => Entries;
  },
): ConfigFormat<Entries> {
  return {
    fileName,
    decode(value) {
      const { dataVersion, [member]: entries, ...rest } = objectOf(value, fileName);
      const version = dataVersion === undefined || dataVersion === null
        ? {}
        : { version: decodeVersion(dataVersion) };
      return { ...version, entries: decode(entries ?? {}, member), rest };
    },
    encode({ version, entries, rest }) {
      return { ...rest, dataVersion: version, [member]: entries };
    },
  };
}

/** Version of a table, as it stands in its file. Throws TypeError where it is none. */
export function decodeVersion(value: unknown): ConfigVersion {
  const version = objectOf(value, "dataVersion");
  return {
    ...version,
    counter: integerOf(version.counter, "counter", 0),
    timestamp: integerOf(version.timestamp, "timestamp", 0),
  };
}

const TOPIC_QUEUES_DEFAULT = 16;
const PERM_DEFAULT = 6;
const RETRY_TIMES_DEFAULT = 16;

function decodeTopic(value: unknown, name: string): TopicEntry {
  const topic = objectOf(value, name);
  return {
    ...topic,
    topicName: textOf(topic.topicName, name),
    readQueueNums: integerOf(topic.readQueueNums, "readQueueNums", TOPIC_QUEUES_DEFAULT),
    writeQueueNums: integerOf(topic.writeQueueNums, "writeQueueNums", TOPIC_QUEUES_DEFAULT),
    perm: integerOf(topic.perm, "perm", PERM_DEFAULT),
    order: booleanOf(topic.order, "order", false),
    topicSysFlag: integerOf(topic.topicSysFlag, "topicSysFlag", 0),
    topicFilterType: textOf(topic.topicFilterType, "SINGLE_TAG"),
  };
}

function decodeGroup(value: unknown, name: string): GroupEntry {
  const group = objectOf(value, name);
  return {
    ...group,
    groupName: textOf(group.groupName, name),
    consumeEnable: booleanOf(group.consumeEnable, "consumeEnable", true),
    consumeBroadcastEnable: booleanOf(group.consumeBroadcastEnable, "consumeBroadcastEnable", true),
    retryQueueNums: integerOf(group.retryQueueNums, "retryQueueNums", 1),
    retryMaxTimes: integerOf(group.retryMaxTimes, "retryMaxTimes", RETRY_TIMES_DEFAULT),
  };
}

function decodeOffsets(value: unknown, what: string): OffsetMap {
  const offsets = new Map<number, number>();
  const table = objectOf(value, what);
  for (const key of Object.keys(table)) {
    const offset = table[key];
    // A name for complaints is made for no other: a store has millions of offsets.
    const isPlain = typeof offset === "number" && Number.isInteger(offset);
    offsets.set(integerOf(key, what), isPlain ? offset : integerOf(offset, `${what} ${key}`));
  }
  return offsets;
}

function mapOf<T>(
  value: unknown,
  what: string,
  decode: (entry: unknown, key: string) => T,
): Map<string, T> {
  const table = objectOf(value, what);
  const map = new Map<string, T>();
  for (const key of Object.keys(table)) map.set(key, decode(table[key], key));
  return map;
}

function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`Cannot read "${what}": not an object`);
  }
  return value as JsonObject;
}

/** An integer, or its digits, which fastjson takes for one. Throws TypeError where it is neither. */
export function integerOf(value: unknown, what: string, fallback?: number): number {
  if ((value === undefined || value === null) && fallback !== undefined) return fallback;
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number)) {
    throw new TypeError(`Cannot read "${what}": ${JSON.stringify(value)} is not an integer`);
  }
  return number;
}

function booleanOf(value: unknown, what: string, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw new TypeError(`Cannot read "${what}": ${JSON.stringify(value)} is not a boolean`);
}

function textOf(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}
