/**
 * One send: a message to a queue of a broker, and what the broker says of it.
 *
 * @module
 */

import { type ResponseName, responseName } from "../wire/codes.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { decodeResponseHeader, type HeaderOf } from "../wire/headers.ts";
import { decodeSendResponse, encodeSendV2 } from "../wire/headers_hot.ts";
import type { MessageQueue } from "../wire/message_queue.ts";
import { AUTO_CREATE_TOPIC } from "../wire/route.ts";
import { ClientError } from "./client_error.ts";
import type { Ask } from "./name_servers.ts";
import { type NewTopic, QUEUES_OF_NEW_TOPIC, type WritableQueue } from "./route_book.ts";

/** A message on its way to a broker. */
export interface OutgoingMessage {
  readonly body: Uint8Array;
  /** Properties as they are stored. */
  readonly properties: string;
  readonly flag: number;
  readonly sysFlag: number;
  readonly bornTimestamp: number;
  /** Whether the body is that of a batch. */
  readonly batch?: boolean | undefined;
  /** Of a message that is sent to a retry topic: how often it failed. */
  readonly reconsumeTimes?: number | undefined;
  /** Of a message that is sent to a retry topic: failures after which it is a dead letter. */
  readonly maxReconsumeTimes?: number | undefined;
}

/** The requests that carry a message under short keys: usual ones, batches, replies to requests. */
export type SendRequestName =
  | "SEND_MESSAGE_V2"
  | "SEND_BATCH_MESSAGE"
  | "SEND_REPLY_MESSAGE_V2";

/** How a send goes. */
export interface SendOptions {
  readonly producerGroup: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What a topic is made from that does not exist. */
  readonly newTopic?: NewTopic | undefined;
  /** Default: SEND_MESSAGE_V2, or that of batches for a batch. */
  readonly request?: SendRequestName | undefined;
}

/** Statuses of a message that is stored; all but the first promise less than was asked for. */
const STORED: ReadonlyMap<ResponseName, SendStatus> = new Map([
  ["SUCCESS", "SEND_OK"],
  ["FLUSH_DISK_TIMEOUT", "FLUSH_DISK_TIMEOUT"],
  ["FLUSH_SLAVE_TIMEOUT", "FLUSH_SLAVE_TIMEOUT"],
  ["SLAVE_NOT_AVAILABLE", "SLAVE_NOT_AVAILABLE"],
]);

/** Status of a stored message (Java: `SendStatus`). */
export type SendStatus =
  | "SEND_OK"
  | "FLUSH_DISK_TIMEOUT"
  | "FLUSH_SLAVE_TIMEOUT"
  | "SLAVE_NOT_AVAILABLE";

/** Where a broker has put a message. */
export interface StoredMessage {
  readonly status: SendStatus;
  /** Made by the broker; of a batch one for each message, between commas. */
  readonly offsetMessageId: string;
  /** Topic as it is on the wire. */
  readonly queue: MessageQueue;
  /** Of a batch: that of its first message. */
  readonly queueOffset: number;
  /** Of a half message, where the broker gives one. */
  readonly transactionId: string | undefined;
  /** Takes a delayed message back, on brokers from 5.3.1. */
  readonly recallHandle: string | undefined;
  /** Region of the broker; traces go by it. */
  readonly regionId: string | undefined;
  /** Whether the broker wants messages traced. */
  readonly traceOn: boolean;
}

/**
 * Sends a message and waits until the broker has it.
 *
 * @throws {ClientError} `refused` when the broker does not take it.
 * @throws {RpcError} when there is no answer; after `timeout` and `closed` it may be stored all the
 * same.
 */
export function send(
  ask: Ask,
  queue: WritableQueue,
  message: OutgoingMessage,
  options: SendOptions,
): Promise<StoredMessage> {
  const { timeoutMs, signal } = options;
  const name = requestOf(message, options);
  const extFields = encodeSendV2(sendHeader(queue, message, options));
  const asked = { name, extFields, body: message.body, serialize: "ROCKETMQ" } as const;
  const answer = ask(queue.address, asked, { timeoutMs, signal });
  return answer.then((answer) => stored(queue, answer));
}

/** Which request carries a message. */
export function requestOf(
  message: OutgoingMessage,
  options: Pick<SendOptions, "request">,
): SendRequestName {
  return options.request ?? (message.batch === true ? "SEND_BATCH_MESSAGE" : "SEND_MESSAGE_V2");
}

/** Header of the request that carries a message. */
export function sendHeader(
  queue: WritableQueue,
  message: OutgoingMessage,
  { producerGroup, newTopic }: Pick<SendOptions, "producerGroup" | "newTopic">,
): HeaderOf<SendRequestName> {
  return {
    producerGroup,
    topic: queue.topic,
    defaultTopic: newTopic?.from ?? AUTO_CREATE_TOPIC,
    defaultTopicQueueNums: newTopic?.queues ?? QUEUES_OF_NEW_TOPIC,
    queueId: queue.queueId,
    sysFlag: message.sysFlag,
    bornTimestamp: message.bornTimestamp,
    flag: message.flag,
    properties: message.properties,
    reconsumeTimes: message.reconsumeTimes ?? 0,
    unitMode: false,
    maxReconsumeTimes: message.maxReconsumeTimes,
    batch: message.batch === true,
    brokerName: queue.brokerName,
  };
}

function stored(queue: WritableQueue, answer: RemotingCommand): StoredMessage {
  const name = responseName(answer.code);
  const status = name === undefined ? undefined : STORED.get(name);
  const fields = answer.extFields === undefined ? undefined : decodeSendResponse(answer.extFields);
  if (status === undefined || fields === undefined) throw refusal(queue, answer);
  const { msgId, queueOffset, queueId, transactionId, recallHandle, regionId, traceOn } = fields;
  return {
    status,
    offsetMessageId: msgId,
    queue: { topic: queue.topic, brokerName: queue.brokerName, queueId },
    queueOffset,
    transactionId,
    recallHandle,
    regionId,
    traceOn: traceOn !== "false",
  };
}

function refusal({ topic, address }: WritableQueue, answer: RemotingCommand): ClientError {
  const { code, remark, extFields } = answer;
  const name = responseName(code) ?? String(code);
  const { problem } = decodeResponseHeader("SEND_MESSAGE_V2", extFields);
  const reason = remark ?? problem?.text ?? "no reason given";
  const text = `Cannot send to topic "${topic}" at ${address}: ${name}: ${reason}`;
  return new ClientError(text, { kind: "refused", code: name });
}
