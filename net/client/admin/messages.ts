/**
 * Messages that are stored: one by its id, some by a key; and one that is consumed once more.
 *
 * @module
 */

import { parseMessageId } from "../../../store/message_id.ts";
import { formatHost } from "../../../store/host.ts";
import { type DirectResult, parseDirectResult } from "../../wire/running_info.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import { unfolded } from "../consumer/inner_batch.ts";
import { readMessages, type ReceivedMessage } from "../received_message.ts";
import { type BrokerGroup, brokersNow, brokersOfTopic, isRefusal, readEach } from "./asking.ts";

/** Which messages with a key are wanted. */
export interface KeyOptions {
  /** Stored then or later. */
  readonly since?: Date | number | undefined;
  /** Stored then or earlier. */
  readonly until?: Date | number | undefined;
  /** At most so many, the newest; default and limit 64, as brokers have it. */
  readonly max?: number | undefined;
}

const KEY_MESSAGES_MAX = 64;
/** Stands for no limit of time. */
const TIME_MAX = Number.MAX_SAFE_INTEGER;
const DIRECT_TIMEOUT_MS = 11_000;

/**
 * The message with an id: that of a broker, which says where it is, or that of a producer, for which
 * the topic must be known. `undefined` where there is none.
 *
 * @throws {ClientError} `invalid` for the id of a producer without a topic, or of a broker that is
 * not in the cluster; `no-route` without the topic.
 */
export async function messageById(
  cluster: Cluster,
  id: string,
  { topic }: { readonly topic?: string | undefined } = {},
): Promise<ReceivedMessage | undefined> {
  const place = parseMessageId(id);
  const broker = place && await brokerAt(cluster, formatHost(place.storeHost));
  if (broker !== undefined) {
    const header = { offset: place!.physicalOffset, topic: topic && cluster.namespace.wrap(topic) };
    try {
      const { body } = await cluster.call(broker.address, "VIEW_MESSAGE_BY_ID", { header });
      return messagesIn(cluster, body, broker)[0];
    } catch (error) {
      // There is no code for it.
      if (isRefusal(error, "SYSTEM_ERROR")) return undefined;
      throw error;
    }
  }
  if (topic !== undefined) return (await messagesByUniqueId(cluster, topic, id))[0];
  const text = `Cannot find message "${id}": it names no broker of this cluster; ` +
    "an id made by a producer is found with its topic only";
  throw new ClientError(text, { kind: "invalid" });
}

async function brokerAt(cluster: Cluster, host: string) {
  for (const { brokerName, addresses } of await brokersNow(cluster)) {
    if ([...addresses.values()].includes(host)) return { brokerName, address: host };
  }
  return undefined;
}

/** Messages a producer gave this id, the oldest first: one, unless it was sent more than once. */
export async function messagesByUniqueId(
  cluster: Cluster,
  topic: string,
  id: string,
): Promise<readonly ReceivedMessage[]> {
  const found = await query(cluster, { topic, key: id, isUnique: true });
  return found.filter((it) => it.messageId === id);
}

/**
 * Messages with a key, the oldest first. Brokers look among the messages of their index files, at
 * most 64 each, the newest.
 *
 * @throws {ClientError} `no-route` without the topic.
 */
export async function messagesByKey(
  cluster: Cluster,
  { topic, key }: { readonly topic: string; readonly key: string },
  { since, until, max = KEY_MESSAGES_MAX }: KeyOptions = {},
): Promise<readonly ReceivedMessage[]> {
  if (!Number.isInteger(max) || max < 1 || max > KEY_MESSAGES_MAX) {
    const text = `Cannot look for key "${key}": max is ${max}, expected 1 to ${KEY_MESSAGES_MAX}`;
    throw new ClientError(text, { kind: "invalid" });
  }
  const found = await query(cluster, { topic, key, since, until, max });
  return found.filter((it) => it.keys.includes(key)).slice(-max);
}

interface Query extends KeyOptions {
  readonly topic: string;
  readonly key: string;
  readonly isUnique?: boolean;
}

async function query(
  cluster: Cluster,
  { topic, key, since = 0, until = TIME_MAX, max = KEY_MESSAGES_MAX, isUnique }: Query,
): Promise<readonly ReceivedMessage[]> {
  const wrapped = cluster.namespace.wrap(topic);
  const header = {
    topic: wrapped,
    key,
    maxNum: max,
    beginTimestamp: Number(since),
    endTimestamp: Number(until),
    ...(isUnique === true && { uniqueKeyQuery: true }),
  };
  const found = await readEach(await brokersOfTopic(cluster, topic), async (address, broker) => {
    try {
      const { body } = await cluster.call(address, "QUERY_MESSAGE", { header });
      return messagesIn(cluster, body, broker);
    } catch (error) {
      if (isRefusal(error, "QUERY_NOT_FOUND")) return [];
      throw error;
    }
  });
  return found.flat().filter((it) => it.record.topic === wrapped).sort(byStoreTime);
}

/**
 * Has a member consume a stored message now, and tells what came of it. The id is that of the broker.
 *
 * @throws {ClientError} `invalid` for an id that names no broker of the cluster; `refused`.
 */
export async function consumeDirectly(
  cluster: Cluster,
  { group, clientId, offsetMessageId, topic }: {
    readonly group: string;
    readonly clientId: string;
    readonly offsetMessageId: string;
    readonly topic?: string | undefined;
  },
): Promise<DirectResult> {
  const place = parseMessageId(offsetMessageId);
  const broker = place && await brokerAt(cluster, formatHost(place.storeHost));
  if (broker === undefined) {
    const text = `Cannot consume message "${offsetMessageId}": it names no broker of this cluster`;
    throw new ClientError(text, { kind: "invalid" });
  }
  const { namespace } = cluster;
  const header = {
    consumerGroup: namespace.wrap(group),
    clientId,
    msgId: offsetMessageId,
    topic: topic && namespace.wrap(topic),
  };
  const options = { header, timeoutMs: DIRECT_TIMEOUT_MS };
  return parseDirectResult(
    (await cluster.call(broker.address, "CONSUME_MESSAGE_DIRECTLY", options)).body,
  );
}

/** Messages in an answer of a broker; a batch that is kept as one record is unfolded. */
export function messagesIn(
  { namespace }: Cluster,
  body: Uint8Array | undefined,
  { brokerName }: Pick<BrokerGroup, "brokerName">,
): ReceivedMessage[] {
  const origin = { brokerName, unwrap: (topic: string) => namespace.unwrap(topic) };
  return unfolded(readMessages(body ?? new Uint8Array(), origin), origin);
}

/** Order of messages by when they were stored; within one millisecond a broker's log tells it. */
export function byStoreTime(one: ReceivedMessage, other: ReceivedMessage): number {
  const difference = one.record.storeTimestamp - other.record.storeTimestamp;
  if (difference !== 0 || one.brokerName !== other.brokerName) return difference;
  return one.commitLogOffset - other.commitLogOffset;
}
