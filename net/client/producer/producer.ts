/**
 * A producer: what sends messages.
 *
 * @module
 */

import process from "node:process";
import { hostBytes } from "../../../store/host.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { UniqueIds } from "../../wire/unique_ids.ts";
import { ClientError } from "../client_error.ts";
import type { ReplyMessage } from "../reply_message.ts";
import { type OpenTrace, openTrace } from "../trace/open_trace.ts";
import { producerTrace, type Tracing } from "../trace/trace_hooks.ts";
import { requireNumber } from "./check.ts";
import { request } from "./request.ts";
import { hostAddress } from "../client_id.ts";
import type { Cluster } from "../cluster.ts";
import type { ProducerMember } from "../members.ts";
import type { Message } from "../message.ts";
import type { StoredMessage } from "../send.ts";
import { batchDrafts } from "./batch.ts";
import { BatchError } from "./batch_error.ts";
import { type Draft, type DraftExtras, Drafts } from "./draft.ts";
import { type ProducerOptions, producerSettings } from "./producer_options.ts";
import type { SendOptions } from "./journey.ts";
import { SendPath } from "./send_path.ts";

const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** Where a message is stored (Java: `SendResult`). */
export interface SendResult extends StoredMessage {
  /** Made by the producer; consumers see it. */
  readonly messageId: string;
}

/** What a producer of a special kind adds. */
export interface ProducerParts {
  /** Asked by brokers what became of a transaction. */
  readonly checkTransaction?: NonNullable<ProducerMember["checkTransaction"]>;
  /** Topics, as the application calls them, whose brokers are told of the group before any send. */
  readonly topics?: readonly string[] | undefined;
}

/** Where the messages of one request are stored. */
export interface BatchResult extends Omit<StoredMessage, "offsetMessageId"> {
  /** Of the messages in their order. */
  readonly messageIds: readonly string[];
  /** Made by the broker, in the same order; one for all on a topic of the type batch. */
  readonly offsetMessageIds: readonly string[];
}

/**
 * Sends messages. Disposing it waits for sends under way, and takes leave of the brokers.
 *
 * Sends may be under way side by side; those of one caller to one queue are stored in their order if
 * each is awaited before the next.
 */
export class Producer implements AsyncDisposable {
  /** Its group, as the application calls it. */
  readonly group: string;
  readonly #cluster: Cluster;
  readonly #drafts: Drafts;
  readonly #path: SendPath;
  readonly #member: ProducerMember;
  readonly #trace: OpenTrace | undefined;
  readonly #sendTimeoutMs: number;
  readonly #closeTimeoutMs: number;
  readonly #bodyBytesMax: number;
  readonly #closed = new AbortController();
  #joining: Promise<void> | undefined;
  #isMember = false;
  #disposal: Promise<void> | undefined;

