/**
 * Which messages of a topic a group wants: what its heartbeats and pulls say of it, and what is
 * checked again where the messages arrive.
 *
 * @module
 */

import { stringHash } from "../../../store/hash.ts";
import { formatClientCheck, type SubscriptionData } from "../../wire/heartbeat.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import type { ReceivedMessage } from "../received_message.ts";
import { anyBrokerOf } from "./broker_choice.ts";

/** `"*"` or nothing for all, `"tagA || tagB"`, or an SQL92 expression. */
export type Filter = string | { readonly sql: string };

/** Whether it says something. */
export function isFilter(filter: unknown): filter is Filter {
  if (typeof filter !== "object") return typeof filter === "string";
  return typeof (filter as { readonly sql?: unknown } | null)?.sql === "string";
}

const ALL = "*";
const TAG = "TAG";
const SQL = "SQL92";

/**
 * What brokers are told of a subscription (Java: `FilterAPI`). `topic` is the name on the wire;
 * `version` a time in ms: of two subscriptions the later counts.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { subscriptionTo } from "./subscription.ts";
 *
 * const { tagsSet, codeSet } = subscriptionTo("Orders", "paid || shipped", { version: 1 });
 * assert.deepEqual([tagsSet, codeSet], [["paid", "shipped"], [3433164, 2061557075]]);
 * ```
 *
 * @throws {ClientError} `invalid` for an expression that names nothing, and for none.
 */
export function subscriptionTo(
  topic: string,
  filter: Filter,
  { version }: { readonly version: number },
): SubscriptionData {
  if (!isFilter(filter)) {
    const message = `Cannot subscribe to topic "${topic}": ${filter} is neither tags nor { sql }`;
    throw new ClientError(message, { kind: "invalid" });
  }
  const sql = typeof filter === "object";
  const subString = sql ? filter.sql : filter === "" ? ALL : filter;
  const tagsSet = sql || subString === ALL ? [] : tagsOf(subString);
  if (sql ? subString.trim() === "" : subString !== ALL && tagsSet.length === 0) {
    const message = `Cannot subscribe to topic "${topic}": ${JSON.stringify(subString)} names ` +
      (sql ? "no condition" : 'no tag; "*" stands for all messages');
    throw new ClientError(message, { kind: "invalid" });
  }
  return {
    topic,
    subString,
    expressionType: sql ? SQL : TAG,
    tagsSet,
    codeSet: [...new Set(tagsSet.map((tag) => stringHash(tag)))],
    subVersion: version,
    classFilterMode: false,
  };
}

function tagsOf(expression: string): string[] {
  const tags = expression.split("||").map((part) => part.trim()).filter((tag) => tag !== "");
  return [...new Set(tags)];
}

/**
 * Whether a message that a broker gave out is one of the subscription: brokers compare hashes of tags
 * only.
 */
export function wants(subscription: SubscriptionData, message: ReceivedMessage): boolean {
  const { tagsSet } = subscription;
  if (tagsSet.length === 0) return true;
  const { tag } = message;
  return tag !== undefined && tagsSet.includes(tag);
}

/**
 * Asks a broker of the topic whether it can filter so; of tags there is nothing to ask (Java:
 * `checkClientInBroker`). A topic that nobody has yet cannot be asked about.
 *
 * @throws {ClientError} `refused` with the broker's reason; `name-server`.
 * @throws {RpcError} when there is no answer.
 */
export async function checkSubscription(
  cluster: Cluster,
  subscription: SubscriptionData,
  { group, signal }: { readonly group: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  if (subscription.expressionType === TAG) return;
  const address = await anyBrokerOf(cluster, subscription.topic);
  if (address === undefined) return;
  const body = formatClientCheck({
    clientId: cluster.clientId,
    group,
    subscriptionData: subscription,
  });
  try {
    await cluster.call(address, "CHECK_CLIENT_CONFIG", { body, signal });
  } catch (error) {
    if (!(error instanceof ClientError) || error.kind !== "refused") throw error;
    const topic = cluster.namespace.unwrap(subscription.topic);
    const message = `Cannot subscribe to topic "${topic}" with ${SQL} expression ` +
      `${JSON.stringify(subscription.subString)}: ${error.message}`;
    throw new ClientError(message, { kind: "refused", code: error.code, cause: error });
  }
}
