/**
 * The part of a pull consumer that a group and its brokers see: which queues it has, pulled ahead, and
 * where its offsets are. All names are those on the wire.
 *
 * @module
 */

import assert from "node:assert/strict";
import { PROPERTY } from "../../../store/properties.ts";
import type { SubscriptionData } from "../../wire/heartbeat.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { isDerivedTopic } from "../../wire/topic_names.ts";
import { atMost } from "../at_most.ts";
import type { Cluster } from "../cluster.ts";
import type { ConsumerMember } from "../members.ts";
import { ReceivedMessage } from "../received_message.ts";
import { LocalOffsets } from "./local_offsets.ts";
import { persistLoop } from "./offset_store.ts";
import { Puller } from "./pull.ts";
import type { PullConsumerSettings } from "./pull_consumer_options.ts";
import { pullMember } from "./pull_member.ts";
import { PulledQueues } from "./pulled_queues.ts";
import { queueName } from "./queue_name.ts";
import type { PulledBatch } from "./queue_puller.ts";
import { Rebalance } from "./rebalance.ts";
import { RemoteOffsets } from "./remote_offsets.ts";
import { startOffset } from "./start_offset.ts";

type Queue = Readonly<MessageQueue>;

/** Java's `brokerSuspendMaxTimeMillis` of lite pull consumers. */
const SUSPEND_MS = 20_000;
/** Java's `pullTimeDelayMillsWhenException` of lite pull consumers. */
const FAILURE_PAUSE_MS = 1000;

/** A member of a group that pulls its queues ahead. */
export class PullGroup implements AsyncDisposable {
  /** The queues it has. */
  readonly queues: PulledQueues;
  readonly #cluster: Cluster;
  readonly #settings: PullConsumerSettings;
  readonly #name: string;
  readonly #member: ConsumerMember;
  readonly #offsets: RemoteOffsets | LocalOffsets;
  readonly #puller: Puller;
  /** By topic. */
  readonly #subscriptions = new Map<string, SubscriptionData>();
  readonly #stopped = new AbortController();
  readonly #onChange: () => void;
  #rebalance: Rebalance | undefined;
  #joined: Promise<void> | undefined;
  #failure: unknown;
  #committing: Promise<void> | undefined;
  /** Queues that are being let go. */
  #leaving: Promise<unknown> = Promise.resolve();
  #disposal: Promise<void> | undefined;

  /**
   * `onChange` is called when messages have come, or the end.
   *
   * @throws {ClientError} `damaged` for a file of offsets.
   */
  constructor(
    cluster: Cluster,
    { settings, onChange }: {
      readonly settings: PullConsumerSettings;
      readonly onChange: () => void;
    },
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#onChange = onChange;
    const group = this.#name = cluster.namespace.wrap(settings.group);
    const { lastingId: clientId, log, now } = cluster;
    this.#offsets = settings.model === "clustering"
      ? new RemoteOffsets(cluster, group)
      : LocalOffsets.open({ clientId, group, folder: settings.offsetsFolder, log });
    this.#puller = new Puller(cluster, group);
    this.queues = new PulledQueues({
      limits: {
        messages: settings.cachedMessagesMax,
        bytes: settings.cachedBytesMax,
        span: settings.cachedSpanMax,
      },
      messagesMax: settings.cachedMessagesMaxInAll,
      startOffset: (queue) => this.startOffset(queue),
      pull: (queue, how) => this.#pull(queue, how),
      onMessages: onChange,
      onFailure: (queue, error) => log(`Cannot pull ${queueText(queue)}`, error),
      failurePauseMs: FAILURE_PAUSE_MS,
      now,
    });
    this.#member = pullMember({
      group,
      settings,
      nameServers: cluster.nameServers.addresses.join(";"),
      startedAt: now(),
      topics: () => [...this.#subscriptions.keys()].filter((it) => !isDerivedTopic(it)),
      subscriptions: () => [...this.#subscriptions.values()],
      queues: () => this.queues.all,
      membersChanged: () => this.#rebalance?.membersChanged(),
      moved: (queue, offset) => this.#moved(queue, offset),
    });
  }

  /** Whether its end has begun. */
  get isClosed(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Why it could not become a member. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Shares the queues of these topics with the group, besides those it shares already. */
  async share(subscriptions: readonly SubscriptionData[]): Promise<void> {
    for (const it of subscriptions) this.#want(it);
    await this.#begin();
    if (this.isClosed || this.#failure !== undefined) return;
    this.#rebalance ??= new Rebalance(this.#cluster, {
      group: this.#name,
      model: this.#settings.model,
      allocate: this.#settings.allocate,
      topics: () => this.#subscriptions.keys(),
      onQueues: (topic, queues) => this.#onQueues(topic, queues),
    });
    this.#rebalance.wake();
  }

