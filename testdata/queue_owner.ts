/**
 * What a consumer's queues work with, without a cluster, for tests: it keeps what it is told.
 *
 * @module
 */

import { ConsumeStats } from "../net/client/consumer/consume_stats.ts";
import type { ConsumeHooks } from "../net/client/consumer/consumer_hooks.ts";
import {
  type ConsumerOptions,
  type ConsumerSettings,
  consumerSettings,
} from "../net/client/consumer/consumer_options.ts";
import { ConcurrentQueue } from "../net/client/consumer/concurrent_queue.ts";
import type { HeldQueue, QueueOwner } from "../net/client/consumer/held_queue.ts";
import { KnownOffsets, type OffsetStore } from "../net/client/consumer/offset_store.ts";
import type { PullResult } from "../net/client/consumer/pull.ts";
import { ReadyQueues } from "../net/client/consumer/ready_queues.ts";
import { subscriptionTo } from "../net/client/consumer/subscription.ts";
import { Cluster } from "../net/client/cluster.ts";
import { ReceivedMessage } from "../net/client/received_message.ts";

/** The owner of queues, and what it was told. */
export class FakeOwner implements QueueOwner {
  readonly cluster: Cluster;
  readonly group = "billing";
  readonly settings: ConsumerSettings;
  readonly offsets: OffsetStore;
  readonly subscriptions = new Map(
    ["T", "TBW102"].map((topic) => [topic, subscriptionTo(topic, "*", { version: 1 })] as const),
  );
  readonly stats: ConsumeStats;
  readonly hooks: readonly ConsumeHooks[];
  readonly ready = new ReadyQueues();
  /** What an operator was told. */
  readonly told: string[] = [];
  readonly owed: Promise<void>[] = [];
  /** The clock; it stands still. */
  time = 1_800_000_000_000;

  constructor(options: Partial<ConsumerOptions> = {}) {
    const now = () => this.time;
    const log = (text: string) => void this.told.push(text);
    this.cluster = new Cluster({ nameServers: "127.0.0.1:1", now, log }, { steadyNow: now });
    this.settings = consumerSettings({ group: "billing", subscribe: { T: "*" }, ...options });
    this.stats = new ConsumeStats({ now });
    this.hooks = options.hooks === undefined ? [] : [options.hooks];
    const known = new KnownOffsets();
    this.offsets = {
      get: (queue) => known.get(queue),
      update: (queue, offset, how) => known.update(queue, offset, how),
      freeze: (queue, offset) => known.freeze(queue, offset),
      read: (queue) => Promise.resolve(known.get(queue)),
      persist: () => Promise.resolve(),
      remove: (queue) => known.remove(queue),
      offsetsOf: (topic) => known.offsetsOf(topic),
    };
  }

  limitsOf(): { messages: number; bytes: number } {
    const { cachedMessagesMax: messages, cachedBytesMax: bytes } = this.settings;
    return { messages, bytes };
  }

  offer(queue: HeldQueue): void {
    this.ready.offer(queue);
  }

  reply(): Promise<void> {
    return Promise.resolve();
  }

  owe(work: Promise<void>): void {
    this.owed.push(work);
  }

  introduce(): Promise<void> {
    return Promise.resolve();
  }

  sentBack(): void {}

  /** A queue of topic `T` that is not ordered. */
  queue(queueId: number): ConcurrentQueue {
    const subscription = subscriptionTo("T", "*", { version: 1 });
    const queue = { topic: "T", brokerName: "broker-a", queueId };
    return new ConcurrentQueue(queue, { subscription, owner: this });
  }
}

/** A pull that found messages at these offsets of a queue. */
export function pulledAt(queueId: number, offsets: readonly number[]): PullResult {
  const messages = offsets.map((queueOffset) =>
    new ReceivedMessage({
      totalSize: 100,
      magic: 0,
      bodyCRC: 0,
      queueId,
      flag: 0,
      queueOffset,
      physicalOffset: 100 * queueOffset,
      sysFlag: 0,
      bornTimestamp: 0,
      bornHost: { address: new Uint8Array(4), port: 0 },
      storeTimestamp: 0,
      storeHost: { address: new Uint8Array(4), port: 0 },
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: new TextEncoder().encode(`m${queueOffset}`),
      topic: "T",
      properties: "",
    }, { brokerName: "broker-a" })
  );
  const nextOffset = (offsets.at(-1) ?? 0) + 1;
  return { status: "FOUND", nextOffset, minOffset: 0, maxOffset: nextOffset, messages };
}
