/**
 * Where a group begins in a queue.
 *
 * @module
 */

import { decodeResponseHeader } from "../../wire/headers.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { RETRY_PREFIX } from "../../wire/topic_names.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import { brokerOf } from "./broker_choice.ts";
import type { OffsetStore } from "./offset_store.ts";

/** Where a group begins that has never been in a queue; a time is a date or epoch ms. */
export type StartFrom = "first" | "last" | Date | number;

/**
 * The name heartbeats have for it.
 *
 * @throws {ClientError} `invalid` for what is none of them.
 */
export function consumeFromWhere(startFrom: StartFrom): string {
  if (startFrom === "first") return "CONSUME_FROM_FIRST_OFFSET";
  if (startFrom === "last") return "CONSUME_FROM_LAST_OFFSET";
  timeOf(startFrom);
  return "CONSUME_FROM_TIMESTAMP";
}

/** What {@linkcode startOffset} goes by. */
export interface StartOptions {
  readonly store: Pick<OffsetStore, "read">;
  readonly startFrom: StartFrom;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where a queue is to be pulled from: where the group was; where it was never, by `startFrom` (Java:
 * `RebalancePushImpl.computePullFromWhere`). Of a retry topic nothing is left out, unless the group
 * starts from a time: then what failed before it is.
 *
 * A broker says of a short, young queue that the group was at its begin: "last" starts there, too.
 *
 * @throws {ClientError} `refused`, `no-route`, `invalid`. @throws {RpcError} when there is no answer.
 */
export async function startOffset(
  cluster: Cluster,
  queue: Readonly<MessageQueue>,
  { store, startFrom, signal }: StartOptions,
): Promise<number> {
  const stored = await store.read(queue, { signal });
  if (stored !== undefined && stored >= 0) return stored;
  const isRetry = queue.topic.startsWith(RETRY_PREFIX);
  if (startFrom === "first" || (startFrom === "last" && isRetry)) return 0;
  if (startFrom === "last" || isRetry) return await maxOffset(cluster, queue, { signal });
  return await offsetAt(cluster, queue, { timestamp: timeOf(startFrom), signal });
}

interface Asking {
  readonly signal?: AbortSignal | undefined;
}

/** One after the end of a queue. */
export async function maxOffset(
  cluster: Cluster,
  queue: Readonly<MessageQueue>,
  { signal }: Asking = {},
): Promise<number> {
  const { topic, queueId } = queue;
  const header = { topic, queueId, committed: undefined };
  const { address } = await brokerOf(cluster, queue, { only: true });
  const { extFields } = await cluster.call(address, "GET_MAX_OFFSET", { header, signal });
  return offsetIn("GET_MAX_OFFSET", { address, extFields });
}

/** Where a queue begins. */
export async function minOffset(
  cluster: Cluster,
  queue: Readonly<MessageQueue>,
  { signal }: Asking = {},
): Promise<number> {
  const { topic, queueId } = queue;
  const { address } = await brokerOf(cluster, queue, { only: true });
  const header = { topic, queueId };
  const { extFields } = await cluster.call(address, "GET_MIN_OFFSET", { header, signal });
  return offsetIn("GET_MIN_OFFSET", { address, extFields });
}

/** Offset in a queue at a time, epoch ms. */
export async function offsetAt(
  cluster: Cluster,
  queue: Readonly<MessageQueue>,
  { timestamp, signal }: Asking & { readonly timestamp: number },
): Promise<number> {
  const { topic, queueId } = queue;
  const header = { topic, queueId, timestamp, boundaryType: undefined };
  const { address } = await brokerOf(cluster, queue, { only: true });
  const { extFields } = await cluster.call(address, "SEARCH_OFFSET_BY_TIMESTAMP", {
    header,
    signal,
  });
  return offsetIn("SEARCH_OFFSET_BY_TIMESTAMP", { address, extFields });
}

type OffsetQuestion = "GET_MAX_OFFSET" | "GET_MIN_OFFSET" | "SEARCH_OFFSET_BY_TIMESTAMP";

function offsetIn(
  name: OffsetQuestion,
  { address, extFields }: {
    readonly address: string;
    readonly extFields: Readonly<Record<string, string>> | undefined;
  },
): number {
  const { ok, problem } = decodeResponseHeader(name, extFields);
  if (ok !== undefined) return ok.offset;
  const message = `Cannot read the answer of ${address} to ${name}: ${problem.text}`;
  throw new ClientError(message, { kind: "damaged" });
}

function timeOf(startFrom: Date | number): number {
  const time = Math.trunc(Number(startFrom));
  if (Number.isSafeInteger(time) && time >= 0) return time;
  const message = `Cannot start from ${startFrom}: ` +
    `it is neither "first" nor "last" nor a time`;
  throw new ClientError(message, { kind: "invalid" });
}
