/**
 * Which of a topic's queues a message goes to.
 *
 * @module
 */

import { stringHash } from "../../../store/hash.ts";
import type { WritableQueue } from "../route_book.ts";
import type { FaultAvoidance } from "./fault_avoidance.ts";

/** The turn of a topic's queues (Java: `TopicPublishInfo`, `ThreadLocalIndex`). */
export class QueueTurn {
  #turn: number;

  /** `random` gives 0 to less than 1: producers that start together do not all start with queue 0. */
  constructor(random: () => number) {
    this.#turn = Math.floor(random() * 0x4000_0000);
  }

  /**
   * The next queue in turn: of another broker than `lastBroker`, and of none that is to be avoided,
   * as far as there are such (Java: `MQFaultStrategy.selectOneMessageQueue`).
   */
  next(
    queues: readonly WritableQueue[],
    { lastBroker, faults }: {
      /** Broker an attempt before failed at. */
      readonly lastBroker?: string | undefined;
      readonly faults?: FaultAvoidance | undefined;
    } = {},
  ): WritableQueue {
    if (faults !== undefined) {
      return this.#find(queues, (it) => it !== lastBroker && faults.isAvailable(it)) ??
        this.#find(queues, (it) => it !== lastBroker && faults.isReachable(it)) ??
        this.#step(queues);
    }
    if (lastBroker === undefined) return this.#step(queues);
    return this.#find(queues, (it) => it !== lastBroker) ?? this.#step(queues);
  }

  #step(queues: readonly WritableQueue[]): WritableQueue {
    this.#turn = (this.#turn + 1) % 0x8000_0000;
    return queues[this.#turn % queues.length]!;
  }

  #find(
    queues: readonly WritableQueue[],
    suits: (brokerName: string) => boolean,
  ): WritableQueue | undefined {
    for (let tried = 0; tried < queues.length; tried++) {
      const queue = this.#step(queues);
      if (suits(queue.brokerName)) return queue;
    }
    return undefined;
  }
}

/**
 * The number of the queue for a key, as Java's clients choose it, so that both sides keep one order
 * (Java: `SelectMessageQueueByHash`).
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { queueOfKey } from "./queue_choice.ts";
 *
 * assert.equal(queueOfKey("order-17", 4), 1);
 * assert.equal(queueOfKey("", 4), 0);
 * ```
 */
export function queueOfKey(key: string, queueCount: number): number {
  return Math.abs(stringHash(key) % queueCount);
}
