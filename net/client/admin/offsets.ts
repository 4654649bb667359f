/**
 * Offsets: where queues begin and end, and where groups are in them.
 *
 * @module
 */

import { decodeResponseHeader } from "../../wire/headers.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { PERM } from "../../wire/topic_config.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import {
  brokersNow,
  brokersOfTopic,
  changeEach,
  isRefusal,
  readableAddress,
  routeNow,
} from "./asking.ts";
import { compareQueues } from "./topics.ts";

/** A queue, and where a group is in it. */
export interface QueueOffset extends Readonly<MessageQueue> {
  readonly offset: number;
}

/** Where to go on: at the first or behind the last message, at a time, at an offset. */
export type OffsetTarget = "first" | "last" | Date | { readonly offset: number };

/** The offset of the first message stored at a time or later, of the next message if there is none. */
export async function searchOffset(
  cluster: Cluster,
  queue: Readonly<MessageQueue>,
  time: Date | number,
): Promise<number> {
  const timestamp = Number(time);
  return offsetOf(
    await cluster.call(await addressOf(cluster, queue), "SEARCH_OFFSET_BY_TIMESTAMP", {
      header: { ...onWire(cluster, queue), timestamp },
    }),
  );
}

/** Oldest offset of a queue, and the one its next message gets. */
export async function queueRange(
  cluster: Cluster,
  queue: Readonly<MessageQueue>,
): Promise<{ readonly min: number; readonly max: number }> {
  const address = await addressOf(cluster, queue);
  const header = onWire(cluster, queue);
  const [min, max] = await Promise.all([
    cluster.call(address, "GET_MIN_OFFSET", { header }),
    cluster.call(address, "GET_MAX_OFFSET", { header }),
  ]);
  return { min: offsetOf(min), max: offsetOf(max) };
}

/**
 * Where a group is in the queues of a topic; queues in which it never committed are left out. Brokers
 * of 4.x say 0 for some of those.
 */
export async function committedOffsets(
  cluster: Cluster,
  group: string,
  topic: string,
): Promise<readonly QueueOffset[]> {
  const queues = await readableQueues(cluster, topic);
  const consumerGroup = cluster.namespace.wrap(group);
  const found = await Promise.all(queues.map(async ({ address, ...queue }) => {
    const offset = await committedAt(cluster, address, {
      ...onWire(cluster, queue),
      consumerGroup,
    });
    return offset === undefined ? [] : [{ ...queue, offset }];
  }));
  return found.flat();
}

/** Where a group is in one queue; `undefined` where it never committed. */
export async function committedOffset(
  cluster: Cluster,
  group: string,
  queue: Readonly<MessageQueue>,
): Promise<number | undefined> {
  const consumerGroup = cluster.namespace.wrap(group);
  const address = await addressOf(cluster, queue);
  return await committedAt(cluster, address, { ...onWire(cluster, queue), consumerGroup });
}

/** The same at an address, with names as they are on the wire. */
export async function committedAt(
  cluster: Cluster,
  address: string,
  header: { readonly consumerGroup: string; readonly topic: string; readonly queueId: number },
): Promise<number | undefined> {
  try {
    const asked = { header: { ...header, setZeroIfNotFound: false } };
    return offsetOf(await cluster.call(address, "QUERY_CONSUMER_OFFSET", asked));
  } catch (error) {
    if (isRefusal(error, "QUERY_NOT_FOUND")) return undefined;
    throw error;
  }
}

/**
 * Commits an offset for a group. A member that has the queue soon commits its own over it: for
 * groups that are online there is {@linkcode resetOffsets}.
 */
export async function setOffset(
  cluster: Cluster,
  group: string,
  { offset, ...queue }: QueueOffset,
): Promise<void> {
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw invalidTarget(group, `offset is ${offset}, expected 0 or more`);
  }
  await cluster.call(await addressOf(cluster, queue), "UPDATE_CONSUMER_OFFSET", {
    header: {
      ...onWire(cluster, queue),
      consumerGroup: cluster.namespace.wrap(group),
      commitOffset: offset,
    },
  });
}

/** Gives a group the offsets another has, in one topic or in all it consumes. */
export async function cloneOffsets(
  cluster: Cluster,
  { from, to, topic }: {
    readonly from: string;
    readonly to: string;
    readonly topic?: string | undefined;
  },
): Promise<void> {
  const { namespace } = cluster;
  const brokers = topic === undefined
    ? await brokersNow(cluster)
    : await brokersOfTopic(cluster, topic);
  const header = {
    srcGroup: namespace.wrap(from),
    destGroup: namespace.wrap(to),
    topic: topic && namespace.wrap(topic),
    offline: true,
  };
  await changeEach(brokers, `give group "${to}" the offsets of "${from}"`, (address) => {
    return cluster.call(address, "CLONE_GROUP_OFFSET", { header });
  });
}

/** Queues of a topic that can be read, by broker and number, each with where its broker listens. */
export async function readableQueues(
  cluster: Cluster,
  topic: string,
): Promise<readonly (MessageQueue & { readonly address: string })[]> {
  const route = await routeNow(cluster, topic);
  if (route === undefined) {
    throw new ClientError(`Cannot find topic "${topic}": no broker has it`, { kind: "no-route" });
  }
  const addresses = new Map(route.brokerDatas.map(({ cluster, brokerName, brokerAddrs }) => {
    return [brokerName, readableAddress({ cluster, brokerName, addresses: brokerAddrs })];
  }));
  return route.queueDatas.flatMap(({ brokerName, perm, readQueueNums }) => {
    const address = addresses.get(brokerName);
    if ((perm & PERM.READ) === 0 || address === undefined) return [];
    return Array.from(
      { length: readQueueNums },
      (_, queueId) => ({ topic, brokerName, queueId, address }),
    );
  }).sort(compareQueues);
}

/**
 * Where the broker of a queue listens.
 *
 * @throws {ClientError} `invalid` when the name server does not know the broker.
 */
export async function addressOf(
  cluster: Cluster,
  { brokerName }: Pick<MessageQueue, "brokerName">,
): Promise<string> {
  const known = cluster.routes.address(brokerName);
  if (known !== undefined) return known;
  const [broker] = await brokersNow(cluster, { brokers: [brokerName] });
  const address = broker && readableAddress(broker);
  if (address !== undefined) return address;
  const message = `Cannot ask broker ${brokerName}: it has no address now`;
  throw new ClientError(message, { kind: "no-route" });
}

/** Topic and number of a queue as a header has them. */
export function onWire(
  { namespace }: Cluster,
  { topic, queueId }: Readonly<MessageQueue>,
): { readonly topic: string; readonly queueId: number } {
  return { topic: namespace.wrap(topic), queueId };
}

function offsetOf({ extFields }: { readonly extFields?: Record<string, string> | undefined }) {
  // All answers that are an offset have the same header.
  const { ok, problem } = decodeResponseHeader("QUERY_CONSUMER_OFFSET", extFields);
  if (ok !== undefined) return ok.offset;
  throw new ClientError(problem.text, { kind: "damaged" });
}

/** Why a group cannot be moved. */
export function invalidTarget(group: string, reason: string): ClientError {
  return new ClientError(`Cannot move group "${group}": ${reason}`, { kind: "invalid" });
}
