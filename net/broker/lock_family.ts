/**
 * Locks of queues for orderly consumption: one client of a group at a time consumes a queue (Java:
 * `RebalanceLockManager`).
 *
 * @module
 */

import type { Family } from "../rpc/routes.ts";
import type { MessageQueue } from "../wire/message_queue.ts";
import { formatLockedQueues, parseLockBatch } from "../wire/queue_locks.ts";

/** Time after which a lock that was not renewed is free (Java: `lockMaxLiveTime`). */
export const LOCK_EXPIRY_MS = 60_000;

interface Lock {
  clientId: string;
  lockedAt: number;
}

/** The locks of a broker. */
export class QueueLocks {
  readonly #groups = new Map<string, Map<string, Lock>>();
  readonly #now: () => number;

  /** No locks; the clock is in ms. */
  constructor({ now }: { now: () => number }) {
    this.#now = now;
  }

  /** Takes a free lock, or renews one's own; whether the client holds it now. */
  lock(group: string, queue: MessageQueue, clientId: string): boolean {
    let locks = this.#groups.get(group);
    if (locks === undefined) this.#groups.set(group, locks = new Map());
    const key = keyOf(queue);
    const held = locks.get(key);
    const now = this.#now();
    if (held !== undefined && held.clientId !== clientId && !isExpired(held, now)) return false;
    locks.set(key, { clientId, lockedAt: now });
    return true;
  }

  /** Gives up a lock, if the client holds it. */
  unlock(group: string, queue: MessageQueue, clientId: string): void {
    const locks = this.#groups.get(group);
    const key = keyOf(queue);
    if (locks?.get(key)?.clientId !== clientId) return;
    locks.delete(key);
    if (locks.size === 0) this.#groups.delete(group);
  }

  /**
   * Gives up all locks a client holds in a group it leaves. A client of Java that locks a queue while it
   * leaves does not give that one back: it would be nobody's until the lock expires.
   */
  release(group: string, clientId: string): void {
    const locks = this.#groups.get(group);
    if (locks === undefined) return;
    for (const [key, lock] of locks) if (lock.clientId === clientId) locks.delete(key);
    if (locks.size === 0) this.#groups.delete(group);
  }

  /** Whether any queue of a group is locked now, which tells that it consumes in order. */
  isLocking(group: string): boolean {
    const now = this.#now();
    return Array.from(this.#groups.get(group)?.values() ?? []).some((it) => !isExpired(it, now));
  }
}

/** Requests about locks. */
export function lockFamily({ locks }: { locks: QueueLocks }): Family {
  return {
    LOCK_BATCH_MQ({ body }) {
      const { consumerGroup, clientId, mqSet } = parseLockBatch(body);
      const held = mqSet.filter((queue) => locks.lock(consumerGroup, queue, clientId));
      return { body: formatLockedQueues(held) };
    },

    UNLOCK_BATCH_MQ({ body }) {
      const { consumerGroup, clientId, mqSet } = parseLockBatch(body);
      for (const queue of mqSet) locks.unlock(consumerGroup, queue, clientId);
      return {};
    },
  };
}

function keyOf({ topic, brokerName, queueId }: MessageQueue): string {
  return `${topic}@${brokerName}@${queueId}`;
}

function isExpired({ lockedAt }: Lock, now: number): boolean {
  return now - lockedAt > LOCK_EXPIRY_MS;
}
