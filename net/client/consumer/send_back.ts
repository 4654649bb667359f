/**
 * Gives messages back that could not be dealt with: the broker that has one delivers it again later,
 * or puts it to the dead letters (Java: `DefaultMQPushConsumerImpl.sendMessageBack`).
 *
 * @module
 */

import { SYS_FLAG } from "../../../store/format.ts";
import { formatProperties, PROPERTY } from "../../../store/properties.ts";
import { AUTO_CREATE_TOPIC } from "../../wire/route.ts";
import { retryTopicOf } from "../../wire/topic_names.ts";
import type { Cluster } from "../cluster.ts";
import type { ReceivedMessage } from "../received_message.ts";
import { QUEUES_OF_NEW_TOPIC, type WritableQueue } from "../route_book.ts";

/** What is said of a message that is given back. */
export interface SendBack {
  /** Name on the wire. */
  readonly group: string;
  /** 0 leaves it to the broker, below 0 is for the dead letters. */
  readonly delayLevel: number;
  /** Deliveries after which the message goes to the dead letters. */
  readonly attemptsMax: number;
}

const TIMEOUT_MS = 5000;
/** Group of a message that is sent once more (Java: `MixAll.CLIENT_INNER_PRODUCER_GROUP`). */
const INNER_PRODUCER = "CLIENT_INNER_PRODUCER";
/** Level of the first retry; later ones wait longer. */
const FIRST_RETRY_LEVEL = 3;
const INT_MAX = 0x7fff_ffff;

/**
 * Gives a message back. Where its broker does not take it, because it is gone or has no record of it
 * any more, the message is sent once more, to the retry topic of the group at any broker.
 *
 * @throws {ClientError} | {RpcError} of the second try, with the first as its cause.
 */
export async function sendBack(
  cluster: Cluster,
  message: ReceivedMessage,
  how: SendBack,
): Promise<void> {
  try {
    await askBroker(cluster, message, how);
  } catch (first) {
    try {
      await sendAgain(cluster, message, how);
    } catch (second) {
      if (second instanceof Error) second.cause ??= first;
      throw second;
    }
  }
}

async function askBroker(
  cluster: Cluster,
  message: ReceivedMessage,
  { group, delayLevel, attemptsMax }: SendBack,
): Promise<void> {
  const address = cluster.routes.address(message.brokerName) ?? message.storeHost;
  const header = {
    offset: message.commitLogOffset,
    group,
    delayLevel,
    originMsgId: message.messageId,
    originTopic: cluster.namespace.wrap(message.topic),
    unitMode: false,
    maxReconsumeTimes: retriesMax(attemptsMax),
  };
  await cluster.call(address, "CONSUMER_SEND_MSG_BACK", { header, timeoutMs: TIMEOUT_MS });
}

/** The broker counts deliveries after the first. */
function retriesMax(attemptsMax: number): number {
  return Math.min(attemptsMax - 1, INT_MAX);
}

/** A retry topic that is yet to be made gets one queue only, whatever others are made from. */
async function queuesOf({ routes }: Cluster, topic: string): Promise<readonly WritableQueue[]> {
  const isKnown = await routes.route(topic) !== undefined;
  const queues = await routes.writableQueues(topic);
  return isKnown ? queues : queues.filter(({ queueId }) => queueId === 0);
}

async function sendAgain(
  cluster: Cluster,
  message: ReceivedMessage,
  { group, delayLevel, attemptsMax }: SendBack,
): Promise<void> {
  const { record } = message;
  const properties = new Map(message.properties);
  properties.delete(PROPERTY.transactionPrepared);
  properties.set(PROPERTY.retryTopic, cluster.namespace.wrap(message.topic));
  if (!properties.has(PROPERTY.originMessageId)) {
    properties.set(PROPERTY.originMessageId, message.messageId);
  }
  const level = delayLevel > 0 ? delayLevel : FIRST_RETRY_LEVEL + record.reconsumeTimes;
  properties.set(PROPERTY.delay, String(level));
  const topic = retryTopicOf(group);
  const queues = await queuesOf(cluster, topic);
  const queue = queues[Math.floor(cluster.random() * queues.length)]!;
  const header = {
    producerGroup: INNER_PRODUCER,
    topic,
    defaultTopic: AUTO_CREATE_TOPIC,
    defaultTopicQueueNums: QUEUES_OF_NEW_TOPIC,
    queueId: queue.queueId,
    sysFlag: record.sysFlag & (SYS_FLAG.compressed | SYS_FLAG.compressionMask),
    bornTimestamp: record.bornTimestamp,
    flag: record.flag,
    properties: formatProperties(properties),
    reconsumeTimes: record.reconsumeTimes + 1,
    unitMode: false,
    // More retries than there may be: to the dead letters.
    maxReconsumeTimes: delayLevel < 0 ? 0 : retriesMax(attemptsMax),
    batch: false,
    brokerName: queue.brokerName,
  };
  const asked = { header, body: record.body, timeoutMs: TIMEOUT_MS };
  await cluster.call(queue.address, "SEND_MESSAGE_V2", asked);
}
