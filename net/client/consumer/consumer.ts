/**
 * A consumer: what gives the messages of a group to an application.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import { topicNameProblem } from "../../wire/topic_names.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import { atMost } from "../at_most.ts";
import { Bell } from "./bell.ts";
import type { ConsumedMessage } from "./consumed_message.ts";
import { type OpenTrace, openTrace } from "../trace/open_trace.ts";
import { consumerTrace } from "../trace/trace_hooks.ts";
import type { ConsumeHooks } from "./consumer_hooks.ts";
import {
  type ConsumerOptions,
  type ConsumerSettings,
  consumerSettings,
} from "./consumer_options.ts";
import { consumeDirectly } from "./direct_consumption.ts";
import { HandlerRunner } from "./handler_runner.ts";
import { Membership } from "./membership.ts";
import { MessageLoop } from "./message_loop.ts";
import { ReadyQueues } from "./ready_queues.ts";
import { type Filter, subscriptionTo } from "./subscription.ts";

/** How a handler is called. */
export interface RunOptions {
  /** Calls under way at most; default 20. Of an ordered consumer: of different queues. */
  readonly concurrency?: number | undefined;
  /** Ends it: nothing further is handed over, and calls under way are waited for. */
  readonly signal?: AbortSignal | undefined;
}

/** How a handler of several messages is called. */
export interface RunBatchesOptions extends RunOptions {
  /** Messages at most, default 32; all are of one queue, and nobody waits for further ones. */
  readonly size?: number | undefined;
}

/** Deals with messages; what it says with `ack()` and `retry()` counts before how it ends. */
type Handle = (messages: readonly ConsumedMessage[]) => unknown;

const CONCURRENCY = 20;
const SIZE = 32;
const COUNT_MAX = 100_000;

/**
 * Consumes the messages of a group, by a handler or one by one. It joins the group with the first
 * call, and is a member until it is disposed; a member that nobody takes messages from keeps its
 * queues.
 *
 * Every message is given out at least once.
 */
export class Consumer implements AsyncDisposable, AsyncIterable<ConsumedMessage> {
  /** Its group, as the application calls it. */
  readonly group: string;
  readonly #cluster: Cluster;
  readonly #settings: ConsumerSettings;
  readonly #hooks: readonly ConsumeHooks[];
  readonly #trace: OpenTrace | undefined;
  readonly #ready = new ReadyQueues();
  readonly #closing = new AbortController();
  #membership: Membership | undefined;
  #joining: Promise<Membership> | undefined;
  /** What it wants, by topic as the application calls it. */
  readonly #subscriptions: Map<string, Filter>;
  /** The handler at work. */
  #handle: Handle | undefined;
  /** The loop that takes messages. */
  #loop: MessageLoop | undefined;
  /** Settles when nobody takes messages any more. */
  #consuming: Promise<void> | undefined;
  #disposal: Promise<void> | undefined;

  /**
   * A consumer of a cluster; it asks nothing yet.
   *
   * @throws {ClientError} `invalid` for an option no consumer can have.
   */
  constructor(
    cluster: Cluster,
    options: ConsumerOptions,
    { hooks = [] }: { readonly hooks?: readonly ConsumeHooks[] } = {},
  ) {
    this.group = options.group;
    this.#cluster = cluster;
    const settings = this.#settings = consumerSettings(options);
    this.#subscriptions = new Map(Object.entries(settings.subscribe));
    const trace = this.#trace = openTrace(cluster, options.trace);
    const traced = trace === undefined ? hooks : [...hooks, consumerTrace(trace)];
    this.#hooks = options.hooks === undefined ? traced : [...traced, options.hooks];
  }

  /** The queues it has now. */
  get queues(): readonly Readonly<MessageQueue>[] {
    const { namespace } = this.#cluster;
    const held = this.#membership?.queues.all ?? [];
    return held.map(({ queue }) => ({ ...queue, topic: namespace.unwrap(queue.topic) }));
  }

