/**
 * A queue that a consumer has: what was pulled from it, what is with the application, and what the
 * application says of that. How messages are given out, and what a failure leads to, is up to
 * `concurrent_queue.ts` and `ordered_queue.ts`.
 *
 * @module
 */

import type { SubscriptionData } from "../../wire/heartbeat.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import type { Cluster } from "../cluster.ts";
import { Bell } from "./bell.ts";
import type { ConsumeStats } from "./consume_stats.ts";
import { ConsumedMessage, type MessageGiver } from "./consumed_message.ts";
import type { ConsumeHooks, ConsumeResult } from "./consumer_hooks.ts";
import type { ConsumerSettings } from "./consumer_options.ts";
import { Delivery } from "./delivery.ts";
import type { OffsetStore } from "./offset_store.ts";
import { ProcessQueue } from "./process_queue.ts";
import type { PullResult } from "./pull.ts";
import { queueName } from "./queue_name.ts";
import { sendBack } from "./send_back.ts";

/** From how much on a queue is not pulled further. */
export interface CacheLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** What the queues of a consumer share. */
export interface QueueOwner {
  readonly cluster: Cluster;
  /** Name on the wire. */
  readonly group: string;
  readonly settings: ConsumerSettings;
  readonly offsets: OffsetStore;
  /** Those of now, by topic on the wire. */
  readonly subscriptions: ReadonlyMap<string, SubscriptionData>;
  readonly stats: ConsumeStats;
  readonly hooks: readonly ConsumeHooks[];
  /** How much a queue of a topic may hold. */
  limitsOf(topic: string): CacheLimits;
  /** Messages of a queue can be taken. */
  offer(queue: HeldQueue): void;
  /** Answers a request. */
  reply: MessageGiver["reply"];
  /** Keeps count of work that has to end before the consumer does. */
  owe(work: Promise<void>): void;
  /** Tells the brokers who is there; one that has started anew does not know. */
  introduce(): Promise<void>;
  /** A message was given back, and will come in the retry topic. */
  sentBack(): void;
}

/** A queue from when the member has it until it is dropped. */
export abstract class HeldQueue implements MessageGiver {
  readonly queue: Readonly<MessageQueue>;
  readonly name: string;
  readonly pulled: ProcessQueue;
  /** Whether it stands in the line of queues with messages to take. */
  offered = false;
  protected readonly owner: QueueOwner;
  readonly #stopped = new AbortController();
  /** Of pulls under way. */
  #pull = new AbortController();
  #subscription: SubscriptionData;
  #isPaused = false;
  readonly #room = new Bell();
  /** What is with the application. */
  readonly #taken = new Map<ConsumedMessage, Delivery>();
  /** Of messages that failed here, and never left. */
  readonly #tries = new WeakMap<ConsumedMessage, number>();

  constructor(
    queue: Readonly<MessageQueue>,
    { subscription, owner }: { subscription: SubscriptionData; owner: QueueOwner },
  ) {
    this.queue = queue;
    this.name = queueName(queue);
    this.#subscription = subscription;
    this.owner = owner;
    this.pulled = new ProcessQueue(queue);
  }

  /** Aborts when nothing is pulled or given out any more. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Aborts when what a pull under way brings is not for this queue, or not chosen as it should be. */
  get pullSignal(): AbortSignal {
    return this.#pull.signal;
  }

  /** What is pulled of it. */
  get subscription(): SubscriptionData {
    return this.#subscription;
  }

  /** Pulls nothing until {@linkcode resubscribe}; what a pull under way brings is pulled again. */
  pause(): void {
    if (this.signal.aborted) return;
    this.#isPaused = true;
    this.#pull.abort();
    this.#pull = new AbortController();
  }

  /** Goes on with another subscription, which the brokers know. */
  resubscribe(subscription: SubscriptionData): void {
    this.#subscription = subscription;
    this.#isPaused = false;
    this.#room.ring();
  }

  /** Whether messages can be taken now. */
  abstract get ready(): boolean;

  /** The next messages, at most `max`; they are with the application until it says what became of them. */
  abstract take(max: number): Delivery | undefined;

  /** A message is to come again. */
  protected abstract failed(message: ConsumedMessage, delayLevel: number): void;

  /** Nothing of a delivery is with the application any more. */
  protected abstract finished(delivery: Delivery): void;

  /** As {@linkcode failed}, of a message that nobody has failed with. */
  protected givenBack(message: ConsumedMessage): void {
    this.failed(message, 0);
  }

  /** Messages that are with the application. */
  get takenCount(): number {
    return this.#taken.size;
  }

  /** Puts in what a pull brought. */
  put({ messages, maxOffset }: PullResult): void {
    const { namespace } = this.owner.cluster;
    const origin = { giver: this, unwrap: (topic: string) => namespace.unwrap(topic) };
    const own = messages.map((it) => new ConsumedMessage(it, origin));
    this.pulled.put(own, { maxOffset });
    this.offerIfReady();
  }

