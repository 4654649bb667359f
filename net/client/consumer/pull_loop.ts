/**
 * Pulls a queue ahead of the application, as long as the member has it (Java: `PullMessageService`).
 *
 * @module
 */

import { ClientError } from "../client_error.ts";
import { Bell } from "./bell.ts";
import type { HeldQueue, QueueOwner } from "./held_queue.ts";
import type { Puller, PullResult } from "./pull.ts";
import { type StartFrom, startOffset } from "./start_offset.ts";
import { RETRY_PREFIX } from "../../wire/topic_names.ts";

/** How long a broker may hold a pull while there is nothing (Java: `BROKER_SUSPEND_MAX_TIME_MILLIS`). */
const SUSPEND_MS = 15_000;
/** A broker that moves an offset twice in a row is given time. */
const MOVED_PAUSE_MS = 10_000;

/** A broker that has started anew, and has not heard of this member yet, says one of these. */
const NOT_REGISTERED = new Set(["SUBSCRIPTION_NOT_EXIST", "SUBSCRIPTION_NOT_LATEST"]);

/** What a queue is pulled with. */
export interface PullLoopOptions {
  readonly owner: QueueOwner;
  readonly puller: Puller;
  /** Where to begin; default: where the group was. */
  readonly from?: number | undefined;
  /** Goes on elsewhere, by the word of the broker: the queue is to be dropped and taken anew. */
  readonly onMoved: (offset: number) => void;
}

/** Until the queue is dropped, or {@linkcode PullLoopOptions.onMoved} is called; never fails. */
export async function pullLoop(held: HeldQueue, options: PullLoopOptions): Promise<void> {
  const { owner, owner: { cluster, settings } } = options;
  const { signal } = held;
  const wasMoved = options.from !== undefined;
  let { from } = options;
  let pulls = 0;
  let trouble = "";
  let asked: AbortSignal | undefined;
  while (!signal.aborted) {
    try {
      from ??= await beginning(held, owner);
      await held.whenRoom();
      if (signal.aborted) return;
      asked = held.pullSignal;
      const result = await pull(held, { ...options, from, signal: asked });
      if (signal.aborted) return;
      // It was chosen by what the group wanted before.
      if (asked.aborted) continue;
      trouble = "";
      if (result.status === "OFFSET_ILLEGAL") {
        if (wasMoved && pulls === 0) await pause(MOVED_PAUSE_MS, signal);
        return signal.aborted ? undefined : options.onMoved(result.nextOffset);
      }
      from = result.nextOffset;
      pulls++;
    } catch (error) {
      if (signal.aborted) return;
      if (asked?.aborted === true) continue;
      const { message } = error as Error;
      if (message !== trouble) cluster.log(`Cannot pull queue ${held.name}`, error);
      trouble = message;
      await recover(error, options);
      await pause(settings.errorPauseMs, signal);
    }
  }
}

async function pull(
  held: HeldQueue,
  { owner, puller, from, signal }: PullLoopOptions & {
    readonly from: number;
    readonly signal: AbortSignal;
  },
): Promise<PullResult> {
  const { cluster, settings, offsets, stats } = owner;
  const { queue, subscription, pulled } = held;
  const start = pulled.pulledAt = cluster.now();
  const known = settings.model === "clustering" ? offsets.get(queue) ?? 0 : 0;
  const result = await puller.pull({
    queue,
    offset: from,
    max: settings.pullMax,
    subscription,
    commitOffset: known > 0 ? known : undefined,
    suspendMs: SUSPEND_MS,
    signal,
  });
  if (signal.aborted || result.status === "OFFSET_ILLEGAL") return result;
  const { length: messages } = result.messages;
  if (messages > 0) {
    stats.pulled(queue.topic, { messages, tookMs: Math.max(0, cluster.now() - start) });
    held.put(result);
  } else if (pulled.count === 0) {
    // What was left out by the filter is done with, too.
    offsets.update(queue, result.nextOffset, { increaseOnly: true });
  }
  return result;
}

async function beginning(held: HeldQueue, owner: QueueOwner): Promise<number> {
  const { cluster, settings, offsets } = owner;
  const { queue, signal } = held;
  // Whatever failed in this group is for this group, whenever it was.
  const isRetry = queue.topic.startsWith(RETRY_PREFIX);
  const startFrom: StartFrom = isRetry ? "first" : settings.startFrom;
  return await startOffset(cluster, queue, { store: offsets, startFrom, signal });
}

/** What may help before the next try. */
async function recover(error: unknown, { owner }: PullLoopOptions): Promise<void> {
  if (!(error instanceof ClientError) || error.code === undefined) return;
  if (NOT_REGISTERED.has(error.code)) await owner.introduce();
}

async function pause(timeoutMs: number, signal: AbortSignal): Promise<void> {
  await new Bell().wait({ timeoutMs, signal });
}