  /**
   * A producer of a cluster; it asks nothing yet.
   *
   * @throws {ClientError} `invalid` for an option no producer can have.
   */
  constructor(cluster: Cluster, options: ProducerOptions, parts: ProducerParts = {}) {
    const settings = producerSettings(options, cluster);
    const trace = openTrace(cluster, options.trace);
    const hooks = trace === undefined ? [] : [producerTrace(trace)];
    const { namespace, now, random } = cluster;
    const { address } = hostBytes(hostAddress(), 0);
    const ids = new UniqueIds({ address, pid: process.pid, now, random });
    this.group = options.group;
    this.#cluster = cluster;
    this.#drafts = new Drafts({ ...settings, namespace, ids, now });
    this.#path = new SendPath(cluster, { ...settings, hooks: [...settings.hooks, ...hooks] }, {
      joining: () => this.#isMember ? undefined : this.join(),
    });
    const { checkTransaction, topics = [] } = parts;
    for (const topic of topics) this.#drafts.topicOf({ topic, body: "" });
    this.#member = {
      kind: "producer",
      group: settings.group,
      topics: () => this.#drafts.topics,
      ...(checkTransaction && { checkTransaction }),
    };
    this.#trace = trace;
    this.#sendTimeoutMs = settings.sendTimeoutMs;
    this.#closeTimeoutMs = settings.closeTimeoutMs;
    this.#bodyBytesMax = settings.bodyBytesMax;
  }

  /** Sends under way. */
  get underWay(): number {
    return this.#path.underWay;
  }

  /**
   * Sends a message and waits until a broker has it.
   *
   * @throws {SendError} when all attempts failed; it says whether the message may be stored.
   * @throws {ClientError} `invalid`, `no-route`, `no-queue`, `name-server` or `closed`: nothing was sent.
   */
  async send(message: Message, options: SendOptions = {}): Promise<SendResult> {
    const draft = this.#drafts.one(message);
    return sendResult(draft, await this.#path.send(draft, options));
  }

  /**
   * Sends a message without waiting for an answer: it resolves when the message is on its way out.
   *
   * @throws {SendError} when there is no connection.
   * @throws {ClientError} as {@linkcode send}.
   */
  async sendOneway(message: Message, options: SendOptions = {}): Promise<void> {
    await this.#path.tell(this.#drafts.one(message), options);
  }

  /**
   * Sends messages in as few requests as fit a broker's limit, one after the other. A request holds
   * neighbours of one topic, so messages of several topics are best given topic by topic. `timeoutMs` is
   * for each request.
   *
   * @throws {BatchError} when a request failed, or was aborted, after others; it says which messages were
   * stored before.
   * @throws {ClientError} `invalid` if one of the messages cannot be sent in a batch: none is.
   */
  async sendBatch(messages: readonly Message[], options: SendOptions = {}): Promise<BatchResult[]> {
    const bytesMax = this.#bodyBytesMax;
    const drafts = batchDrafts(messages, {
      drafts: this.#drafts,
      now: this.#cluster.now,
      bytesMax,
    });
    for (const { topic } of drafts) this.#path.queues.check(topic, options.queue);
    const isAborted = () => options.signal?.aborted === true;
    const results: BatchResult[] = [];
    for (const draft of drafts) {
      const begun = !isAborted();
      try {
        results.push(batchResult(draft, await this.#path.send(draft, options)));
      } catch (error) {
        if (results.length === 0) throw error;
        throw new BatchError(error, results, { aborted: isAborted(), begun });
      }
    }
    return results;
  }

  /**
   * The queues messages of a topic can be sent to, as `select` gets them.
   *
   * @throws {ClientError} `no-route`, `no-queue`, `name-server`.
   */
  async queuesOf(topic: string): Promise<readonly Readonly<MessageQueue>[]> {
    return await this.#path.queues.all(topic);
  }

  /**
   * Sends a message as a request, and waits for the reply of a consumer.
   *
   * @throws {RpcError} `timeout` when no reply comes in `timeoutMs`, sending included.
   * @throws {SendError | ClientError} as {@linkcode send}.
   */
  async request(message: Message, options: SendOptions = {}): Promise<ReplyMessage> {
    const { timeoutMs = this.#sendTimeoutMs, signal } = options;
    const topic = this.#drafts.topicOf(message);
    const what = `Cannot send request to topic "${message.topic}"`;
    requireNumber(what, { timeoutMs }, { min: 1, max: TIMEOUT_MS_MAX, integer: true });
    await this.join();
    return await request(this.#cluster, {
      topic,
      timeoutMs,
      signals: [this.#closed.signal, ...(signal === undefined ? [] : [signal])],
      send: (properties, how) => this.sendWith({ properties }, message, { ...options, ...how }),
    });
  }

  /** What is traced goes here; for parts of this room. */
  get tracing(): Tracing | undefined {
    return this.#trace;
  }

  /** Sends a message with what only RocketMQ's own parts add to it. */
  async sendWith(
    extras: DraftExtras,
    message: Message,
    options: SendOptions = {},
  ): Promise<SendResult> {
    const draft = this.#drafts.one(message, extras);
    return sendResult(draft, await this.#path.send(draft, options));
  }

  /** Twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposal ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    const text = `The producer of group "${this.group}" is closed`;
    this.#closed.abort(new ClientError(text, { kind: "closed" }));
    await this.#path.close(this.#closeTimeoutMs);
    await this.#trace?.dispatcher[Symbol.asyncDispose]();
    await this.#cluster.leave(this.#member);
    this.#cluster.parts.delete(this);
  }

  /**
   * Makes the group known, but does not wait until brokers have heard of it: sends need not. A
   * client that has the group already refuses at once. For parts of this room; twice is fine.
   */
  join(): Promise<void> {
    return this.#joining ??= this.#enter();
  }

  async #enter(): Promise<void> {
    if (this.#disposal !== undefined) {
      const text = `Cannot send: the producer of group "${this.group}" is closed`;
      throw new ClientError(text, { kind: "closed" });
    }
    try {
      await Promise.race([this.#cluster.join(this.#member), undefined]);
    } catch (error) {
      this.#joining = undefined;
      throw error;
    }
    this.#isMember = true;
  }
}

function sendResult(draft: Draft, stored: StoredMessage): SendResult {
  return { ...stored, messageId: draft.messageIds[0]! };
}

function batchResult(draft: Draft, stored: StoredMessage): BatchResult {
  const { offsetMessageId, ...rest } = stored;
  return { ...rest, messageIds: draft.messageIds, offsetMessageIds: offsetMessageId.split(",") };
}
