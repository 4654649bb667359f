/**
 * Replies to requests that came as messages (Java: `MessageUtil.createReplyMessage` and a send of
 * it).
 *
 * @module
 */

import { formatProperties, PROPERTY } from "../../store/properties.ts";
import { replyTopicOf } from "../wire/topic_names.ts";
import { ClientError } from "./client_error.ts";
import type { Cluster } from "./cluster.ts";
import type { ReceivedMessage } from "./received_message.ts";
import type { WritableQueue } from "./route_book.ts";
import { send } from "./send.ts";

/** Value of the property `MSG_TYPE` of a reply. */
const REPLY = "reply";

/** How a reply goes. */
export interface ReplyOptions {
  /** Group that replies, on the wire. */
  readonly group: string;
  /** For each broker that is tried; default: that of the client. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Replies to a request, and is done when its sender has the reply. The broker the request came from
 * is tried first: it knows who sent it.
 *
 * @throws {ClientError} `invalid` when the message is no request; `refused` when no broker has a
 * connection to its sender; `name-server`, `no-route`, `no-queue`.
 * @throws {RpcError} when there is no answer; its sender may have the reply all the same.
 */
export async function reply(
  cluster: Cluster,
  { request, body }: { readonly request: ReceivedMessage; readonly body: Uint8Array | string },
  options: ReplyOptions,
): Promise<void> {
  const { topic, properties } = replyOf(request);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const all = onePerBroker(await cluster.routes.writableQueues(topic));
  const own = (it: WritableQueue) => it.brokerName === request.brokerName ? 0 : 1;
  const { group, timeoutMs = cluster.timeoutMs, signal } = options;
  let failure: unknown;
  for (const queue of all.toSorted((one, other) => own(one) - own(other))) {
    const place = { ...queue, address: cluster.sendAddress(queue.address) };
    const message = { body: bytes, properties, flag: 0, sysFlag: 0, bornTimestamp: cluster.now() };
    try {
      await send((address, asked, how) => cluster.ask(address, asked, how), place, message, {
        producerGroup: group,
        timeoutMs,
        signal,
        request: "SEND_REPLY_MESSAGE_V2",
      });
      return;
    } catch (error) {
      if (signal?.aborted === true) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

function replyOf(request: ReceivedMessage): { topic: string; properties: string } {
  const of = (name: string) => {
    const value = request.properties.get(name);
    if (value !== undefined) return value;
    const message = `Cannot reply to message ${request.messageId}: it has no property ${name}`;
    throw new ClientError(message, { kind: "invalid" });
  };
  const properties = formatProperties([
    [PROPERTY.messageType, REPLY],
    [PROPERTY.correlationId, of(PROPERTY.correlationId)],
    [PROPERTY.replyToClient, of(PROPERTY.replyToClient)],
    [PROPERTY.timeToLive, of(PROPERTY.timeToLive)],
  ]);
  return { topic: replyTopicOf(of(PROPERTY.cluster)), properties };
}

function onePerBroker(queues: readonly WritableQueue[]): WritableQueue[] {
  return [...new Map(queues.map((it) => [it.brokerName, it])).values()];
}
