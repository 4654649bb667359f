/**
 * The queues a pull consumer has, all pulled ahead, and polled in turn.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import type { ReceivedMessage } from "../received_message.ts";
import type { PulledQueue, PulledQueueLimits } from "./pulled_queue.ts";
import { type PullerOptions, QueuePuller } from "./queue_puller.ts";
import { queueName } from "./queue_name.ts";

/** How queues are pulled. */
export interface PulledQueuesOptions extends Omit<PullerOptions, "hasRoom"> {
  /** Of each queue. */
  readonly limits: PulledQueueLimits;
  /** Messages of all queues together, from which on none is pulled. */
  readonly messagesMax: number;
}

/** Queues by name; each is pulled as long as it is here. */
export class PulledQueues {
  readonly #options: PulledQueuesOptions;
  readonly #pullers = new Map<string, QueuePuller>();
  /** Those that have been let go and have not ended yet. */
  readonly #ending = new Set<Promise<void>>();
  /** Queues of messages that are not settled. */
  readonly #given = new Set<PulledQueue>();
  /** Number of the queue whose turn it is. */
  #turn = 0;

  constructor(options: PulledQueuesOptions) {
    this.#options = options;
  }

  /** In the order they came. */
  get queues(): readonly Readonly<MessageQueue>[] {
    return Array.from(this.#pullers.values(), ({ pulled }) => pulled.queue);
  }

  /** The queues with what is known of them. */
  get all(): readonly PulledQueue[] {
    return Array.from(this.#pullers.values(), ({ pulled }) => pulled);
  }

  /** Messages that wait to be taken. */
  get count(): number {
    let count = 0;
    for (const { pulled } of this.#pullers.values()) count += pulled.count;
    return count;
  }

  /** The puller of a queue. */
  get(queue: Readonly<MessageQueue>): QueuePuller | undefined {
    return this.#pullers.get(queueName(queue));
  }

  /** Pulls a queue from now on, unless it does already. */
  add(queue: Readonly<MessageQueue>): void {
    const name = queueName(queue);
    if (this.#pullers.has(name)) return;
    const hasRoom = (pulled: PulledQueue) => this.#hasRoom(pulled);
    const { topic, brokerName, queueId } = queue;
    const own = { topic, brokerName, queueId };
    this.#pullers.set(name, new QueuePuller(own, { ...this.#options, hasRoom }));
  }

  /** Lets a queue go with all that is known of it. */
  delete(queue: Readonly<MessageQueue>): void {
    const name = queueName(queue);
    const puller = this.#pullers.get(name);
    if (puller === undefined) return;
    this.#pullers.delete(name);
    this.#given.delete(puller.pulled);
    puller.stop();
    const ending = puller.finished.then(() => void this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Up to `max` messages of the queues in turn, in order in each; they are settled the next time. */
  take(max: number): ReceivedMessage[] {
    const messages: ReceivedMessage[] = [];
    const pullers = [...this.#pullers.values()];
    const wasFull = this.count >= this.#options.messagesMax;
    const first = this.#turn;
    for (let step = 0; step < pullers.length && messages.length < max; step++) {
      const number = (first + step) % pullers.length;
      const puller = pullers[number]!;
      const { pulled } = puller;
      if (pulled.paused || pulled.count === 0) continue;
      pulled.take(max - messages.length, messages);
      pulled.lastTakenAt = this.#options.now();
      this.#given.add(pulled);
      this.#turn = number + 1;
      if (!wasFull) puller.wake();
    }
    if (wasFull) pullers.forEach((it) => it.wake());
    return messages;
  }

  /** What was taken is done with. */
  settle(): void {
    for (const pulled of this.#given) pulled.settle();
    this.#given.clear();
  }

  /** Lets all queues go, and waits until nothing is pulled any more. */
  async stop(): Promise<void> {
    for (const queue of this.queues) this.delete(queue);
    await Promise.all(this.#ending);
  }

  #hasRoom(pulled: PulledQueue): boolean {
    return !pulled.isFull(this.#options.limits) && this.count < this.#options.messagesMax;
  }
}
