/**
 * Who consumes now: the members of every consumer group by connection, and what the group subscribes
 * to. When a group's members or topics change its members hear of it, so that they share the queues
 * out anew (Java: `ConsumerManager`, `ConsumerGroupInfo`).
 *
 * @module
 */

import type { Connection } from "../rpc/connection.ts";
import { encodeHeader } from "../wire/headers.ts";
import type { ConsumerData, SubscriptionData } from "../wire/heartbeat.ts";
import { CHANNEL_EXPIRY_MS, type ClientChannel } from "./client_channel.ts";
import type { ConsumerFilters } from "./consumer_filters.ts";

/** One group with at least one member. */
export class ConsumerGroup {
  readonly name: string;
  /** `"CONSUME_PASSIVELY"` pushes, `"CONSUME_ACTIVELY"` pulls. */
  consumeType = "";
  /** `"CLUSTERING"` or `"BROADCASTING"`. */
  messageModel = "";
  consumeFromWhere = "";
  /**
   * 5.x: hash of the last heartbeat, by which clients and broker agree on subscriptions without sending
   * them; 0 is one without, `undefined` before the first.
   */
  fingerprint: number | undefined;
  readonly #channels = new Map<Connection, ClientChannel>();
  readonly #subscriptions = new Map<string, SubscriptionData>();

  /** A group without members yet. */
  constructor(name: string) {
    this.name = name;
  }

  /** The members. */
  get channels(): readonly ClientChannel[] {
    return [...this.#channels.values()];
  }

  /** Number of members. */
  get size(): number {
    return this.#channels.size;
  }

  /** What the group subscribes to, by topic. */
  get subscriptions(): ReadonlyMap<string, SubscriptionData> {
    return this.#subscriptions;
  }

  /** The subscription to a topic; `undefined` when there is none. */
  subscription(topic: string): SubscriptionData | undefined {
    return this.#subscriptions.get(topic);
  }

  /** The member on a connection. */
  channel(connection: Connection): ClientChannel | undefined {
    return this.#channels.get(connection);
  }

  /** A member by client id. */
  findChannel(clientId: string): ClientChannel | undefined {
    for (const channel of this.#channels.values()) {
      if (channel.clientId === clientId) return channel;
    }
    return undefined;
  }

  /** Whether every member gets every message. */
  get broadcasts(): boolean {
    return this.messageModel === "BROADCASTING";
  }

  /** Takes a heartbeat; whether the member is new. */
  updateChannel(channel: ClientChannel, consumer: ConsumerData): boolean {
    this.consumeType = consumer.consumeType;
    this.messageModel = consumer.messageModel;
    this.consumeFromWhere = consumer.consumeFromWhere;
    const known = this.#channels.get(channel.connection);
    this.#channels.set(channel.connection, channel);
    return known === undefined;
  }

  /**
   * Takes a member's subscriptions for the group's; whether topics came or went. A newer version of a
   * subscription replaces the older one, which is no change for the sharing of queues.
   */
  updateSubscriptions(subscriptions: readonly SubscriptionData[]): boolean {
    let changed = false;
    for (const subscription of subscriptions) {
      const known = this.#subscriptions.get(subscription.topic);
      if (known !== undefined && known.subVersion >= subscription.subVersion) continue;
      this.#subscriptions.set(subscription.topic, subscription);
      changed ||= known === undefined;
    }
    const topics = new Set(subscriptions.map((subscription) => subscription.topic));
    for (const topic of this.#subscriptions.keys()) {
      if (topics.has(topic)) continue;
      this.#subscriptions.delete(topic);
      changed = true;
    }
    return changed;
  }

  /** Forgets a member; whether there was one. */
  removeChannel(connection: Connection): boolean {
    return this.#channels.delete(connection);
  }
}

/** What the table needs to know. */
export interface ConsumerGroupsOptions {
  readonly now: () => number;
  /** Whether the members of a group want to hear of changes. */
  readonly notifies: (group: string) => boolean;
  /** Hear what groups subscribe to, with every heartbeat that says so, and that all members left. */
  readonly filters?: Pick<ConsumerFilters, "register" | "unregister"> | undefined;
}

/** The groups with members. */
export class ConsumerGroups {
  readonly #groups = new Map<string, ConsumerGroup>();
  readonly #byConnection = new Map<Connection, Set<ConsumerGroup>>();
  readonly #options: ConsumerGroupsOptions;