  /** What it is subscribed to now. */
  get subscriptions(): ReadonlyMap<string, Filter> {
    return new Map(this.#subscriptions);
  }

  /**
   * Wants messages of a topic, too, or others of a topic than before, from now on; what was pulled
   * already is still given out. Brokers hear of it at once, and queues of a new topic come a moment
   * later. All members of a group are to want the same.
   *
   * @throws {ClientError} `invalid` for a name or a filter; `refused` for an SQL filter that the broker
   * cannot read; `name-server`, `closed`.
   */
  async subscribe(
    topic: string,
    filter: Filter = "*",
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    this.#throwIfClosed("subscribe");
    checkTopic(topic);
    subscriptionTo(topic, filter, { version: 0 });
    if (this.#joining !== undefined) {
      const membership = await this.#joined();
      await membership?.subscribe(topic, filter, { signal });
    }
    this.#subscriptions.set(topic, filter);
  }

  /**
   * Gives up a topic: its offsets are stored and its queues given up; a message that is with a handler
   * comes again, to whoever consumes the topic next. The last message of an ordered queue is waited for
   * in the background.
   *
   * @throws {ClientError} `closed`.
   */
  async unsubscribe(topic: string): Promise<void> {
    this.#throwIfClosed("unsubscribe");
    if (this.#joining !== undefined) {
      const membership = await this.#joined();
      await membership?.unsubscribe(topic);
    }
    this.#subscriptions.delete(topic);
  }

  /**
   * Calls a handler for each message until the signal, or until the consumer is disposed; then calls
   * under way are waited for, but no longer than `closeTimeoutMs`. A message whose call returns or
   * resolves is acknowledged; one whose call throws or rejects comes again, and the client's `log` is
   * told why.
   *
   * @throws {ClientError} `invalid` for a handler that is no function, for an option, when messages are taken already, or when the client
   * has a consumer of the group; `refused`, `damaged`, `name-server`, `closed` when it cannot join.
   */
  run(handler: (message: ConsumedMessage) => unknown, options: RunOptions = {}): Promise<void> {
    const handle: Handle = (messages) => handler(messages[0]!);
    return this.#run(typeof handler === "function" ? handle : handler, { ...options, size: 1 });
  }

  /**
   * As {@linkcode run}, for several messages at once. Where the call throws, all it has not acknowledged
   * come again.
   *
   * @throws {ClientError} as {@linkcode run}.
   */
  runBatches(
    handler: (messages: readonly ConsumedMessage[]) => unknown,
    options: RunBatchesOptions = {},
  ): Promise<void> {
    return this.#run(handler, options);
  }

  /**
   * Messages one by one, until the signal, or until the consumer is disposed. Each is to be
   * acknowledged or given back some time; until then the offset of its queue does not move on, and an
   * ordered queue stands still. A message with which the body of the loop is left, by `break` or an
   * error, counts as failed unless it was acknowledged before, and comes again.
   *
   * @throws {ClientError} as {@linkcode run}.
   */
  async *messages(
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<ConsumedMessage, void, void> {
    const loop = new MessageLoop();
    try {
      yield* this.#each(loop, signal);
    } finally {
      // Of a consumer that closes the offset is not passed, which is enough.
      if (!this.#closing.signal.aborted) loop.giveBack();
      else loop.resume();
    }
  }

  async *#each(
    loop: MessageLoop,
    signal?: AbortSignal,
  ): AsyncGenerator<ConsumedMessage, void, void> {
    const ended = this.#claim();
    const bell = new Bell();
    const stop = anyOf(signal, this.#closing.signal);
    try {
      if (stop.aborted) return;
      await this.#join();
      this.#ready.onOffer = () => bell.ring();
      this.#loop = loop;
      while (!stop.aborted) {
        const delivery = this.#ready.take(1);
        if (delivery === undefined) {
          await bell.wait({ signal: stop });
          continue;
        }
        loop.enter(delivery);
        yield delivery.messages[0]!;
        loop.resume();
      }
    } finally {
      this.#loop = undefined;
      this.#ready.onOffer = undefined;
      ended();
    }
  }

  /** As {@linkcode messages}; leaving the loop closes the consumer. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ConsumedMessage, void, void> {
    const loop = new MessageLoop();
    try {
      yield* this.#each(loop);
    } finally {
      loop.resume();
      await this[Symbol.asyncDispose]();
    }
  }

  /**
   * Takes no further messages, waits for the handlers at work, or for the message that a loop is at
   * work on, stores the offsets, gives up the queues and leaves the group. Twice is fine. A handler
   * that waits for it waits until `closeTimeoutMs`, and so does the body of a loop that has not said
   * before what became of its message.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposal ??= this.#dispose();
  }

  #run(handle: Handle, options: RunBatchesOptions): Promise<void> {
    const finished = this.#runUntil(handle, options);
    // Whoever does not wait for it finds it in the log.
    finished.catch((error) => {
      this.#cluster.log(`The consumer of group "${this.group}" has ended`, error);
    });
    return finished;
  }

  async #runUntil(handle: Handle, options: RunBatchesOptions): Promise<void> {
    const { concurrency = CONCURRENCY, size = SIZE, signal } = options;
    if (typeof handle !== "function") {
      const text = `Cannot consume: the handler is ${handle}, which is no function`;
      throw new ClientError(text, { kind: "invalid" });
    }
    checkCount("concurrency", concurrency);
    checkCount("size", size);
    const ended = this.#claim();
    const stop = anyOf(signal, this.#closing.signal);
    try {
      if (stop.aborted) return;
      await this.#join();
      this.#handle = handle;
      const runner = new HandlerRunner(this.#ready, { call: handle, concurrency, size });
      await new Bell().wait({ signal: stop });
      await this.#stopped(runner);
    } finally {
      this.#handle = undefined;
      ended();
    }
  }

  /** Makes the caller the one who takes messages; what is returned ends that. */
  #claim(): () => void {
    this.#throwIfClosed("consume");
    if (this.#consuming !== undefined) {
      const text = `Cannot consume: messages of group "${this.group}" are being taken already`;
      throw new ClientError(text, { kind: "invalid" });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#consuming = promise;
    return () => {
      this.#consuming = undefined;
      resolve();
    };
  }

  #throwIfClosed(what: string): void {
    if (this.#disposal === undefined) return;
    const text = `Cannot ${what}: the consumer of group "${this.group}" is closed`;
    throw new ClientError(text, { kind: "closed" });
  }

  /** The membership, if it was asked for. */
  async #joined(): Promise<Membership | undefined> {
    return await this.#joining?.catch(() => undefined);
  }

  async #join(): Promise<void> {
    this.#joining ??= Membership.join(this.#cluster, {
      settings: { ...this.#settings, subscribe: Object.fromEntries(this.#subscriptions) },
      hooks: this.#hooks,
      ready: this.#ready,
      consumeDirectly: (record, brokerName = "") => this.#consumeDirectly(record, brokerName),
      signal: this.#closing.signal,
    });
    try {
      this.#membership = await this.#joining;
    } catch (error) {
      this.#joining = undefined;
      throw error;
    }
  }

