/**
 * A consumer that is asked for messages, and pulls them ahead.
 *
 * @module
 */

import type { SubscriptionData } from "../../wire/heartbeat.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { retryTopicOf, topicNameProblem } from "../../wire/topic_names.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import type { ReceivedMessage } from "../received_message.ts";
import { type OpenTrace, openTrace } from "../trace/open_trace.ts";
import { consumerTrace } from "../trace/trace_hooks.ts";
import { Bell } from "./bell.ts";
import { Polled } from "./polled.ts";
import {
  type PullConsumerOptions,
  type PullConsumerSettings,
  pullConsumerSettings,
} from "./pull_consumer_options.ts";
import { PullGroup, queueText } from "./pull_group.ts";
import type { QueuePuller } from "./queue_puller.ts";
import { maxOffset, minOffset, offsetAt } from "./start_offset.ts";
import { checkSubscription, type Filter, subscriptionTo } from "./subscription.ts";

/** A queue by its topic, broker and number. */
export type Queue = Readonly<MessageQueue>;

/** What a poll may be told. */
export interface PollOptions {
  /** How long it waits while there is nothing; default 5,000. */
  readonly timeoutMs?: number | undefined;
  /** Messages at most; default 500. */
  readonly max?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const POLL_MS = 5000;
const POLL_MAX = 500;
const ALL = "*";
/** What a timer can count to. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * A pull consumer (Java: `DefaultLitePullConsumer`). It either {@linkcode subscribe}s, and shares the
 * queues with its group, or is {@linkcode assign}ed queues; both pull ahead of what is
 * {@linkcode poll}ed.
 *
 * What a poll gave counts as consumed when the next one is asked for, or with {@linkcode commit}: who
 * fails in between gets it again. With `autoCommit` what is consumed is stored every few seconds, when
 * a queue goes to another member, and at the end.
 *
 * In a `for await` loop a message is consumed when the loop asks for the next one. Disposing the
 * consumer ends the loop.
 */
export class PullConsumer implements AsyncDisposable, AsyncIterable<ReceivedMessage> {
  readonly #cluster: Cluster;
  readonly #settings: PullConsumerSettings;
  readonly #group: PullGroup;
  readonly #trace: OpenTrace | undefined;
  readonly #polled: Polled;
  /** Rings when a poll may find something. */
  readonly #arrived = new Bell();
  #mode: "subscribe" | "assign" | undefined;
  #polling = false;