  /** A pull that waits at a broker for what was wanted before would pass over what is wanted now. */
  #want(subscription: SubscriptionData): void {
    const { topic, subString, expressionType } = subscription;
    const before = this.#subscriptions.get(topic);
    this.#subscriptions.set(topic, subscription);
    if (before === undefined) return;
    if (before.subString === subString && before.expressionType === expressionType) return;
    for (const queue of this.queues.queues) {
      if (queue.topic === topic) this.queues.get(queue)?.again();
    }
  }

  /** Gives up a topic. */
  async unshare(topic: string): Promise<void> {
    if (!this.#subscriptions.delete(topic)) return;
    await this.#letGo(this.queues.queues.filter((it) => it.topic === topic));
    await this.#cluster.heartbeat();
  }

  /** Takes these queues, whose topics have these subscriptions, and gives up all others. */
  take(queues: readonly Queue[], subscriptions: readonly SubscriptionData[]): void {
    const names = new Set(queues.map(queueName));
    void this.#letGo(this.queues.queues.filter((it) => !names.has(queueName(it))));
    this.#subscriptions.clear();
    for (const it of subscriptions) this.#subscriptions.set(it.topic, it);
    for (const queue of queues) this.queues.add(queue);
    void this.#begin();
  }

  /** Where the group begins in a queue: where it was, or as the settings say. */
  async startOffset(queue: Queue): Promise<number> {
    const { startFrom } = this.#settings;
    return await startOffset(this.#cluster, queue, { store: this.#offsets, startFrom });
  }

  /** What is stored for a queue. */
  async committed(queue: Queue): Promise<number | undefined> {
    return await this.#offsets.read(queue);
  }

  /** Queues with what is consumed of them, as far as that is known. */
  settled(): (readonly [Queue, number])[] {
    return this.queues.all.flatMap(({ queue, settledOffset }) =>
      settledOffset === undefined ? [] : [[queue, settledOffset] as const]
    );
  }

  /** Stores offsets, and waits until the broker has them. */
  async commit(offsets: readonly (readonly [Queue, number])[]): Promise<void> {
    await Promise.all(offsets.map(async ([queue, offset]) => {
      this.#offsets.update(queue, offset);
      if (this.#offsets instanceof RemoteOffsets) await this.#offsets.commit(queue, offset);
      else await this.#offsets.persist([queue]);
    }));
  }

  /** Stores what is consumed, if nobody has to ask for it, and leaves the group; twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposal ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    this.#stopped.abort();
    this.#onChange();
    const { closeTimeoutMs } = this.#cluster;
    // Either may wait for a silent broker.
    const ended = Promise.all([this.#rebalance?.[Symbol.asyncDispose](), this.#committing]);
    await atMost(ended, closeTimeoutMs);
    const settled = this.#settings.autoCommit ? this.settled() : [];
    await this.queues.stop();
    const stored = Promise.all(settled.map(async (it) => {
      try {
        await this.commit([it]);
      } catch (error) {
        this.#cluster.log(`Cannot store offset ${it[1]} of ${queueText(it[0])}`, error);
      }
    }));
    await atMost(Promise.all([stored, this.#leaving, this.#joined]), closeTimeoutMs);
    await this.#cluster.leave(this.#member);
  }

  /** Becomes a member, or tells brokers at once what has changed. */
  async #begin(): Promise<void> {
    if (this.#joined !== undefined) {
      await this.#joined;
      return await this.#cluster.heartbeat();
    }
    const { autoCommit, autoCommitMs } = this.#settings;
    if (autoCommit) {
      this.#committing = persistLoop(this.#offsets, {
        queues: () => this.#noted(),
        signal: this.#stopped.signal,
        firstMs: autoCommitMs,
        intervalMs: autoCommitMs,
      });
    }
    this.#joined = this.#cluster.join(this.#member).catch((error) => {
      this.#failure = error;
      this.#onChange();
    });
    await this.#joined;
  }

  async #onQueues(topic: string, queues: readonly Queue[]): Promise<void> {
    const names = new Set(queues.map(queueName));
    const own = this.queues.queues.filter((it) => it.topic === topic);
    await this.#letGo(own.filter((it) => !names.has(queueName(it))));
    if (this.isClosed || !this.#subscriptions.has(topic)) return;
    for (const queue of queues) this.queues.add(queue);
  }

  /** Whoever has them next goes on where this one was. */
  async #letGo(queues: readonly Queue[]): Promise<void> {
    if (queues.length === 0) return;
    const { autoCommit } = this.#settings;
    if (autoCommit) this.#noted();
    for (const queue of queues) this.queues.delete(queue);
    const stored = autoCommit ? this.#offsets.persist(queues) : Promise.resolve();
    const gone = stored.then(() => {
      for (const queue of queues) {
        if (this.queues.get(queue) === undefined) this.#offsets.remove(queue);
      }
    });
    this.#leaving = Promise.all([this.#leaving, gone]);
    await gone;
  }

  /** An operator has said where the group is to go on. */
  #moved(queue: Queue, offset: number): void {
    const puller = this.queues.get(queue);
    if (puller === undefined) return;
    puller.seek(offset);
    this.#offsets.update(queue, offset);
    void this.#offsets.persist([queue]);
  }

  /** What is consumed, told to the store. */
  #noted(): Queue[] {
    return this.settled().map(([queue, offset]) => {
      this.#offsets.update(queue, offset);
      return queue;
    });
  }

  async #pull(
    queue: Queue,
    { offset, signal }: { readonly offset: number; readonly signal: AbortSignal },
  ): Promise<PulledBatch> {
    const subscription = this.#subscriptions.get(queue.topic);
    assert(subscription !== undefined);
    const { status, messages, nextOffset } = await this.#puller.pull({
      queue,
      offset,
      max: this.#settings.pullMax,
      subscription,
      inline: true,
      suspendMs: SUSPEND_MS,
      signal,
    });
    const isRetry = isDerivedTopic(queue.topic);
    return {
      messages: isRetry ? messages.map((it) => this.#asSent(it)) : messages,
      next: nextOffset,
      corrected: status === "OFFSET_ILLEGAL",
    };
  }

  /** A message the group failed with, under the topic it was sent to. */
  #asSent(message: ReceivedMessage): ReceivedMessage {
    const { namespace } = this.#cluster;
    const sentTo = message.properties.get(PROPERTY.retryTopic);
    const unwrap = (topic: string) => namespace.unwrap(sentTo ?? topic);
    return new ReceivedMessage(message, { brokerName: message.brokerName, unwrap });
  }
}

/** A queue in words. */
export function queueText({ topic, brokerName, queueId }: Queue): string {
  return `queue ${queueId} of topic "${topic}" at ${brokerName}`;
}
