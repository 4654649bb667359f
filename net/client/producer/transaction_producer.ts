/**
 * A producer whose messages are delivered if and when a local transaction is committed (Java:
 * `TransactionMQProducer`).
 *
 * @module
 */

import { SYS_FLAG } from "../../../store/format.ts";
import { parseMessageId } from "../../../store/message_id.ts";
import { PROPERTY } from "../../../store/properties.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import type { Message } from "../message.ts";
import { traceTransaction } from "../trace/trace_hooks.ts";
import { invalid, requireNumber } from "./check.ts";
import { isDelayed } from "./draft.ts";
import { endTransaction, isOutcome, type TransactionOutcome } from "./end_transaction.ts";
import { Producer, type SendResult } from "./producer.ts";
import type { ProducerOptions } from "./producer_options.ts";
import type { SendOptions } from "./journey.ts";
import {
  type CheckedTransaction,
  type TransactionCheck,
  TransactionChecks,
} from "./transaction_checks.ts";

/** How a producer of transactions works. */
export interface TransactionProducerOptions<
  Outcome extends TransactionOutcome = TransactionOutcome,
> extends ProducerOptions {
  /**
   * Says what became of a transaction, from its message alone: a broker asks that was not told, or
   * was told `unknown`, and maybe another process of the group than the one that sent it. What it
   * throws is logged and means `unknown`.
   */
  readonly check: TransactionCheck<Outcome>;
  /** Questions worked on at the same time; default 10. */
  readonly checkConcurrency?: number | undefined;
  /** Topics whose brokers may ask before this producer has sent to them. */
  readonly topics?: readonly string[] | undefined;
  /**
   * How long disposing waits for transactions that are executed and questions that are answered;
   * default 3,000.
   */
  readonly closeTimeoutMs?: number | undefined;
}

/** A message that is stored and not delivered yet. */
export interface HalfMessage extends SendResult {
  /** The id of the message, unless the broker has given another. */
  readonly transactionId: string;
}

/** What became of a transaction (Java: `TransactionSendResult`). */
export interface TransactionResult extends HalfMessage {
  readonly outcome: TransactionOutcome;
}

/** The local transaction of a message that is stored. */
export type TransactionExecute<Outcome extends TransactionOutcome = TransactionOutcome> = (
  half: HalfMessage,
) => Outcome | Promise<Outcome>;

const CHECK_CONCURRENCY = 10;
const CHECK_CONCURRENCY_MAX = 1000;
const CLOSE_TIMEOUT_MS = 3000;

/** Sends messages in transactions, and messages as other producers do. */
export class TransactionProducer extends Producer {
  readonly #cluster: Cluster;
  /** On the wire. */
  readonly #group: string;
  readonly #checks: TransactionChecks;
  readonly #executing = new Set<Promise<unknown>>();
  readonly #closeTimeoutMs: number;
  #end: Promise<void> | undefined;

  /**
   * A producer of a cluster. With `topics` it makes itself known to their brokers at once.
   *
   * @throws {ClientError} `invalid` for an option no producer can have.
   */
  constructor(cluster: Cluster, options: TransactionProducerOptions) {
    const { check, topics, checkConcurrency = CHECK_CONCURRENCY } = options;
    const what = "Cannot make producer";
    if (typeof check !== "function") throw invalid(`${what}: check is ${check}, not a function`);
    const limits = { min: 1, max: CHECK_CONCURRENCY_MAX, integer: true };
    requireNumber(what, { checkConcurrency }, limits);
    const group = cluster.namespace.wrap(options.group);
    const end: { trace: (ended: CheckedTransaction) => void } = { trace: () => {} };
    const checks = new TransactionChecks({
      cluster,
      group,
      check,
      concurrency: checkConcurrency,
      onEnd: (ended) => end.trace(ended),
    });
    super(cluster, options, { topics, checkTransaction: (question) => checks.take(question) });
    end.trace = (ended) => this.#traceChecked(ended);
    this.#cluster = cluster;
    this.#group = group;
    this.#checks = checks;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS;
    if (topics === undefined || topics.length === 0) return;
    this.join().catch((error) => {
      cluster.log(`Cannot make producer group "${this.group}" known`, error);
    });
  }

