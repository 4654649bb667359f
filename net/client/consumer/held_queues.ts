/**
 * The queues a consumer has: taken and given up as the group's members come and go, locked where it
 * consumes in order, taken anew where a broker or an operator moves its offset.
 *
 * @module
 */

import type { SubscriptionData } from "../../wire/heartbeat.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { Bell } from "./bell.ts";
import { ConcurrentQueue } from "./concurrent_queue.ts";
import { NO_LIMIT } from "./consumer_options.ts";
import type { CacheLimits, HeldQueue, QueueOwner } from "./held_queue.ts";
import { OrderedQueue } from "./ordered_queue.ts";
import { Puller } from "./pull.ts";
import { pullLoop } from "./pull_loop.ts";
import { LOCK_LIVE_MS, LOCK_RENEW_MS, lockQueues, unlockQueues } from "./queue_locks.ts";
import { queueName } from "./queue_name.ts";

/** Looks for messages that take too long at least so often. */
const EXPIRE_MS_MAX = 60_000;
/** A share of the time a message may take. */
const EXPIRE_LOOKS = 10;

/** How a queue is taken. */
interface Taking {
  readonly subscription: SubscriptionData;
  /** Where to begin; default: where the group was. */
  readonly from?: number | undefined;
  /** When the queue was locked, by the steady clock; only of ordered consumers. */
  readonly lockedAt?: number | undefined;
  /** What has to end first. */
  readonly after?: Promise<void> | undefined;
}

/** The queues of one consumer. */
export class HeldQueues {
  readonly #owner: QueueOwner;
  readonly #puller: Puller;
  readonly #held = new Map<string, HeldQueue>();
  /** Queues given up whose last message is still with the application; they stay locked. */
  readonly #leaving = new Map<string, OrderedQueue>();
  readonly #stopped = new AbortController();
  readonly #work = new Set<Promise<void>>();
  /** Of a queue, where there are none of a topic. */
  readonly #limits: CacheLimits;
  readonly #onLost: () => void;
  readonly #renewMs: number;