  constructor(options: ConsumerGroupsOptions) {
    this.#options = options;
  }

  /** The group; `undefined` when it has no members. */
  get(name: string): ConsumerGroup | undefined {
    return this.#groups.get(name);
  }

  /** All groups with members. */
  all(): IterableIterator<ConsumerGroup> {
    return this.#groups.values();
  }

  /** Groups that subscribe to a topic. */
  groupsOf(topic: string): string[] {
    return Array.from(this.#groups.values())
      .filter((group) => group.subscription(topic) !== undefined)
      .map((group) => group.name);
  }

  /**
   * Takes a heartbeat of a member; whether members or topics of the group changed. `withoutSub` leaves
   * the subscriptions as they are.
   */
  register(
    channel: ClientChannel,
    consumer: ConsumerData,
    { withoutSub = false }: { withoutSub?: boolean | undefined } = {},
  ): boolean {
    let group = this.#groups.get(consumer.groupName);
    if (group === undefined) {
      group = new ConsumerGroup(consumer.groupName);
      this.#groups.set(consumer.groupName, group);
    }
    const memberIsNew = group.updateChannel(channel, consumer);
    const topicsChanged = !withoutSub && group.updateSubscriptions(consumer.subscriptionDataSet);
    if (memberIsNew) this.#groupsOn(channel.connection).add(group);
    if (!withoutSub) this.#options.filters?.register(group.name, consumer.subscriptionDataSet);
    if (memberIsNew || topicsChanged) this.#changed(group);
    return memberIsNew || topicsChanged;
  }

  /** A member left a group. */
  unregister(connection: Connection, group: string): void {
    const left = this.#groups.get(group);
    if (left === undefined || !left.removeChannel(connection)) return;
    this.#byConnection.get(connection)?.delete(left);
    this.#removed(left);
  }

  /** A connection is closed, and its members are gone. */
  connectionClosed(connection: Connection): void {
    const groups = this.#byConnection.get(connection);
    if (groups === undefined) return;
    this.#byConnection.delete(connection);
    for (const group of groups) {
      group.removeChannel(connection);
      this.#removed(group);
    }
  }

  /** Closes the connections of members whose heartbeats stopped. */
  expire(): void {
    const limit = this.#options.now() - CHANNEL_EXPIRY_MS;
    for (const group of [...this.#groups.values()]) {
      for (const { connection, lastUpdateTimestamp } of group.channels) {
        if (lastUpdateTimestamp >= limit) continue;
        connection.close();
        this.connectionClosed(connection);
      }
    }
  }

  #groupsOn(connection: Connection): Set<ConsumerGroup> {
    let groups = this.#byConnection.get(connection);
    if (groups === undefined) this.#byConnection.set(connection, groups = new Set());
    return groups;
  }

  #removed(group: ConsumerGroup): void {
    if (group.size > 0) this.#changed(group);
    else {
      this.#groups.delete(group.name);
      this.#options.filters?.unregister(group.name);
    }
  }

  /** Members that all get everything have nothing to share out. */
  #changed(group: ConsumerGroup): void {
    if (group.broadcasts || !this.#options.notifies(group.name)) return;
    const extFields = encodeHeader("NOTIFY_CONSUMER_IDS_CHANGED", { consumerGroup: group.name });
    for (const { connection } of group.channels) {
      connection.oneway({ name: "NOTIFY_CONSUMER_IDS_CHANGED", extFields });
    }
  }
}
