/**
 * The making, changing and removal of topics.
 *
 * @module
 */

import { AUTO_CREATE_TOPIC } from "../../wire/route.ts";
import { PERM, type TopicConfig } from "../../wire/topic_config.ts";
import { topicNameProblem } from "../../wire/topic_names.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import {
  type BrokerChoice,
  brokersNow,
  brokersOfTopic,
  changeEach,
  tellNameServers,
} from "./asking.ts";
import { kvDelete, ORDER_NAMESPACE, orderConfOf, setOrderConf } from "./kv.ts";
import { configsOf } from "./topics.ts";

/** What may be said of a topic. */
export interface TopicSettings {
  /** Default 8. */
  readonly readQueues?: number | undefined;
  /** Default 8. */
  readonly writeQueues?: number | undefined;
  /** Sum of 4 (read) and 2 (write); default 6. */
  readonly perm?: number | undefined;
  /** Producers keep to the queues of the order configuration, which is written with it. */
  readonly order?: boolean | undefined;
  /** For brokers of 5.x, such as `{ "message.type": "FIFO" }`; `null` removes one. */
  readonly attributes?: Readonly<Record<string, string | null>> | undefined;
}

const DEFAULT_QUEUES = 8;
const QUEUES_MAX = 65_536;
const PERM_MAX = PERM.PRIORITY | PERM.READ | PERM.WRITE | PERM.INHERIT;

/**
 * Makes a topic, or gives the one there is other settings: what is not said takes its default, not
 * what it was. Returns the names of the brokers.
 *
 * @throws {ClientError} `invalid` before anything is asked, `refused`, `no-route`.
 */
export async function createTopic(
  cluster: Cluster,
  topic: string,
  settings: TopicSettings & BrokerChoice = {},
): Promise<readonly string[]> {
  const { readQueues = DEFAULT_QUEUES, writeQueues = DEFAULT_QUEUES, order = false } = settings;
  checkSettings(topic, settings);
  const brokers = await brokersNow(cluster, settings);
  await changeEach(brokers, `create topic "${topic}"`, (address) => {
    return putTopic(cluster, address, {
      topicName: cluster.namespace.wrap(topic),
      ...NEW_TOPIC,
      readQueueNums: readQueues,
      writeQueueNums: writeQueues,
      order,
      ...(settings.perm !== undefined && { perm: settings.perm }),
      attributes: settings.attributes,
    });
  });
  const names = brokers.map((it) => it.brokerName);
  if (order) {
    await setOrderConf(cluster, topic, new Map(names.map((name) => [name, writeQueues])));
  }
  cluster.routes.forget(cluster.namespace.wrap(topic));
  return names;
}

/**
 * Changes a topic at its brokers, or some of them; what is not said stays as it is there. Returns the
 * names of the brokers.
 *
 * @throws {ClientError} `invalid`; `no-route` when no broker has it.
 */
export async function updateTopic(
  cluster: Cluster,
  topic: string,
  changes: TopicSettings & Pick<BrokerChoice, "brokers">,
): Promise<readonly string[]> {
  checkSettings(topic, changes);
  const { brokers: named } = changes;
  const having = await brokersOfTopic(cluster, topic);
  const missing = named?.find((name) => having.every((it) => it.brokerName !== name));
  if (missing !== undefined) {
    const message = `Cannot change topic "${topic}": broker "${missing}" does not have it`;
    throw new ClientError(message, { kind: "invalid" });
  }
  const brokers = having.filter((it) => named?.includes(it.brokerName) ?? true);
  const before = await configsOf(cluster, brokers, topic);
  const after = new Map(before.map(({ brokerName, config }) => {
    return [brokerName, { ...config, ...wireNames(changes), attributes: changes.attributes }];
  }));
  const configure = (count: (config: WantedTopic) => number) => {
    const queues = [...after].map(([brokerName, it]) => [brokerName, count(it)] as const);
    return setOrderConf(cluster, topic, new Map(queues));
  };
  // Brokers that find a topic in the order configuration make it ordered again.
  if (changes.order === false) await configure(() => 0);
  await changeEach(
    brokers.filter((it) => after.has(it.brokerName)),
    `change topic "${topic}"`,
    (address, { brokerName }) => putTopic(cluster, address, after.get(brokerName)!),
  );
  // Those of 4.x hear only from it that a topic is ordered. No producer may use a queue too early.
  const isOrdered = changes.order ?? (await orderConfOf(cluster, topic)).size > 0;
  if (isOrdered) await configure((it) => it.writeQueueNums);
  cluster.routes.forget(cluster.namespace.wrap(topic));
  return [...after.keys()];
}

/** Removes a topic with its messages from all brokers, and then from all name servers. */
export async function deleteTopic(cluster: Cluster, topic: string): Promise<void> {
  const header = { topic: cluster.namespace.wrap(topic) };
  await changeEach(await brokersNow(cluster), `delete topic "${topic}"`, (address) => {
    return cluster.call(address, "DELETE_TOPIC_IN_BROKER", { header });
  });
  await tellNameServers(cluster, "DELETE_TOPIC_IN_NAMESRV", { header });
  await kvDelete(cluster, ORDER_NAMESPACE, header.topic);
  cluster.routes.forget(header.topic);
}

/** What is said of a topic whose maker says nothing. */
const NEW_TOPIC = {
  topicFilterType: "SINGLE_TAG",
  topicSysFlag: 0,
  perm: PERM.READ | PERM.WRITE,
} as const;

type WantedTopic = Omit<TopicConfig, "attributes"> & Pick<TopicSettings, "attributes">;

async function putTopic(
  cluster: Cluster,
  address: string,
  { topicName, attributes, ...settings }: WantedTopic,
): Promise<void> {
  await cluster.call(address, "UPDATE_AND_CREATE_TOPIC", {
    header: {
      ...settings,
      topic: topicName,
      defaultTopic: AUTO_CREATE_TOPIC,
      attributes: attributesText(attributes),
    },
  });
}

/** What was said of a topic, without what was not, as it is called on the wire. */
function wireNames({ readQueues, writeQueues, perm, order }: TopicSettings) {
  return {
    ...(readQueues !== undefined && { readQueueNums: readQueues }),
    ...(writeQueues !== undefined && { writeQueueNums: writeQueues }),
    ...(perm !== undefined && { perm }),
    ...(order !== undefined && { order }),
  };
}

/** As brokers take changes of attributes: `+key=value,-key`. */
function attributesText(attributes: TopicSettings["attributes"]): string | undefined {
  const changes = Object.entries(attributes ?? {}).map(([key, value]) => {
    return value === null ? `-${key}` : `+${key}=${value}`;
  });
  return changes.length === 0 ? undefined : changes.join();
}

function checkSettings(topic: string, { readQueues, writeQueues, perm }: TopicSettings): void {
  const invalid = (reason: string) => {
    return new ClientError(`Cannot make topic "${topic}": ${reason}`, { kind: "invalid" });
  };
  const problem = topicNameProblem(topic);
  if (problem !== undefined) throw invalid(problem);
  for (const [name, count] of [["readQueues", readQueues], ["writeQueues", writeQueues]] as const) {
    if (count === undefined || (Number.isInteger(count) && count > 0 && count <= QUEUES_MAX)) {
      continue;
    }
    throw invalid(`${name} is ${count}, expected 1 to ${QUEUES_MAX}`);
  }
  if (perm === undefined || (Number.isInteger(perm) && perm >= 0 && perm <= PERM_MAX)) return;
  throw invalid(`perm is ${perm}, expected 2 (write), 4 (read) or 6`);
}