  async #consumeDirectly(record: Uint8Array, brokerName: string): Promise<Uint8Array> {
    const group = this.#cluster.namespace.wrap(this.group);
    const { ordered } = this.#settings;
    const handle = this.#handle;
    return await consumeDirectly(this.#cluster, { record, brokerName, group, ordered, handle });
  }

  async #dispose(): Promise<void> {
    await this.#close();
    await this.#trace?.dispatcher[Symbol.asyncDispose]();
    this.#cluster.parts.delete(this);
  }

  async #close(): Promise<void> {
    const consuming = this.#handle === undefined ? undefined : this.#consuming;
    const loop = this.#loop;
    this.#closing.abort();
    const membership = await this.#joined();
    if (membership === undefined) return;
    await membership.stop();
    await consuming;
    if (loop !== undefined) await this.#left(loop);
    await membership.leave();
  }

  /** Waits for handlers at work, as long as they may take. */
  async #stopped(runner: HandlerRunner): Promise<void> {
    const { closeTimeoutMs } = this.#settings;
    let isLate = true;
    await atMost(runner.stop().then(() => isLate = false), closeTimeoutMs);
    if (!isLate) return;
    const then = this.#closing.signal.aborted
      ? "what they work on comes again"
      : "they are not waited for any longer";
    const text =
      `Handlers of group "${this.group}" are at work after ${closeTimeoutMs} ms; ${then}`;
    this.#cluster.log(text);
  }

  /** Waits for a loop to speak of the message it is at work on, as long as that may take. */
  async #left(loop: MessageLoop): Promise<void> {
    const { closeTimeoutMs } = this.#settings;
    if (await loop.whenIdle(closeTimeoutMs)) return;
    const text = `A loop over messages of group "${this.group}" is at work after ` +
      `${closeTimeoutMs} ms; what it works on comes again`;
    this.#cluster.log(text);
  }
}

function checkTopic(topic: string): void {
  const problem = topicNameProblem(topic);
  if (problem === undefined) return;
  throw new ClientError(`Cannot subscribe: ${problem}`, { kind: "invalid" });
}

function anyOf(signal: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return signal === undefined ? other : AbortSignal.any([signal, other]);
}

function checkCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= COUNT_MAX) return;
  const text = `Cannot consume: ${name} is ${count}, which is no integer from 1 to ${COUNT_MAX}`;
  throw new ClientError(text, { kind: "invalid" });
}