  /** @throws {ClientError} `invalid` for an option, `damaged` for a file of offsets. */
  constructor(cluster: Cluster, options: PullConsumerOptions) {
    this.#cluster = cluster;
    const settings = this.#settings = pullConsumerSettings(options);
    const trace = this.#trace = openTrace(cluster, settings.trace);
    const hooks = trace === undefined ? [] : [consumerTrace(trace)];
    if (options.hooks !== undefined) hooks.push(options.hooks);
    this.#polled = new Polled(cluster, { group: settings.group, hooks });
    this.#group = new PullGroup(cluster, {
      settings,
      onChange: () => this.#arrived.ring(),
    });
  }

  /** Name of the group. */
  get group(): string {
    return this.#settings.group;
  }

  /** The queues it has now; that of what the group failed with may be among them. */
  get assignment(): readonly Queue[] {
    return this.#group.queues.queues.map((it) => this.#shown(it));
  }

  /**
   * Shares the queues of a topic with the group, those with what its members failed with, too. The
   * queues come a moment later, and come and go with other members.
   *
   * @throws {ClientError} `invalid` for a name or a filter, or after {@linkcode assign}; `refused` for
   * an SQL filter that the broker cannot read; `name-server`, `closed`.
   */
  async subscribe(
    topic: string,
    filter: Filter = ALL,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    this.#enter("subscribe");
    const problem = topicNameProblem(topic);
    if (problem !== undefined) throw invalid(`Cannot subscribe: ${problem}`);
    const { namespace } = this.#cluster;
    const group = namespace.wrap(this.group);
    const subscription = this.#subscriptionTo(namespace.wrap(topic), filter);
    await checkSubscription(this.#cluster, subscription, { group, signal });
    this.#throwIfUnusable();
    const retries = this.#settings.model === "clustering"
      ? [this.#subscriptionTo(retryTopicOf(group), ALL)]
      : [];
    await this.#group.share([subscription, ...retries]);
    this.#throwIfUnusable();
  }

  /** Gives up a topic. */
  async unsubscribe(topic: string): Promise<void> {
    this.#throwIfUnusable();
    if (this.#mode === "subscribe") await this.#group.unshare(this.#cluster.namespace.wrap(topic));
  }

  /**
   * Takes these queues, and gives up others it has; nobody else of the group is asked, or kept from
   * them. A queue that it has already goes on where it is.
   *
   * @throws {ClientError} `invalid` for a filter, or after {@linkcode subscribe}; `closed`.
   */
  assign(queues: readonly Queue[], { filter = ALL }: { readonly filter?: Filter } = {}): void {
    this.#enter("assign");
    const wire = queues.map((it) => this.#wire(it));
    const topics = new Set(wire.map((it) => it.topic));
    this.#group.take(wire, Array.from(topics, (it) => this.#subscriptionTo(it, filter)));
  }

  /**
   * Messages, as soon as there are any; none when the time is up. What the poll before gave counts as
   * consumed.
   *
   * @throws {ClientError} `invalid` for an option, without queues or a topic, and while another poll
   * waits; `closed`. The reason of the signal.
   */
  async poll({ timeoutMs = POLL_MS, max = POLL_MAX, signal }: PollOptions = {}): Promise<
    ReceivedMessage[]
  > {
    checkPoll({ timeoutMs, max });
    this.#throwIfUnusable();
    signal?.throwIfAborted();
    if (this.#mode === undefined) {
      throw invalid("Cannot poll: neither subscribe() nor assign() was called");
    }
    if (this.#polling) throw invalid("Cannot poll: another poll of this consumer waits");
    this.#polling = true;
    try {
      this.#settle();
      const end = performance.now() + timeoutMs;
      for (;;) {
        const messages = this.#group.queues.take(max);
        this.#polled.give(messages);
        const left = end - performance.now();
        if (messages.length > 0 || left <= 0) return messages;
        await this.#arrived.wait({ timeoutMs: Math.min(left, TIMER_MS_MAX), signal });
        this.#throwIfUnusable();
        signal?.throwIfAborted();
      }
    } finally {
      this.#polling = false;
    }
  }

  /** The messages one by one, until the consumer is disposed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedMessage, void, void> {
    while (!this.#group.isClosed) {
      try {
        yield* await this.poll({ timeoutMs: Infinity, max: 1 });
      } catch (error) {
        if (!this.#group.isClosed) throw error;
      }
    }
  }

  /**
   * Goes on at an offset of a queue; what was pulled of it is let go.
   *
   * @throws {ClientError} `invalid` for a queue it does not have, or an offset outside of it.
   */
  async seek(queue: Queue, offset: number): Promise<void> {
    const wire = this.#own("seek", queue).pulled.queue;
    const [min, max] = await Promise.all([
      minOffset(this.#cluster, wire),
      maxOffset(this.#cluster, wire),
    ]);
    if (!Number.isInteger(offset) || offset < min || offset > max) {
      throw invalid(
        `Cannot seek ${queueText(queue)}: offset is ${offset}, the queue has ${min} to ${max}`,
      );
    }
    this.#own("seek", queue).seek(offset);
  }

  /** Goes on where queues begin; default: all it has. */
  async seekToBegin(queues: Queue | readonly Queue[] = this.assignment): Promise<void> {
    await this.#seekAll(queues, (queue) => minOffset(this.#cluster, queue));
  }

  /** Goes on where queues end; default: all it has. */
  async seekToEnd(queues: Queue | readonly Queue[] = this.assignment): Promise<void> {
    await this.#seekAll(queues, (queue) => maxOffset(this.#cluster, queue));
  }

  /** Gives out no messages of these queues, and pulls no more; what it does not have is passed over. */
  pause(queues: Queue | readonly Queue[] = this.assignment): void {
    for (const queue of listed(queues)) {
      const puller = this.#group.queues.get(this.#wire(queue));
      if (puller !== undefined) puller.pulled.paused = true;
    }
  }

  /** Goes on with queues that were paused. */
  resume(queues: Queue | readonly Queue[] = this.assignment): void {
    for (const queue of listed(queues)) {
      const puller = this.#group.queues.get(this.#wire(queue));
      if (puller === undefined) continue;
      puller.pulled.paused = false;
      puller.wake();
    }
    this.#arrived.ring();
  }

  /**
   * Offset of the message of a queue that a poll gives next.
   *
   * @throws {ClientError} `invalid` for a queue it does not have.
   */
  async position(queue: Queue): Promise<number> {
    const { pulled } = this.#own("tell the position of", queue);
    return pulled.position ?? await this.#group.startOffset(pulled.queue);
  }

  /** Where the group is in a queue as it is stored; `undefined` where it has never been. */
  async committed(queue: Queue): Promise<number | undefined> {
    this.#throwIfUnusable();
    return await this.#group.committed(this.#wire(queue));
  }

  /**
   * Stores where the group is, and waits until the broker has it: everything that was polled is
   * consumed, or all before the given offsets. What it does not have any more is passed over.
   *
   * @throws {ClientError} `invalid` for an offset; `refused`, `closed`.
   * @throws {RpcError} when there is no answer.
   */
  async commit(offsets?: ReadonlyMap<Queue, number>): Promise<void> {
    this.#throwIfUnusable();
    if (offsets === undefined) {
      this.#settle();
      return await this.#group.commit(this.#group.settled());
    }
    const wire = Array.from(offsets, ([queue, offset]) => [this.#wire(queue), offset] as const);
    for (const [queue, offset] of offsets) {
      if (Number.isInteger(offset) && offset >= 0) continue;
      throw invalid(`Cannot commit ${queueText(queue)}: offset is ${offset}`);
    }
    await this.#group.commit(wire.filter(([queue]) => this.#group.queues.get(queue) !== undefined));
  }

  /** Offset of the first message of a queue that was stored at a time or later. */
  async offsetAt(queue: Queue, time: Date | number): Promise<number> {
    this.#throwIfUnusable();
    const timestamp = Math.trunc(Number(time));
    if (!Number.isSafeInteger(timestamp)) throw invalid(`Cannot look for time ${time}`);
    return await offsetAt(this.#cluster, this.#wire(queue), { timestamp });
  }

  /**
   * The queues a topic has to read from, by broker and number.
   *
   * @throws {ClientError} `no-route` where nobody has the topic; `name-server`.
   */
  async queuesOf(topic: string): Promise<readonly Queue[]> {
    this.#throwIfUnusable();
    const { routes, namespace } = this.#cluster;
    const queues = await routes.readableQueues(namespace.wrap(topic));
    if (queues.length > 0) return queues.map((it) => this.#shown(it));
    const message = `Cannot read topic "${topic}": no broker has queues of it to read from`;
    throw new ClientError(message, { kind: "no-route" });
  }

  /** Stores what is consumed, with `autoCommit`, and leaves the group; twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#group[Symbol.asyncDispose]();
    this.#polled.end("failed");
    await this.#trace?.dispatcher[Symbol.asyncDispose]();
    this.#cluster.parts.delete(this);
  }

  /** What was polled counts as consumed. */
  #settle(): void {
    this.#group.queues.settle();
    this.#polled.end("success");
  }

  #enter(mode: "subscribe" | "assign"): void {
    this.#throwIfUnusable();
    if (this.#mode !== undefined && this.#mode !== mode) {
      throw invalid(`Cannot ${mode}: a consumer shares topics or is assigned queues, not both`);
    }
    this.#mode = mode;
  }

  #throwIfUnusable(): void {
    this.#cluster.throwIfClosed();
    if (this.#group.isClosed) {
      throw new ClientError(`The pull consumer of group "${this.group}" is closed`, {
        kind: "closed",
      });
    }
    if (this.#group.failure !== undefined) throw this.#group.failure;
  }

  #subscriptionTo(wireTopic: string, filter: Filter): SubscriptionData {
    return subscriptionTo(wireTopic, filter, { version: this.#cluster.now() });
  }

  async #seekAll(
    queues: Queue | readonly Queue[],
    offsetOf: (queue: Queue) => Promise<number>,
  ): Promise<void> {
    const pullers = listed(queues).map((it) => this.#own("seek", it));
    await Promise.all(pullers.map(async (puller) => {
      const { queue } = puller.pulled;
      const offset = await offsetOf(queue);
      // It may have gone and come back in the meantime.
      this.#group.queues.get(queue)?.seek(offset);
    }));
  }

  #own(what: string, queue: Queue): QueuePuller {
    this.#throwIfUnusable();
    const puller = this.#group.queues.get(this.#wire(queue));
    if (puller !== undefined) return puller;
    const why = this.#mode === "subscribe" ? "this member does not have it" : "it is not assigned";
    throw invalid(`Cannot ${what} ${queueText(queue)}: ${why}`);
  }

  #wire({ topic, brokerName, queueId }: Queue): Queue {
    return { topic: this.#cluster.namespace.wrap(topic), brokerName, queueId };
  }

  #shown({ topic, brokerName, queueId }: Queue): Queue {
    return { topic: this.#cluster.namespace.unwrap(topic), brokerName, queueId };
  }
}

function listed(queues: Queue | readonly Queue[]): readonly Queue[] {
  return "topic" in queues ? [queues] : queues;
}

function checkPoll({ timeoutMs, max }: { timeoutMs: number; max: number }): void {
  if (!(timeoutMs >= 0)) throw invalid(`Cannot poll: timeoutMs is ${timeoutMs}, which is below 0`);
  if (Number.isInteger(max) && max >= 1) return;
  throw invalid(`Cannot poll: max is ${max}, which is no integer from 1`);
}

function invalid(message: string): ClientError {
  return new ClientError(message, { kind: "invalid" });
}
