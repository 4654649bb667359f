/**
 * Groups: which there are, their settings, who is in them, their making and removal.
 *
 * @module
 */

import {
  type ClientConnection,
  parseConsumerConnection,
  parseProducerConnection,
} from "../../wire/client_connections.ts";
import { decodeResponseHeader } from "../../wire/headers.ts";
import {
  formatSubscriptionGroup,
  parseSubscriptionGroups,
  readSubscriptionGroup,
  type SubscriptionGroupConfig,
} from "../../wire/subscription_group.ts";
import { dlqTopicOf, groupNameProblem, retryTopicOf } from "../../wire/topic_names.ts";
import { versionName } from "../../wire/version.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import { type BrokerChoice, brokersNow, changeEach, isRefusal, readEach } from "./asking.ts";
import { deleteTopic } from "./topic_changes.ts";
import { namesWithin } from "./topics.ts";

/** A consumer group as one broker has it. */
export interface GroupOfBroker extends GroupSettingsOfBroker {
  readonly brokerName: string;
  /** `host:port` of the broker. */
  readonly address: string;
  readonly group: string;
}

/** What a broker knows of every group. */
type GroupSettingsOfBroker = Readonly<Omit<SubscriptionGroupConfig, "groupName" | "attributes">>;

/** What may be said of a group; the names are Java's. */
export type GroupSettings = {
  readonly [Name in keyof GroupSettingsOfBroker]?: GroupSettingsOfBroker[Name] | undefined;
};

/** A client that is in a group. */
export interface GroupMember {
  readonly clientId: string;
  /** `host:port`. */
  readonly address: string;
  /** Such as `JAVA`. */
  readonly language: string;
  /** Such as `V4_9_7`. */
  readonly version: string;
}

/** The members of a consumer group, and what they consume. */
export interface ConsumerMembers {
  readonly group: string;
  /** `CONSUME_PASSIVELY` for push, `CONSUME_ACTIVELY` for pull; empty when nobody is there. */
  readonly consumeType: string;
  /** `CLUSTERING` or `BROADCASTING`; empty when nobody is there. */
  readonly messageModel: string;
  /** Such as `CONSUME_FROM_LAST_OFFSET`; empty when nobody is there. */
  readonly consumeFromWhere: string;
  /** What they subscribe to, by topic. */
  readonly subscriptions: readonly {
    readonly topic: string;
    readonly expression: string;
    /** `TAG` or `SQL92`. */
    readonly expressionType: string;
  }[];
  readonly members: readonly GroupMember[];
}

/** Names of all groups that brokers have settings of, sorted; with a namespace, those of it. */
export async function groupNames(
  cluster: Cluster,
  choice: BrokerChoice = {},
): Promise<readonly string[]> {
  const tables = await readEach(await brokersNow(cluster, choice), (address) => {
    return allGroupsAt(cluster, address);
  });
  return namesWithin(cluster, tables.flatMap((it) => [...it.keys()]));
}

/** What each broker says of a group; none where no broker has settings of it. */
export async function groupConfig(
  cluster: Cluster,
  group: string,
): Promise<readonly GroupOfBroker[]> {
  const name = cluster.namespace.wrap(group);
  const found = await readEach(await brokersNow(cluster), async (address, { brokerName }) => {
    const config = (await allGroupsAt(cluster, address)).get(name);
    if (config === undefined) return [];
    const { groupName: _, attributes: __, ...settings } = config;
    return [{ brokerName, address, group, ...settings }];
  });
  return found.flat();
}

async function allGroupsAt(
  cluster: Cluster,
  address: string,
): Promise<ReadonlyMap<string, SubscriptionGroupConfig>> {
  const all = new Map<string, SubscriptionGroupConfig>();
  for (;;) {
    const question = all.size === 0 ? {} : { header: { groupSeq: all.size } };
    const answer = await cluster.call(address, "GET_ALL_SUBSCRIPTIONGROUP_CONFIG", question);
    const before = all.size;
    for (const it of parseSubscriptionGroups(answer.body).subscriptionGroupTable) all.set(...it);
    // Brokers of 5.5 tell many groups in parts, and how many there are.
    const told = decodeResponseHeader("GET_ALL_SUBSCRIPTIONGROUP_CONFIG", answer.extFields);
    if (all.size === before || all.size >= (told.ok?.totalGroupNum ?? 0)) return all;
  }
}

/**
 * Makes a group, or gives the one there is other settings: what is not said stays as it is at a
 * broker that has the group, and is Java's default at one that has not. Returns the names of the
 * brokers.
 *
 * @throws {ClientError} `invalid`, `refused`, `no-route`.
 */
