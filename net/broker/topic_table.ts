/**
 * The topics of a broker: what they are, how they come to be, and the file they survive in
 * (`topics.json`, which Java 4.9 and 5.x read and write too).
 *
 * @module
 */

import { TIMER_TOPIC } from "../../store/timer_wheel.ts";
import {
  type ConfigFormat,
  type ConfigVersion,
  type JsonObject,
  TOPICS,
} from "../../store/config_tables.ts";
import { LMQ_PREFIX } from "../../store/multi_dispatch.ts";
import {
  PERM,
  readTopicConfig,
  type TopicConfig,
  type TopicConfigs,
} from "../wire/topic_config.ts";
import { AUTO_CREATE_TOPIC } from "../wire/route.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { TableFile } from "./table_file.ts";
import { hasBatchQueues } from "./topic_attributes.ts";
import {
  BENCHMARK_TOPIC,
  isSystemTopic,
  OFFSET_MOVED_EVENT,
  ownTopicsOf,
  replyTopicOf,
  SCHEDULE_TOPIC,
  SELF_TEST_TOPIC,
  systemTopics,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
} from "../wire/topic_names.ts";

/** The file `topics.json`. */
export const TOPIC_FILE: ConfigFormat<ReadonlyMap<string, TopicConfig>> = {
  fileName: TOPICS.fileName,
  decode(value) {
    const table = TOPICS.decode(value);
    const topics = Array.from(table.entries, ([name, entry]): [string, TopicConfig] => {
      // Members of other releases go through the broker unharmed.
      const topic = readTopicConfig(entry, name);
      return [name, { ...entry, ...topic, attributes: topic.attributes }];
    });
    return { ...table, entries: new Map(topics) };
  },
  encode: ({ version, entries, rest }) => ({
    ...rest,
    dataVersion: version,
    topicConfigTable: entries,
  }),
};

/** What the table needs to know. */
export interface TopicTableOptions {
  readonly config:
    & Pick<
      BrokerConfig,
      | "autoCreateTopicEnable"
      | "brokerClusterName"
      | "brokerName"
      | "brokerTopicEnable"
      | "clusterTopicEnable"
      | "defaultTopicQueueNums"
      | "msgTraceTopicName"
      | "timerWheelEnable"
      | "traceTopicEnable"
    >
    & Partial<Pick<BrokerConfig, "enableLmq">>;
  /** Where the table is kept; without it it lives in memory only. */
  readonly file?: TableFile<ReadonlyMap<string, TopicConfig>> | undefined;
  readonly now: () => number;
}

/** A topic to be created by the first message to it. */
export interface TopicInSend {
  readonly topic: string;
  /** The topic whose settings it gets, of the producer's choice. */
  readonly defaultTopic: string;
  /** Queues the producer asks for; the default topic's number is the limit. */
  readonly queueNums: number;
}

/** What a topic that belongs to a group is like. */
export interface GroupTopic {
  readonly queueNums: number;
  readonly perm: number;
  /** Sum of unit flags; default 0. */
  readonly topicSysFlag?: number;
  /** The group consumes an ordered topic. */
  readonly order?: boolean;
}

const SCHEDULE_QUEUES = 18;
const BENCHMARK_QUEUES = 1024;
const CLUSTER_QUEUES = 16;

/** The topics. */
export class TopicTable {
  readonly #topics = new Map<string, TopicConfig>();
  readonly #ownSystemTopics: ReadonlySet<string>;
  readonly #options: TopicTableOptions;
  readonly #watchers = new Set<() => void>();
  /** Members of the file that are not ours. */
  #rest: JsonObject = {};
  #dataVersion: ConfigVersion;

  private constructor(options: TopicTableOptions) {
    this.#options = options;
    this.#ownSystemTopics = ownSystemTopics(options.config);
    this.#dataVersion = { counter: 0, timestamp: options.now(), stateVersion: 0 };
  }

