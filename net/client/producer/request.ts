/**
 * Requests: messages whose sender waits for the reply of a consumer.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { PROPERTY } from "../../../store/properties.ts";
import { RpcError } from "../../rpc/rpc_error.ts";
import { replyTopicOf } from "../../wire/topic_names.ts";
import type { Cluster } from "../cluster.ts";
import type { ReplyMessage } from "../reply_message.ts";

/** How a request goes. */
export interface Request {
  /** Topic on the wire. */
  readonly topic: string;
  /** For sending and the reply together. */
  readonly timeoutMs: number;
  /** Whoever may end the waiting: the caller, the producer. */
  readonly signals?: readonly AbortSignal[];
  /** Sends the message with these properties besides its own. */
  send(
    properties: readonly (readonly [string, string])[],
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<unknown>;
}

/**
 * Sends a request and waits for its reply. It comes over a connection of ours to whatever broker the
 * one who replies chooses, so all brokers of the topic's clusters are told of us before; the
 * producer whose request it is must have joined.
 *
 * @throws {RpcError} `timeout` when no reply comes in time; whatever `send` throws.
 * @throws {ClientError} `closed`, `name-server`, `no-route`, `no-queue`.
 */
export async function request(cluster: Cluster, asked: Request): Promise<ReplyMessage> {
  const { topic, timeoutMs, signals = [] } = asked;
  const until = performance.now() + timeoutMs;
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(late(topic, timeoutMs)), timeoutMs);
  const signal = AbortSignal.any([timeout.signal, cluster.signal, ...signals]);
  const correlationId = randomUUID();
  const waiting = cluster.members.replies.wait(correlationId);
  const end = Promise.withResolvers<never>();
  const abort = () => end.reject(signal.reason);
  try {
    signal.throwIfAborted();
    signal.addEventListener("abort", abort);
    const properties = [
      [PROPERTY.correlationId, correlationId],
      [PROPERTY.replyToClient, cluster.clientId],
      [PROPERTY.timeToLive, String(timeoutMs)],
    ] as const;
    const sending = introduced(cluster, topic).then(() => {
      const left = Math.max(1, Math.ceil(until - performance.now()));
      return signal.aborted ? undefined : asked.send(properties, { timeoutMs: left, signal });
    });
    // A reply may well be here before the broker's answer to the request.
    sending.catch(end.reject);
    return await Promise.race([waiting.reply, end.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    waiting[Symbol.dispose]();
  }
}

/** Makes us known wherever a reply may come from. */
async function introduced(cluster: Cluster, topic: string): Promise<void> {
  const { routes } = cluster;
  await routes.writableQueues(topic);
  const route = await routes.route(topic);
  const clusters = new Set(route?.brokerDatas.map((it) => it.cluster));
  await Promise.all([...clusters].map((it) => routes.route(replyTopicOf(it))));
  await cluster.introduce();
}

function late(topic: string, timeoutMs: number): RpcError {
  const message = `Cannot get reply to a request of topic "${topic}": none came in ${timeoutMs} ms`;
  return new RpcError(message, { kind: "timeout", address: "" });
}