export async function putGroup(
  cluster: Cluster,
  group: string,
  { cluster: clusterName, brokers: names, ...settings }: GroupSettings & BrokerChoice = {},
): Promise<readonly string[]> {
  checkSettings(group, settings);
  const brokers = await brokersNow(cluster, { cluster: clusterName, brokers: names });
  const groupName = cluster.namespace.wrap(group);
  await changeEach(brokers, `create group "${group}"`, async (address) => {
    const known = (await allGroupsAt(cluster, address)).get(groupName);
    const wanted = {
      ...known ?? readSubscriptionGroup({ groupName }, groupName),
      ...said(settings),
    };
    const body = formatSubscriptionGroup({ ...wanted, attributes: undefined });
    await cluster.call(address, "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", { body });
  });
  return brokers.map((it) => it.brokerName);
}

/**
 * Removes a group from all brokers; its offsets, too, unless they are to stay, and with `topics` its
 * retry and dead letter topics with the messages in them.
 */
export async function deleteGroup(
  cluster: Cluster,
  group: string,
  { offsets = true, topics = false }: { readonly offsets?: boolean; readonly topics?: boolean } =
    {},
): Promise<void> {
  const groupName = cluster.namespace.wrap(group);
  await changeEach(await brokersNow(cluster), `delete group "${group}"`, (address) => {
    const header = { groupName, cleanOffset: offsets, removeOffset: offsets };
    return cluster.call(address, "DELETE_SUBSCRIPTIONGROUP", { header });
  });
  if (!topics) return;
  await deleteTopic(cluster, retryTopicOf(group));
  await deleteTopic(cluster, dlqTopicOf(group));
}

/** Who consumes as a group, over all brokers; nobody is no error. */
export async function consumerMembers(cluster: Cluster, group: string): Promise<ConsumerMembers> {
  const { namespace } = cluster;
  const header = { consumerGroup: namespace.wrap(group) };
  const told = (await readEach(await brokersNow(cluster), async (address) => {
    try {
      const answer = await cluster.call(address, "GET_CONSUMER_CONNECTION_LIST", { header });
      return [parseConsumerConnection(answer.body)];
    } catch (error) {
      if (isRefusal(error, "CONSUMER_NOT_ONLINE")) return [];
      throw error;
    }
  })).flat();
  const subscriptions = new Map(told.flatMap((it) => [...it.subscriptionTable]));
  return {
    group,
    consumeType: told[0]?.consumeType ?? "",
    messageModel: told[0]?.messageModel ?? "",
    consumeFromWhere: told[0]?.consumeFromWhere ?? "",
    subscriptions: Array.from(subscriptions.values(), ({ topic, subString, expressionType }) => {
      return { topic: namespace.unwrap(topic), expression: subString, expressionType };
    }).sort((one, other) => one.topic < other.topic ? -1 : 1),
    members: membersOf(told.flatMap((it) => it.connectionSet)),
  };
}

/** Who produces as a group, over all brokers; nobody is no error. */
export async function producerMembers(
  cluster: Cluster,
  group: string,
): Promise<readonly GroupMember[]> {
  const header = { producerGroup: cluster.namespace.wrap(group) };
  const told = await readEach(await brokersNow(cluster), async (address) => {
    try {
      const answer = await cluster.call(address, "GET_PRODUCER_CONNECTION_LIST", { header });
      return parseProducerConnection(answer.body);
    } catch (error) {
      // There is no code for it.
      if (isRefusal(error, "SYSTEM_ERROR") && error.message.includes("not exist")) return [];
      throw error;
    }
  });
  return membersOf(told.flat());
}

/** A client is connected to many brokers, and is one member. */
function membersOf(connections: readonly ClientConnection[]): readonly GroupMember[] {
  const byId = new Map(connections.map(({ clientId, clientAddr, language, version }) => {
    return [clientId, { clientId, address: clientAddr, language, version: versionName(version) }];
  }));
  return [...byId.values()].sort((one, other) => one.clientId < other.clientId ? -1 : 1);
}

function said(settings: GroupSettings): Partial<GroupSettingsOfBroker> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function checkSettings(group: string, { retryQueueNums, retryMaxTimes }: GroupSettings): void {
  const invalid = (reason: string) => {
    return new ClientError(`Cannot make group "${group}": ${reason}`, { kind: "invalid" });
  };
  const problem = groupNameProblem(group);
  if (problem !== undefined) throw invalid(problem);
  for (const [name, value] of Object.entries({ retryQueueNums, retryMaxTimes })) {
    if (value === undefined || (Number.isInteger(value) && value >= -1)) continue;
    throw invalid(`${name} is ${value}, expected a whole number`);
  }
}