  /**
   * The topics of the last run and those every broker has.
   *
   * @throws {Error} if the file holds something else.
   */
  static open(options: TopicTableOptions): TopicTable {
    const table = new TopicTable(options);
    for (const topic of bootTopics(options.config)) table.#topics.set(topic.topicName, topic);
    const kept = options.file?.read();
    if (kept === undefined) return table;
    for (const [name, topic] of kept.entries) table.#topics.set(name, topic);
    table.#rest = kept.rest;
    table.#dataVersion = kept.version ?? table.#dataVersion;
    return table;
  }

  /** Changes with every change of a topic, by which name servers and slaves see it. */
  get dataVersion(): ConfigVersion {
    return this.#dataVersion;
  }

  /** The topic; `undefined` when there is none of that name. */
  get(name: string): TopicConfig | undefined {
    const isLight = this.#options.config.enableLmq === true && name.startsWith(LMQ_PREFIX);
    return isLight ? newTopic(name, { queues: 1 }) : this.#topics.get(name);
  }

  /** Whether a topic has batch queues. */
  isBatch(name: string): boolean {
    return hasBatchQueues(this.#topics.get(name)?.attributes);
  }

  /** All topics. */
  all(): IterableIterator<TopicConfig> {
    return this.#topics.values();
  }

  /** Calls `changed` after every change until what is returned is disposed. */
  watch(changed: () => void): Disposable {
    this.#watchers.add(changed);
    return { [Symbol.dispose]: () => void this.#watchers.delete(changed) };
  }

  /** The table as bodies hold it. */
  snapshot(): TopicConfigs {
    return { dataVersion: this.#dataVersion, topicConfigTable: this.#topics };
  }

  /**
   * The topic, created like `defaultTopic` when it is not there and that topic may be inherited
   * (Java: `createTopicInSendMessageMethod`); `undefined` when it may not.
   */
  createInSend({ topic, defaultTopic, queueNums }: TopicInSend): TopicConfig | undefined {
    const found = this.#topics.get(topic);
    if (found !== undefined) return found;
    const model = this.#topics.get(defaultTopic);
    if (model === undefined || (model.perm & PERM.INHERIT) === 0) return undefined;
    // A topic file of a run that allowed creation may still hold the default topic.
    if (defaultTopic === AUTO_CREATE_TOPIC && !this.#options.config.autoCreateTopicEnable) {
      return undefined;
    }
    const queues = Math.max(0, Math.min(queueNums, model.writeQueueNums));
    const created: TopicConfig = {
      ...newTopic(topic, { queues, perm: model.perm & ~PERM.INHERIT }),
      topicFilterType: model.topicFilterType,
    };
    this.#change(created);
    return created;
  }

  /**
   * A topic that belongs to a group, for its retries or its dead letters, created when it is not there
   * (Java: `createTopicInSendMessageBackMethod`).
   */
  createOwned(name: string, like: GroupTopic): TopicConfig {
    const found = this.#topics.get(name);
    if (found !== undefined) return found;
    const { queueNums, perm, topicSysFlag = 0, order = false } = like;
    const created = { ...newTopic(name, { queues: queueNums, perm }), topicSysFlag, order };
    this.#change(created);
    return created;
  }

  /** Creates or replaces a topic; resolves when that is saved. */
  put(topic: TopicConfig): Promise<void> {
    return this.#change(topic);
  }

  /** Removes a topic, if it is there; resolves when that is saved. */
  delete(name: string): Promise<void> {
    return this.#topics.delete(name) ? this.#changed() : this.saved();
  }

  /** Resolves when all changes are on the disk; a save that failed is tried once more. */
  async saved(): Promise<void> {
    await this.#options.file?.saved();
  }

  /** Marks the topics that name servers keep an order configuration of. */
  markOrdered(names: Iterable<string>): void {
    let differs = false;
    for (const name of names) {
      const topic = this.#topics.get(name);
      if (topic === undefined || topic.order) continue;
      this.#topics.set(name, { ...topic, order: true });
      differs = true;
    }
    if (differs) this.#changed();
  }

  /** Makes topics that changed settings ask for, and shows name servers a new version. */
  settingsChanged(): Promise<void> {
    for (const topic of bootTopics(this.#options.config)) {
      if (!this.#topics.has(topic.topicName)) this.#topics.set(topic.topicName, topic);
    }
    return this.#changed();
  }

  /** Whether a topic belongs to the system, those named after this broker and its cluster included. */
  isSystem(name: string): boolean {
    return isSystemTopic(name) || this.#ownSystemTopics.has(name);
  }

  /** Names of all system topics, as GET_SYSTEM_TOPIC_LIST_FROM_BROKER lists them. */
  systemTopics(): string[] {
    const present = [...this.#topics.keys()].filter((name) => this.isSystem(name));
    return [...new Set([...systemTopics(), ...this.#ownSystemTopics, ...present])].sort();
  }

  #change(topic: TopicConfig): Promise<void> {
    this.#topics.set(topic.topicName, topic);
    return this.#changed();
  }

  #changed(): Promise<void> {
    this.#dataVersion = nextVersion(this.#dataVersion, this.#options.now());
    const saved = this.#options.file?.save(() => ({
      version: this.#dataVersion,
      entries: this.#topics,
      rest: this.#rest,
    }));
    for (const changed of this.#watchers) changed();
    return saved ?? Promise.resolve();
  }
}

/** The version after one more change. */
export function nextVersion(version: ConfigVersion, now: number): ConfigVersion {
  return { ...version, counter: version.counter + 1, timestamp: now };
}

/** A topic with as many queues to read as to write. */
export function newTopic(
  topicName: string,
  { queues, perm = PERM.READ | PERM.WRITE }: { queues: number; perm?: number },
): TopicConfig {
  return {
    topicName,
    readQueueNums: queues,
    writeQueueNums: queues,
    perm,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
  };
}

function ownSystemTopics(config: TopicTableOptions["config"]): Set<string> {
  const { brokerClusterName, brokerName, msgTraceTopicName, traceTopicEnable } = config;
  const names = ownTopicsOf({ cluster: brokerClusterName, brokerName });
  if (traceTopicEnable) names.push(msgTraceTopicName);
  return new Set(names);
}

function bootTopics(config: TopicTableOptions["config"]): TopicConfig[] {
  const { brokerClusterName, brokerName, defaultTopicQueueNums, msgTraceTopicName } = config;
  const readWrite = PERM.READ | PERM.WRITE;
  const topics = [
    newTopic(SELF_TEST_TOPIC, { queues: 1 }),
    newTopic(BENCHMARK_TOPIC, { queues: BENCHMARK_QUEUES }),
    newTopic(brokerClusterName, {
      queues: CLUSTER_QUEUES,
      perm: PERM.INHERIT | (config.clusterTopicEnable ? readWrite : 0),
    }),
    newTopic(brokerName, {
      queues: 1,
      perm: PERM.INHERIT | (config.brokerTopicEnable ? readWrite : 0),
    }),
    newTopic(OFFSET_MOVED_EVENT, { queues: 1 }),
    newTopic(SCHEDULE_TOPIC, { queues: SCHEDULE_QUEUES }),
    newTopic(replyTopicOf(brokerClusterName), { queues: 1 }),
    newTopic(TRANS_HALF_TOPIC, { queues: 1 }),
    newTopic(TRANS_OP_HALF_TOPIC, { queues: 1 }),
  ];
  if (config.autoCreateTopicEnable) {
    topics.push(newTopic(AUTO_CREATE_TOPIC, {
      queues: defaultTopicQueueNums,
      perm: PERM.INHERIT | readWrite,
    }));
  }
  if (config.timerWheelEnable) topics.push(newTopic(TIMER_TOPIC, { queues: 1 }));
  if (config.traceTopicEnable) topics.push(newTopic(msgTraceTopicName, { queues: 1 }));
  return topics;
}
