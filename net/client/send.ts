/**
 * One send: a message to a queue of a broker, and what the broker says of it.
 *
 * @module
 */

import type { RpcClient } from "../rpc/client.ts";
import { type ResponseName, responseName } from "../wire/codes.ts";
import { decodeResponseHeader, encodeHeader } from "../wire/headers.ts";
import { ClientError } from "./client_error.ts";
import { AUTO_CREATE_TOPIC } from "../wire/route.ts";
import { QUEUES_OF_NEW_TOPIC, type WritableQueue } from "./route_book.ts";

/** A message on its way to a broker. */
export interface OutgoingMessage {
  readonly body: Uint8Array;
  /** Properties as they are stored. */
  readonly properties: string;
  readonly flag: number;
  readonly sysFlag: number;
  readonly bornTimestamp: number;
}

/** How a send goes. */
export interface SendOptions {
  readonly producerGroup: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
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

/** Where a message is stored (Java: `SendResult`). */
export interface SendResult {
  readonly status: SendStatus;
  /** Offset id. */
  readonly offsetMsgId: string;
  readonly queue: WritableQueue;
  readonly queueOffset: number;
}

/**
 * Sends a message and waits until the broker has it.
 *
 * @throws {ClientError} `refused` when the broker does not take it.
 * @throws {RpcError} when there is no answer; after `timeout` and `closed` it may be stored all the
 * same.
 */
export async function send(
  client: RpcClient,
  queue: WritableQueue,
  message: OutgoingMessage,
  options: SendOptions,
): Promise<SendResult> {
  const { producerGroup, timeoutMs, signal } = options;
  const answer = await client.invoke(queue.address, {
    name: "SEND_MESSAGE_V2",
    extFields: encodeHeader("SEND_MESSAGE_V2", {
      producerGroup,
      topic: queue.topic,
      defaultTopic: AUTO_CREATE_TOPIC,
      defaultTopicQueueNums: QUEUES_OF_NEW_TOPIC,
      queueId: queue.queueId,
      sysFlag: message.sysFlag,
      bornTimestamp: message.bornTimestamp,
      flag: message.flag,
      properties: message.properties,
      reconsumeTimes: 0,
      unitMode: false,
      maxReconsumeTimes: undefined,
      batch: false,
      brokerName: queue.brokerName,
    }),
    body: message.body,
  }, { timeoutMs, signal });
  const name = responseName(answer.code);
  const status = name === undefined ? undefined : STORED.get(name);
  const header = decodeResponseHeader("SEND_MESSAGE_V2", answer.extFields);
  if (status === undefined || header.ok === undefined) {
    const code = name ?? String(answer.code);
    const reason = answer.remark ?? header.problem?.text ?? "no reason given";
    throw new ClientError(
      `Cannot send to topic "${queue.topic}" at ${queue.address}: ${code}: ${reason}`,
      { kind: "refused", code },
    );
  }
  const { msgId: offsetMsgId, queueOffset, queueId } = header.ok;
  return { status, offsetMsgId, queueOffset, queue: { ...queue, queueId } };
}