  /**
   * Stores a message, executes the local transaction, and has the message delivered or forgotten by
   * its outcome. A message that is stored with less than the broker promises is rolled back without
   * executing anything, as Java does. When `execute` throws, the outcome is unknown, so the broker
   * will ask, and what it threw is thrown.
   *
   * Where the outcome cannot be told to the broker, the broker asks later.
   *
   * @throws {SendError | ClientError} as {@linkcode send}: nothing was executed; `invalid` for a
   * message that is to be delivered later. What `execute` throws.
   */
  async sendInTransaction<const Outcome extends TransactionOutcome>(
    message: Message,
    execute: TransactionExecute<Outcome>,
    options: SendOptions = {},
  ): Promise<TransactionResult> {
    const what = `Cannot send to topic "${message.topic}" in a transaction`;
    if (this.#end !== undefined) {
      throw new ClientError(`${what}: the producer is closed`, { kind: "closed" });
    }
    if (isDelayed(message)) throw invalid(`${what}: a delayed message cannot have one`);
    const working = this.#inTransaction(message, execute, options);
    this.#executing.add(working);
    try {
      return await working;
    } finally {
      this.#executing.delete(working);
    }
  }

  async #inTransaction(
    message: Message,
    execute: TransactionExecute,
    options: SendOptions,
  ): Promise<TransactionResult> {
    const sent = await this.sendWith(
      {
        properties: [
          [PROPERTY.transactionPrepared, "true"],
          [PROPERTY.producerGroup, this.#group],
        ],
        sysFlag: SYS_FLAG.transactionPrepared,
        kind: "half",
      },
      message,
      options,
    );
    const half = { ...sent, transactionId: sent.transactionId ?? sent.messageId };
    if (half.status !== "SEND_OK") {
      await this.#tellEnd(message, { ...half, outcome: "rollback" });
      return { ...half, outcome: "rollback" };
    }
    let result: TransactionResult;
    try {
      const outcome: unknown = await execute(half);
      if (!isOutcome(outcome)) {
        throw new TypeError(
          `execute returned "${outcome}", expected commit, rollback or unknown`,
        );
      }
      result = { ...half, outcome };
    } catch (error) {
      await this.#tellEnd(message, { ...half, outcome: "unknown" }, error);
      throw error;
    }
    await this.#tellEnd(message, result);
    return result;
  }

  /** Stops the asking, and waits for what is executed and answered, but no longer than so. */
  override [Symbol.asyncDispose](): Promise<void> {
    return this.#end ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, this.#closeTimeoutMs);
    const done = Promise.allSettled(this.#executing);
    await Promise.race([Promise.all([done, this.#checks[Symbol.asyncDispose]()]), late.promise]);
    clearTimeout(timer);
    await super[Symbol.asyncDispose]();
  }

  async #tellEnd(message: Message, half: TransactionResult, error?: unknown): Promise<void> {
    const { messageId, transactionId, outcome, queueOffset, queue: { brokerName } } = half;
    const { routes, namespace, log } = this.#cluster;
    const place = parseMessageId(half.offsetMessageId);
    const address = routes.address(brokerName);
    if (place === undefined || address === undefined) {
      log(`Cannot tell broker ${brokerName} how transaction ${transactionId} ended`);
      return;
    }
    const topic = namespace.wrap(message.topic);
    const { tag, keys } = message;
    const { group } = this;
    if (this.tracing !== undefined) {
      const { regionId } = half;
      const ended = { group, topic: message.topic, messageId, transactionId, tag, keys, outcome };
      traceTransaction(this.tracing, { ...ended, regionId, address, fromCheck: false });
    }
    try {
      await endTransaction(this.#cluster, {
        address,
        topic,
        group: this.#group,
        outcome,
        queueOffset,
        commitLogOffset: place.physicalOffset,
        messageId,
        transactionId,
        fromCheck: false,
        error,
      });
    } catch (cause) {
      log(`Cannot tell broker ${brokerName} how transaction ${transactionId} ended`, cause);
    }
  }

  #traceChecked({ message, outcome, transactionId, address }: CheckedTransaction): void {
    if (this.tracing === undefined) return;
    const { topic, messageId, tag, keys, properties } = message;
    const regionId = properties.get(PROPERTY.region);
    const { group } = this;
    const ended = { group, topic, messageId, transactionId, tag, keys, outcome, regionId, address };
    traceTransaction(this.tracing, { ...ended, fromCheck: true });
  }
}
