/**
 * A member of a consumer group at work: known to the brokers, with its share of the queues, and with
 * an answer to what brokers ask consumers.
 *
 * @module
 */

import type { ConsumerData, SubscriptionData } from "../../wire/heartbeat.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { retryTopicOf } from "../../wire/topic_names.ts";
import { atMost } from "../at_most.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import type { ConsumerMember } from "../members.ts";
import { reply } from "../reply.ts";
import { ConsumeStats } from "./consume_stats.ts";
import type { ConsumedMessage } from "./consumed_message.ts";
import type { ConsumeHooks } from "./consumer_hooks.ts";
import type { ConsumerSettings } from "./consumer_options.ts";
import type { CacheLimits, HeldQueue, QueueOwner } from "./held_queue.ts";
import { HeldQueues } from "./held_queues.ts";
import { LocalOffsets } from "./local_offsets.ts";
import { type OffsetStore, persistLoop } from "./offset_store.ts";
import type { ReadyQueues } from "./ready_queues.ts";
import { Rebalance } from "./rebalance.ts";
import { RemoteOffsets } from "./remote_offsets.ts";
import { runningInfo } from "./running_info.ts";
import { consumeFromWhere } from "./start_offset.ts";
import { checkSubscription, type Filter, subscriptionTo } from "./subscription.ts";

/** What a member works with. */
export interface MembershipOptions {
  readonly settings: ConsumerSettings;
  readonly hooks: readonly ConsumeHooks[];
  /** Where queues with messages to take stand in line. */
  readonly ready: ReadyQueues;
  /** Has the application's handler deal with a message out of turn. */
  readonly consumeDirectly: ConsumerMember["consumeDirectly"];
  readonly signal: AbortSignal;
}

/** A member, from {@linkcode join} until {@linkcode leave}. */
export class Membership implements QueueOwner {
  readonly cluster: Cluster;
  readonly group: string;
  readonly settings: ConsumerSettings;
  readonly offsets: OffsetStore;
  readonly stats: ConsumeStats;
  readonly hooks: readonly ConsumeHooks[];
  /** Epoch ms. */
  readonly startedAt: number;
  /** By topic on the wire. */
  readonly subscriptions: Map<string, SubscriptionData>;
  readonly queues: HeldQueues;
  readonly #ready: ReadyQueues;
  readonly #retryTopic: string;
  readonly #member: ConsumerMember;
  readonly #stopped = new AbortController();
  readonly #owed = new Set<Promise<void>>();
  #rebalance: Rebalance | undefined;
  #persisting: Promise<void> | undefined;
  #introducing: Promise<void> | undefined;
  /** Ends with the last change of what is subscribed to. */
  #changing: Promise<void> = Promise.resolve();

  private constructor(cluster: Cluster, { settings, hooks, ready, ...rest }: MembershipOptions) {
    const { namespace, now } = cluster;
    this.cluster = cluster;
    this.group = namespace.wrap(settings.group);
    this.settings = settings;
    this.stats = new ConsumeStats({ now });
    this.hooks = hooks;
    this.startedAt = now();
    this.#ready = ready;
    this.#retryTopic = retryTopicOf(this.group);
    this.subscriptions = this.#subscriptions();
    this.offsets = this.#offsets();
    this.queues = new HeldQueues(this, { onLost: () => this.#rebalance?.wake() });
    this.#member = this.#asMember(rest.consumeDirectly);
  }

  /**
   * Joins the group; queues come by and by.
   *
   * @throws {ClientError} `invalid` when this client has a consumer of the group; `refused` when no
   * broker can filter as subscribed; `damaged` when the offsets of a broadcasting group cannot be read;
   * `name-server`, `closed`.
   * @throws {RpcError} when the broker that is asked about an SQL expression does not answer.
   */
  static async join(cluster: Cluster, options: MembershipOptions): Promise<Membership> {
    cluster.throwIfClosed();
    const { signal } = options;
    const it = new Membership(cluster, options);
    const { group } = it;
    try {
      for (const subscription of it.subscriptions.values()) {
        await checkSubscription(cluster, subscription, { group, signal });
      }
      await cluster.join(it.#member);
    } catch (error) {
      await it.queues.close();
      throw error;
    }
    it.#begin();
    return it;
  }

  /**
   * Wants a topic, too, or wants something else of it: brokers hear of it at once, and queues come soon.
   *
   * @throws {ClientError} `invalid` for a filter; `refused` for an SQL filter that the broker cannot
   * read; `name-server`, `closed`.
   */
  async subscribe(
    topic: string,
    filter: Filter,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { cluster, group, subscriptions } = this;
    const wire = cluster.namespace.wrap(topic);
    // Of two the later counts, at the same time, too.
    const version = Math.max(cluster.now(), (subscriptions.get(wire)?.subVersion ?? 0) + 1);
    const subscription = subscriptionTo(wire, filter, { version });
    await checkSubscription(cluster, subscription, { group, signal });
    await this.#change(async () => {
      // What is chosen in one way must not be taken for chosen in another: nothing is pulled meanwhile.
      this.queues.pause(wire);
      subscriptions.set(wire, subscription);
      await cluster.heartbeat();
      this.queues.resubscribe(wire);
    });
  }

  /** Gives up a topic: offsets are stored and locks given back before brokers hear of it. */
  async unsubscribe(topic: string): Promise<void> {
    const wire = this.cluster.namespace.wrap(topic);
    await this.#change(async () => {
      if (wire === this.#retryTopic || !this.subscriptions.delete(wire)) return;
      await this.queues.assign(wire, []);
      await this.cluster.heartbeat();
    });
  }