  /** `onLost` asks for a new look at who has which queue; `renewMs` lies between two locks. */
  constructor(
    owner: QueueOwner,
    { onLost, renewMs = LOCK_RENEW_MS }: {
      readonly onLost: () => void;
      readonly renewMs?: number;
    },
  ) {
    this.#owner = owner;
    this.#renewMs = renewMs;
    this.#puller = new Puller(owner.cluster, owner.group);
    this.#onLost = onLost;
    const { cachedMessagesMax: messages, cachedBytesMax: bytes } = owner.settings;
    this.#limits = { messages, bytes };
    if (this.#locks) this.#keep(this.#renewLoop());
    if (!owner.settings.ordered) this.#keep(this.#expireLoop());
  }

  /** The queues of now. */
  get all(): readonly HeldQueue[] {
    return [...this.#held.values()];
  }

  /** How much each queue of a topic may hold. */
  limitsOf(topic: string): CacheLimits {
    const { settings } = this.#owner;
    const { cachedMessagesMaxOfTopic: messages, cachedBytesMaxOfTopic: bytes } = settings;
    if (messages === NO_LIMIT && bytes === NO_LIMIT) return this.#limits;
    const share = Math.max(1, this.#of(topic).length);
    return {
      messages: Math.min(settings.cachedMessagesMax, Math.max(1, Math.floor(messages / share))),
      bytes: Math.min(settings.cachedBytesMax, Math.max(1, Math.floor(bytes / share))),
    };
  }

  /**
   * Has these queues of a topic from now on, and no others; none of a topic that is not subscribed to.
   * `false` when one cannot be had yet: another member has not let go of it.
   */
  async assign(topic: string, queues: readonly MessageQueue[]): Promise<boolean> {
    const { subscriptions } = this.#owner;
    const names = new Set(subscriptions.has(topic) ? queues.map(queueName) : []);
    const ofTopic = this.#of(topic);
    const lost = ofTopic.filter((it) => !names.has(it.name));
    await Promise.all(lost.map((it) => this.#giveUp(it)));
    const wanted = queues.filter((it) =>
      names.has(queueName(it)) && !this.#held.has(queueName(it))
    );
    const free = wanted.filter((it) => !this.#leaving.has(queueName(it)));
    if (this.#stopped.signal.aborted || wanted.length === 0) return true;
    const { granted, lockedAt } = await this.#lock(free);
    const subscription = subscriptions.get(topic);
    if (this.#stopped.signal.aborted || subscription === undefined) {
      await this.#unlock(granted);
      return true;
    }
    for (const queue of granted) this.#take(queue, { subscription, lockedAt });
    for (const held of this.all) held.wake();
    return granted.length === wanted.length;
  }

  /** Pulls nothing of a topic until {@linkcode resubscribe}. */
  pause(topic: string): void {
    for (const held of this.#of(topic)) held.pause();
  }

  /** Goes on with what the group wants of a topic now, which the brokers know. */
  resubscribe(topic: string): void {
    const subscription = this.#owner.subscriptions.get(topic);
    if (subscription === undefined) return;
    for (const held of this.#of(topic)) held.resubscribe(subscription);
  }

  /** Goes on at these offsets; nothing that was pulled before is given out any more. */
  async reset(topic: string, offsets: ReadonlyMap<MessageQueue, number>): Promise<void> {
    const moved = [...offsets].flatMap(([queue, offset]) => {
      const held = queue.topic === topic ? this.#held.get(queueName(queue)) : undefined;
      return held === undefined ? [] : [this.#move(held, offset)];
    });
    await Promise.all(moved);
  }

  /** Takes nothing any more, and pulls nothing; what is with the application still counts. */
  stop(): void {
    this.#stopped.abort();
    for (const held of this.all) held.retire();
  }

  /** Gives up all of them: offsets are stored, locks given back. */
  async close(): Promise<void> {
    this.stop();
    const { offsets } = this.#owner;
    const all = this.all;
    this.#held.clear();
    for (const held of all) held.drop();
    const queues = all.map((it) => it.queue);
    await offsets.persist(queues);
    await this.#unlock([...queues, ...Array.from(this.#leaving.values(), (it) => it.queue)]);
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  #of(topic: string): readonly HeldQueue[] {
    return this.all.filter((it) => it.queue.topic === topic);
  }

  get #locks(): boolean {
    const { ordered, model } = this.#owner.settings;
    return ordered && model === "clustering";
  }

  #take(queue: MessageQueue, { subscription, from, lockedAt, after }: Taking): void {
    const owner = this.#owner;
    const { offsets } = owner;
    const held = owner.settings.ordered
      ? new OrderedQueue(queue, { subscription, owner })
      : new ConcurrentQueue(queue, { subscription, owner });
    if (lockedAt !== undefined && held instanceof OrderedQueue) held.lock(lockedAt);
    // What is known of it was true before another member had it.
    if (from === undefined) offsets.remove(queue);
    this.#held.set(held.name, held);
    const onMoved = (offset: number) => void this.#keep(this.#move(held, offset));
    this.#keep((async () => {
      await after;
      await pullLoop(held, { owner, puller: this.#puller, from, onMoved });
    })());
  }

  async #giveUp(held: HeldQueue): Promise<void> {
    this.#held.delete(held.name);
    held.retire();
    this.#puller.forget(held.queue);
    if (held instanceof OrderedQueue && held.takenCount > 0) {
      // The next member must not begin before the last message here is done with.
      this.#leaving.set(held.name, held);
      this.#keep(this.#leave(held));
    } else await this.#release(held);
  }

  async #leave(held: OrderedQueue): Promise<void> {
    await held.whenIdle(this.#stopped.signal);
    await this.#release(held);
    this.#leaving.delete(held.name);
  }

  async #release(held: HeldQueue): Promise<void> {
    held.drop();
    const { queue } = held;
    const { offsets } = this.#owner;
    await offsets.persist([queue]);
    // It may be this member's again by now.
    if (this.#held.has(queueName(queue))) return;
    offsets.remove(queue);
    await this.#unlock([queue]);
  }

  async #move(held: HeldQueue, offset: number): Promise<void> {
    const { queue, subscription, pulled } = held;
    if (pulled.dropped || this.#held.get(held.name) !== held) return;
    held.drop();
    const { offsets } = this.#owner;
    offsets.update(queue, offset);
    this.#owner.cluster.log(`Queue ${held.name} goes on at offset ${offset}`);
    const after = held instanceof OrderedQueue ? held.whenIdle(this.#stopped.signal) : undefined;
    const lockedAt = held instanceof OrderedQueue ? held.lockedAt : undefined;
    this.#take({ ...queue }, { subscription, from: offset, lockedAt, after });
    await offsets.persist([queue]);
  }

  async #lock(
    queues: readonly MessageQueue[],
  ): Promise<{ readonly granted: readonly MessageQueue[]; readonly lockedAt?: number }> {
    if (!this.#locks) return { granted: queues };
    const { cluster, group } = this.#owner;
    // The broker counts from later on.
    const lockedAt = cluster.steadyNow();
    const { granted } = await lockQueues(cluster, { group, queues });
    return { granted, lockedAt };
  }

  async #unlock(queues: readonly Readonly<MessageQueue>[]): Promise<void> {
    const { cluster, group } = this.#owner;
    if (this.#locks && queues.length > 0) await unlockQueues(cluster, { group, queues });
  }

  async #renewLoop(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await new Bell().wait({ timeoutMs: this.#renewMs, signal });
      if (!signal.aborted) await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    const { cluster, group } = this.#owner;
    const held = [...this.#held, ...this.#leaving] as [string, OrderedQueue][];
    if (held.length === 0) return;
    const renewedAt = cluster.steadyNow();
    const queues = held.map(([, it]) => it.queue);
    const { granted, refused } = await lockQueues(cluster, { group, queues });
    const again = new Set(granted.map(queueName));
    for (const [name, it] of held) {
      if (!again.has(name) || this.#held.get(name) !== it) continue;
      if (renewedAt - (it.lockedAt ?? -Infinity) < LOCK_LIVE_MS) it.lock(renewedAt);
      else this.#lose(it);
    }
    for (const queue of refused) this.#lose(this.#held.get(queueName(queue)));
  }

  /** Another member has it, or may have had it: what is known here is old. */
  #lose(held: HeldQueue | undefined): void {
    if (held === undefined) return;
    this.#owner.cluster.log(`The lock of queue ${held.name} was lost`);
    this.#held.delete(held.name);
    held.drop();
    this.#onLost();
  }

  async #expireLoop(): Promise<void> {
    const { signal } = this.#stopped;
    const { consumeTimeoutMs } = this.#owner.settings;
    const timeoutMs = Math.min(EXPIRE_MS_MAX, Math.ceil(consumeTimeoutMs / EXPIRE_LOOKS));
    while (!signal.aborted) {
      await new Bell().wait({ timeoutMs, signal });
      if (signal.aborted) return;
      for (const held of this.all) if (held instanceof ConcurrentQueue) held.expire();
    }
  }

  #keep(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }
}
