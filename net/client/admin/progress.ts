/**
 * How far a group is: what it has consumed of each queue, what is left, and which member has it.
 *
 * @module
 */

import { parseRunningInfo } from "../../wire/running_info.ts";
import { parseConsumeStats } from "../../wire/topic_stats.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import { RpcError } from "../../rpc/rpc_error.ts";
import { brokersNow, brokersOfTopic, isRefusal, readableAddress, readEach } from "./asking.ts";
import { type ConsumerMembers, consumerMembers } from "./groups.ts";
import { compareQueues } from "./topics.ts";

/** How far a group is in one queue. */
export interface QueueProgress {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  /** Offset the next message gets. */
  readonly brokerOffset: number;
  /** Offset of the first message the group has not consumed; 0 where it never committed. */
  readonly consumerOffset: number;
  /** Messages the group has not consumed. */
  readonly lag: number;
  /** When the message consumed last was stored, epoch ms; `undefined` where it is gone. */
  readonly lastStoreTimestamp: number | undefined;
  /** The member that has the queue, as far as members tell. */
  readonly clientId: string | undefined;
}

/** How far a group is. */
export interface GroupProgress {
  readonly group: string;
  /** By topic, broker and number. */
  readonly queues: readonly QueueProgress[];
  /** Sum of the queues'. */
  readonly lag: number;
  /** Messages consumed a second, as the brokers count. */
  readonly consumeTps: number;
  /** Members that are online. */
  readonly members: ConsumerMembers;
  /** Members that do not tell which queues they have. */
  readonly silent: readonly string[];
}

/** What is asked of a group's progress. */
export interface ProgressOptions {
  /** This topic only. */
  readonly topic?: string | undefined;
  /** Whether members are asked which queues they have; default `true`. */
  readonly owners?: boolean | undefined;
}

/** Time for a member to tell which queues it has; brokers give it 10 s. */
const MEMBER_TIMEOUT_MS = 11_000;

/**
 * How far a group is in a topic, or in all it consumes with its retry topic. Empty for a group nobody
 * knows.
 *
 * @throws {ClientError} `no-route` without the topic.
 */
export async function groupProgress(
  cluster: Cluster,
  group: string,
  { topic, owners: isOwned = true }: ProgressOptions = {},
): Promise<GroupProgress> {
  const { namespace } = cluster;
  const header = {
    consumerGroup: namespace.wrap(group),
    ...(topic !== undefined && { topic: namespace.wrap(topic) }),
  };
  const brokers = topic === undefined
    ? await brokersNow(cluster)
    : await brokersOfTopic(cluster, topic);
  const tables = await readEach(brokers, async (address) => {
    return parseConsumeStats((await cluster.call(address, "GET_CONSUME_STATS", { header })).body);
  });
  const members = await consumerMembers(cluster, group);
  const { owners, silent } = await ownersOf(cluster, {
    ...members,
    members: isOwned ? members.members : [],
  });
  const queues = tables.flatMap((it) => [...it.offsetTable]).map(([queue, progress]) => ({
    topic: namespace.unwrap(queue.topic),
    brokerName: queue.brokerName,
    queueId: queue.queueId,
    brokerOffset: progress.brokerOffset,
    consumerOffset: progress.consumerOffset,
    lag: Math.max(0, progress.brokerOffset - progress.consumerOffset),
    lastStoreTimestamp: progress.lastTimestamp > 0 ? progress.lastTimestamp : undefined,
    clientId: owners.get(keyOf(queue)),
  })).sort(compareQueues);
  return {
    group,
    queues,
    lag: queues.reduce((sum, it) => sum + it.lag, 0),
    consumeTps: tables.reduce((sum, it) => sum + it.consumeTps, 0),
    members,
    silent,
  };
}

/** Which member has which queue. Members are of many makes, and not all of them tell. */
async function ownersOf(cluster: Cluster, { group, members }: ConsumerMembers) {
  const owners = new Map<string, string>();
  const silent: string[] = [];
  const brokers = members.length === 0 ? [] : await brokersNow(cluster);
  await Promise.all(members.map(async ({ clientId }) => {
    const queues = await queuesOf(cluster, { group, clientId, brokers });
    if (queues === undefined) silent.push(clientId);
    for (const key of queues ?? []) owners.set(key, clientId);
  }));
  return { owners, silent: silent.sort() };
}

/** Any broker the member is connected to can ask it. */
async function queuesOf(
  cluster: Cluster,
  { group, clientId, brokers }: {
    readonly group: string;
    readonly clientId: string;
    readonly brokers: Awaited<ReturnType<typeof brokersNow>>;
  },
): Promise<readonly string[] | undefined> {
  for (const broker of brokers) {
    const address = readableAddress(broker);
    if (address === undefined) continue;
    try {
      const info = await runningInfo(cluster, address, { group, clientId });
      return [...info.mqTable.keys()].map(keyOf);
    } catch (error) {
      const isUnwilling = error instanceof RpcError || isRefusal(error, "SYSTEM_ERROR") ||
        isRefusal(error, "CONSUME_MSG_TIMEOUT") || isRefusal(error, "REQUEST_CODE_NOT_SUPPORTED");
      if (!isUnwilling) throw error;
    }
  }
  return undefined;
}

async function runningInfo(
  cluster: Cluster,
  address: string,
  { group, clientId, stacks = false }: {
    readonly group: string;
    readonly clientId: string;
    readonly stacks?: boolean | undefined;
  },
) {
  const header = {
    consumerGroup: cluster.namespace.wrap(group),
    clientId,
    jstackEnable: stacks,
  };
  const options = { header, timeoutMs: MEMBER_TIMEOUT_MS };
  return parseRunningInfo(
    (await cluster.call(address, "GET_CONSUMER_RUNNING_INFO", options)).body,
  );
}

/**
 * The inner state of one member, asked through a broker it is connected to.
 *
 * @throws {ClientError} `refused` when no broker knows it, or it does not answer.
 */
export async function memberInfo(
  cluster: Cluster,
  { group, clientId, stacks }: {
    readonly group: string;
    readonly clientId: string;
    /** Stacks of the threads of a Java client, too. */
    readonly stacks?: boolean | undefined;
  },
): Promise<ReturnType<typeof parseRunningInfo>> {
  let failure: unknown;
  for (const broker of await brokersNow(cluster)) {
    const address = readableAddress(broker);
    if (address === undefined) continue;
    try {
      return await runningInfo(cluster, address, { group, clientId, stacks });
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  const message = `Cannot ask member "${clientId}": there is no broker`;
  throw new ClientError(message, { kind: "no-route" });
}

function keyOf(
  queue: { readonly topic: string; readonly brokerName: string; readonly queueId: number },
) {
  return JSON.stringify([queue.topic, queue.brokerName, queue.queueId]);
}