  /** Whether more may be pulled (Java: the flow control of `DefaultMQPushConsumerImpl.pullMessage`). */
  get hasRoom(): boolean {
    const { pulled, owner: { settings } } = this;
    if (this.#isPaused) return false;
    const { messages, bytes } = this.owner.limitsOf(this.queue.topic);
    if (pulled.count > messages || pulled.bytes > bytes) return false;
    return settings.ordered || pulled.span <= settings.cachedSpanMax;
  }

  /** Until more may be pulled, or the queue is dropped. */
  async whenRoom(): Promise<void> {
    while (!this.hasRoom && !this.signal.aborted) await this.#room.wait({ signal: this.signal });
  }

  /** Looks again whether more may be pulled: a limit has changed. */
  wake(): void {
    this.#room.ring();
  }

  /** Nothing is pulled or given out any more; what is with the application counts. */
  retire(): void {
    this.#stopped.abort();
    this.#pull.abort();
  }

  /** No longer this member's: nothing counts any more, either. */
  drop(): void {
    this.pulled.drop();
    this.retire();
  }

  ack(message: ConsumedMessage): void {
    const delivery = this.#untake(message);
    if (delivery === undefined) return;
    this.done(message);
    this.#close(delivery);
  }

  retry(message: ConsumedMessage, delayLevel: number): void {
    this.#fail(message, () => this.failed(message, delayLevel));
  }

  /** What was thrown, or took too long, is to come again. */
  fail(delivery: Delivery, { result, error, delayLevel = 0 }: {
    readonly result: ConsumeResult;
    readonly error?: unknown;
    readonly delayLevel?: number;
  }): void {
    delivery.say(result, error);
    for (const message of delivery.messages) this.retry(message, delayLevel);
  }

  /** What the application took and will not speak of is to come again. */
  giveBack(delivery: Delivery): void {
    delivery.say("failed");
    for (const message of delivery.messages) {
      this.#fail(message, () => this.givenBack(message));
    }
  }

  /** Tells an operator what a handler threw: nobody else may hear of it. */
  tellFailure({ messages }: Delivery, error: unknown): void {
    const { cluster, settings: { group } } = this.owner;
    const { topic, queueId, queueOffset, messageId, attempt } = messages[0]!;
    const more = messages.length === 1 ? "" : ` and ${messages.length - 1} more`;
    const text = `The handler of group "${group}" failed with message ${messageId}${more}, ` +
      `${topic} queue ${queueId} offset ${queueOffset}, delivery ${attempt}`;
    cluster.log(text, error);
  }

  reply(message: ConsumedMessage, body: Uint8Array | string): Promise<void> {
    return this.owner.reply(message, body);
  }

  triesOf(message: ConsumedMessage): number {
    return this.#tries.get(message) ?? 0;
  }

  /** Deliveries that are with the application. */
  protected get deliveries(): Iterable<Delivery> {
    return new Set(this.#taken.values());
  }

  /** Gives out messages. */
  protected give(messages: readonly ConsumedMessage[]): Delivery {
    const { now, steadyNow } = this.owner.cluster;
    const delivery = new Delivery(this, messages, steadyNow());
    this.pulled.consumedAt = now();
    for (const message of messages) this.#taken.set(message, delivery);
    delivery.begin(this.owner);
    return delivery;
  }

  /** Nobody needs a message any more: the group's offset may move on. */
  protected done(message: ConsumedMessage): void {
    const offset = this.pulled.remove([message]);
    if (this.pulled.dropped) return;
    if (offset !== undefined) {
      this.owner.offsets.update(this.queue, offset, { increaseOnly: true });
    }
    if (this.#room.waiting > 0 && this.hasRoom) this.#room.ring();
  }

  /** Counts a delivery that the record of a message will know nothing of. */
  protected countTry(message: ConsumedMessage): void {
    this.#tries.set(message, this.triesOf(message) + 1);
  }

  /** Whether the broker took it; otherwise why not is logged. */
  protected async sendBack(message: ConsumedMessage, delayLevel: number): Promise<boolean> {
    const { cluster, group, settings: { attemptsMax } } = this.owner;
    try {
      await sendBack(cluster, message, { group, delayLevel, attemptsMax });
      this.owner.sentBack();
      return true;
    } catch (error) {
      const where = `${message.topic} queue ${message.queueId} offset ${message.queueOffset}`;
      cluster.log(`Cannot give back the message at ${where}, which stays with this member`, error);
      return false;
    }
  }

  /** Stands in the line, if there is something to take. */
  protected offerIfReady(): void {
    if (this.ready) this.owner.offer(this);
  }

  #untake(message: ConsumedMessage): Delivery | undefined {
    const delivery = this.#taken.get(message);
    if (delivery !== undefined) this.#taken.delete(message);
    return delivery;
  }

  #fail(message: ConsumedMessage, whatThen: () => void): void {
    const delivery = this.#untake(message);
    if (delivery === undefined) return;
    delivery.failed(1);
    if (!this.pulled.dropped) whatThen();
    this.#close(delivery);
  }

  #close(delivery: Delivery): void {
    if (!delivery.answered()) return;
    delivery.end(this.owner);
    this.finished(delivery);
  }
}