  /** One change after another; the queues are shared out anew. */
  async #change(change: () => Promise<void>): Promise<void> {
    const changing = this.#changing.then(async () => {
      this.cluster.throwIfClosed();
      if (this.#stopped.signal.aborted) {
        const text = `The consumer of group "${this.settings.group}" is closed`;
        throw new ClientError(text, { kind: "closed" });
      }
      await change();
      this.#rebalance?.wake();
    });
    this.#changing = changing.catch(() => {});
    await changing;
  }

  limitsOf(topic: string): CacheLimits {
    return this.queues.limitsOf(topic);
  }

  offer(queue: HeldQueue): void {
    this.#ready.offer(queue);
  }

  reply(request: ConsumedMessage, body: Uint8Array | string): Promise<void> {
    return reply(this.cluster, { request, body }, { group: this.group });
  }

  owe(work: Promise<void>): void {
    this.#owed.add(work);
    void work.finally(() => this.#owed.delete(work));
  }

  introduce(): Promise<void> {
    return this.#introducing ??= this.cluster.heartbeat().finally(() => {
      this.#introducing = undefined;
    });
  }

  sentBack(): void {
    // Its topic is made with the first one.
    if (!this.cluster.routes.topics.includes(this.#retryTopic)) this.#rebalance?.wake();
  }

  /** Takes and pulls nothing any more; what is with the application still counts. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.queues.stop();
    // A round under way may wait for a silent broker; it takes no queue any more.
    const ended = Promise.all([this.#rebalance?.[Symbol.asyncDispose](), this.#persisting]);
    await atMost(ended, this.cluster.closeTimeoutMs);
  }

  /** Stores the offsets, gives up the queues, and tells the brokers. */
  async leave(): Promise<void> {
    await this.stop();
    // What cannot be given back in time comes again: its offset is not passed.
    await atMost(this.#settle(), this.cluster.closeTimeoutMs);
    await atMost(this.queues.close(), this.cluster.closeTimeoutMs);
    await this.cluster.leave(this.#member);
  }

  async #settle(): Promise<void> {
    while (this.#owed.size > 0) await Promise.all(this.#owed);
  }

  #begin(): void {
    const { group, settings, subscriptions } = this;
    const { model, allocate, rebalanceMs, commitMs } = settings;
    this.#rebalance = new Rebalance(this.cluster, {
      group,
      model,
      allocate,
      topics: () => subscriptions.keys(),
      onQueues: (topic, queues) => this.queues.assign(topic, queues),
      intervalMs: rebalanceMs,
      intervalMinMs: Math.min(rebalanceMs, REBALANCE_MIN_MS),
    });
    this.#persisting = persistLoop(this.offsets, {
      queues: () => this.queues.all.map((it) => it.queue),
      signal: this.#stopped.signal,
      firstMs: 2 * commitMs,
      intervalMs: commitMs,
    });
  }

  #subscriptions(): Map<string, SubscriptionData> {
    const { namespace, now } = this.cluster;
    const version = now();
    const { subscribe, model } = this.settings;
    const all = Object.entries(subscribe).map(([topic, filter]) =>
      subscriptionTo(namespace.wrap(topic), filter, { version })
    );
    // What fails when broadcasting does not come again.
    if (model === "clustering") all.push(subscriptionTo(this.#retryTopic, "*", { version }));
    return new Map(all.map((it) => [it.topic, it]));
  }

  #offsets(): OffsetStore {
    const { cluster, group, settings: { model, offsetsFolder: folder } } = this;
    if (model === "clustering") return new RemoteOffsets(cluster, group);
    const { lastingId: clientId, log } = cluster;
    return LocalOffsets.open({ clientId, group, folder, log });
  }

  #asMember(consumeDirectly: ConsumerMember["consumeDirectly"]): ConsumerMember {
    return {
      kind: "consumer",
      group: this.group,
      topics: () => this.subscriptions.keys(),
      consumerData: () => this.#consumerData(),
      membersChanged: () => this.#rebalance?.membersChanged(),
      resetOffsets: (topic: string, offsets: ReadonlyMap<MessageQueue, number>) =>
        this.queues.reset(topic, offsets),
      consumerStatus: (topic) => this.offsets.offsetsOf(topic),
      runningInfo: () => runningInfo(this),
      consumeDirectly,
    };
  }

  #consumerData(): ConsumerData {
    const { model, startFrom } = this.settings;
    return {
      groupName: this.group,
      consumeType: "CONSUME_PASSIVELY",
      messageModel: model === "clustering" ? "CLUSTERING" : "BROADCASTING",
      consumeFromWhere: consumeFromWhere(startFrom),
      subscriptionDataSet: [...this.subscriptions.values()],
      unitMode: false,
    };
  }
}

/** Between two rebalances at least (Java: `rocketmq.client.rebalance.minInterval`). */
const REBALANCE_MIN_MS = 1000;
