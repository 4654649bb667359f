/**
 * Where a group's offsets are kept, seen from a member: it tells often what it has consumed, and every
 * few seconds that is stored.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { queueName } from "./queue_name.ts";

/** Java: `DefaultMQPushConsumer`'s `persistConsumerOffsetInterval`. */
const PERSIST_MS = 5000;
/** Before the first time. */
const FIRST_PERSIST_MS = 10_000;

/** Offsets of one group (Java: `OffsetStore`). Topics are named as on the wire. */
export interface OffsetStore {
  /** What is known here: told by {@linkcode OffsetStore.update}, or read before. */
  get(queue: Readonly<MessageQueue>): number | undefined;
  /** From where the group is to go on. */
  update(queue: Readonly<MessageQueue>, offset: number, options?: OffsetUpdate): void;
  /** Sets an offset that later updates do not change, until the queue is removed. */
  freeze(queue: Readonly<MessageQueue>, offset: number): void;
  /**
   * What is stored, which is known here from then on; `undefined` for a queue in which the group has
   * never been.
   *
   * @throws {ClientError} or {RpcError} when it cannot be had.
   */
  read(
    queue: Readonly<MessageQueue>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<number | undefined>;
  /** Stores what is known of these queues; what cannot be stored is logged. */
  persist(queues: readonly Readonly<MessageQueue>[]): Promise<void>;
  /** Forgets a queue; what is stored stays. */
  remove(queue: Readonly<MessageQueue>): void;
  /** What is known of a topic. */
  offsetsOf(topic: string): ReadonlyMap<MessageQueue, number>;
}

/** How an offset is told. */
export interface OffsetUpdate {
  /** Whether a smaller one than is known counts for nothing. */
  readonly increaseOnly?: boolean | undefined;
}

interface KnownOffset {
  readonly queue: MessageQueue;
  offset: number;
  frozen: boolean;
}

/** What both kinds of stores know in memory. */
export class KnownOffsets {
  readonly #known = new Map<string, KnownOffset>();

  /** As {@linkcode OffsetStore.get}. */
  get(queue: Readonly<MessageQueue>): number | undefined {
    return this.#known.get(queueName(queue))?.offset;
  }

  /** As {@linkcode OffsetStore.update}. */
  update(
    queue: Readonly<MessageQueue>,
    offset: number,
    { increaseOnly = false }: OffsetUpdate = {},
  ): void {
    const name = queueName(queue);
    const known = this.#known.get(name);
    if (known === undefined) this.#known.set(name, { queue: copy(queue), offset, frozen: false });
    else if (!known.frozen && !(increaseOnly && offset < known.offset)) known.offset = offset;
  }

  /** As {@linkcode OffsetStore.freeze}. */
  freeze(queue: Readonly<MessageQueue>, offset: number): void {
    this.#known.set(queueName(queue), { queue: copy(queue), offset, frozen: true });
  }

  /** As {@linkcode OffsetStore.remove}. */
  remove(queue: Readonly<MessageQueue>): void {
    this.#known.delete(queueName(queue));
  }

  /** As {@linkcode OffsetStore.offsetsOf}. */
  offsetsOf(topic: string): ReadonlyMap<MessageQueue, number> {
    const known = [...this.#known.values()].filter(({ queue }) => queue.topic === topic);
    return new Map(known.map(({ queue, offset }) => [queue, offset]));
  }
}

/** A caller may have more in its queues than names them. */
function copy({ topic, brokerName, queueId }: Readonly<MessageQueue>): MessageQueue {
  return { topic, brokerName, queueId };
}

/** What {@linkcode persistLoop} goes by. */
export interface PersistOptions {
  /** Queues of now. */
  readonly queues: () => readonly Readonly<MessageQueue>[];
  readonly signal: AbortSignal;
  /** Default {@linkcode FIRST_PERSIST_MS}. */
  readonly firstMs?: number | undefined;
  /** Default {@linkcode PERSIST_MS}. */
  readonly intervalMs?: number | undefined;
}

/** Stores the offsets of a consumer's queues again and again, until the signal. */
export async function persistLoop(
  store: Pick<OffsetStore, "persist">,
  { queues, signal, firstMs = FIRST_PERSIST_MS, intervalMs = PERSIST_MS }: PersistOptions,
): Promise<void> {
  for (let pauseMs = firstMs; !signal.aborted; pauseMs = intervalMs) {
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await store.persist(queues());
  }
}
