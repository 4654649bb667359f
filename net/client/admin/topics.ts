/**
 * Topics: which there are, what they are like, how far they are written, who consumes them.
 *
 * @module
 */

import type { RemotingCommand } from "../../wire/command.ts";
import { decodeResponseHeader } from "../../wire/headers.ts";
import { parseBody } from "../../wire/json_body.ts";
import { parseGroupList, parseTopicList } from "../../wire/name_lists.ts";
import { parseTopicConfigs, readTopicConfig, type TopicConfig } from "../../wire/topic_config.ts";
import { parseTopicStats } from "../../wire/topic_stats.ts";
import type { Cluster } from "../cluster.ts";
import {
  askNameServer,
  type BrokerChoice,
  type BrokerGroup,
  brokersNow,
  brokersOfTopic,
  isRefusal,
  readEach,
} from "./asking.ts";

/** A topic as one broker has it. */
export interface TopicOfBroker {
  readonly brokerName: string;
  /** `host:port` of the broker. */
  readonly address: string;
  readonly topic: string;
  readonly readQueues: number;
  readonly writeQueues: number;
  /** Sum of 4 (read), 2 (write) and 1 (topics may be made from it). */
  readonly perm: number;
  /** Whether producers keep to the queues of the order configuration. */
  readonly order: boolean;
  /** Such as `message.type`; brokers of 4.x have none. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** One queue of a topic. */
export interface TopicQueueStats {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  /** Oldest offset that is still there. */
  readonly minOffset: number;
  /** Offset the next message gets. */
  readonly maxOffset: number;
  /** Store time of the newest message, epoch ms; of an empty queue `undefined`. */
  readonly lastStoreTimestamp: number | undefined;
}

/** How far a topic is written. */
export interface TopicStats {
  readonly topic: string;
  /** By broker and number. */
  readonly queues: readonly TopicQueueStats[];
}

/** Names of all topics the name server knows, sorted; with a namespace, those of it. */
export async function topicNames(
  cluster: Cluster,
  { cluster: clusterName }: { readonly cluster?: string | undefined } = {},
): Promise<readonly string[]> {
  const answer = clusterName === undefined
    ? await askNameServer(cluster, "GET_ALL_TOPIC_LIST_FROM_NAMESERVER")
    : await askNameServer(cluster, "GET_TOPICS_BY_CLUSTER", { header: { cluster: clusterName } });
  return namesWithin(cluster, parseTopicList(answer.body).topicList);
}

/** Names as the application knows them, without those of other namespaces, sorted. */
export function namesWithin({ namespace }: Cluster, names: Iterable<string>): readonly string[] {
  const own = [...names].flatMap((name) => {
    const unwrapped = namespace.unwrap(name);
    return namespace.name === "" || unwrapped !== name ? [unwrapped] : [];
  });
  return [...new Set(own)].sort();
}

/**
 * What each broker of a topic says of it.
 *
 * @throws {ClientError} `no-route` when none has it.
 */
export async function topicConfig(
  cluster: Cluster,
  topic: string,
): Promise<readonly TopicOfBroker[]> {
  const brokers = await brokersOfTopic(cluster, topic);
  return (await configsOf(cluster, brokers, topic)).map((it) => topicOf(topic, it));
}

/** All topics as each broker has them, the system's, too; with a namespace, those of it. */
export async function allTopics(
  cluster: Cluster,
  choice: BrokerChoice = {},
): Promise<readonly TopicOfBroker[]> {
  const { namespace } = cluster;
  const found = await readEach(await brokersNow(cluster, choice), async (address, broker) => {
    const configs = await allConfigsAt(cluster, address);
    return [...configs.values()].filter((it) => namesWithin(cluster, [it.topicName]).length > 0)
      .map((config) => {
        const topic = namespace.unwrap(config.topicName);
        return topicOf(topic, { brokerName: broker.brokerName, address, config });
      });
  });
  return found.flat();
}

function topicOf(topic: string, { brokerName, address, config }: ConfigAtBroker): TopicOfBroker {
  return {
    brokerName,
    address,
    topic,
    readQueues: config.readQueueNums,
    writeQueues: config.writeQueueNums,
    perm: config.perm,
    order: config.order,
    attributes: Object.fromEntries(config.attributes ?? []),
  };
}

/** A topic at a broker, as it is on the wire. */
export interface ConfigAtBroker {
  readonly brokerName: string;
  readonly address: string;
  readonly config: TopicConfig;
}

/** What these brokers say of a topic; one that has none is left out. */
export async function configsOf(
  cluster: Cluster,
  brokers: readonly BrokerGroup[],
  topic: string,
): Promise<readonly ConfigAtBroker[]> {
  const name = cluster.namespace.wrap(topic);
  const found = await readEach(brokers, async (address, { brokerName }) => {
    const config = await configAt(cluster, address, name);
    return config === undefined ? [] : [{ brokerName, address, config }];
  });
  return found.flat();
}

/** Brokers of 4.x do not tell of one topic alone. */
async function configAt(
  cluster: Cluster,
  address: string,
  topic: string,
): Promise<TopicConfig | undefined> {
  try {
    const { body } = await cluster.call(address, "GET_TOPIC_CONFIG", { header: { topic } });
    return readTopicConfig(parseBody(body, "topic config"), topic);
  } catch (error) {
    if (isRefusal(error, "TOPIC_NOT_EXIST")) return undefined;
    if (!isRefusal(error, "REQUEST_CODE_NOT_SUPPORTED")) throw error;
    return (await allConfigsAt(cluster, address)).get(topic);
  }
}

/** All topics of the broker at an address, by name on the wire. */
export async function allConfigsAt(
  cluster: Cluster,
  address: string,
): Promise<ReadonlyMap<string, TopicConfig>> {
  const all = new Map<string, TopicConfig>();
  for (;;) {
    const question = all.size === 0 ? {} : { header: { topicSeq: all.size } };
    const answer = await cluster.call(address, "GET_ALL_TOPIC_CONFIG", question);
    const before = all.size;
    for (const entry of parseTopicConfigs(answer.body).topicConfigTable) all.set(...entry);
    // Brokers of 5.5 tell many topics in parts, and how many there are.
    if (all.size === before || all.size >= totalOf(answer)) return all;
  }
}

function totalOf({ extFields }: RemotingCommand): number {
  return decodeResponseHeader("GET_ALL_TOPIC_CONFIG", extFields).ok?.totalTopicNum ?? 0;
}

/** How far each queue of a topic is written, over all its brokers. */
export async function topicStats(cluster: Cluster, topic: string): Promise<TopicStats> {
  const { namespace } = cluster;
  const header = { topic: namespace.wrap(topic) };
  const tables = await readEach(await brokersOfTopic(cluster, topic), async (address) => {
    const answer = await cluster.call(address, "GET_TOPIC_STATS_INFO", { header });
    return [...parseTopicStats(answer.body).offsetTable];
  });
  const queues = tables.flat().map(([queue, { minOffset, maxOffset, lastUpdateTimestamp }]) => ({
    topic,
    brokerName: queue.brokerName,
    queueId: queue.queueId,
    minOffset,
    maxOffset,
    lastStoreTimestamp: lastUpdateTimestamp > 0 ? lastUpdateTimestamp : undefined,
  }));
  return { topic, queues: queues.sort(compareQueues) };
}

/** Groups that consume a topic or did, sorted; with a namespace, those of it. */
export async function topicGroups(cluster: Cluster, topic: string): Promise<readonly string[]> {
  return namesWithin(cluster, await topicGroupsOnWire(cluster, topic));
}

/** All of them, whatever their namespace, as they are called on the wire. */
export async function topicGroupsOnWire(
  cluster: Cluster,
  topic: string,
): Promise<readonly string[]> {
  const header = { topic: cluster.namespace.wrap(topic) };
  const lists = await readEach(await brokersOfTopic(cluster, topic), async (address) => {
    const { body } = await cluster.call(address, "QUERY_TOPIC_CONSUME_BY_WHO", { header });
    return parseGroupList(body);
  });
  return [...new Set(lists.flat())].sort();
}

/** Order of queues: by topic, broker and number. */
export function compareQueues(
  one: { readonly topic: string; readonly brokerName: string; readonly queueId: number },
  other: { readonly topic: string; readonly brokerName: string; readonly queueId: number },
): number {
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1;
  if (one.brokerName !== other.brokerName) return one.brokerName < other.brokerName ? -1 : 1;
  return one.queueId - other.queueId;
}
