/**
 * Answers to brokers that ask what became of a transaction: they never heard how it ended, or the
 * producer did not know then.
 *
 * @module
 */

import type { Cluster } from "../cluster.ts";
import type { TransactionQuestion } from "../members.ts";
import { readMessages, type ReceivedMessage } from "../received_message.ts";
import { endTransaction, isOutcome, type TransactionOutcome } from "./end_transaction.ts";

/** Says what became of the transaction of a message, as it can be told from the message. */
export type TransactionCheck<Outcome extends TransactionOutcome = TransactionOutcome> = (
  message: ReceivedMessage,
) => Outcome | Promise<Outcome>;

/** What the answers are made from. */
export interface TransactionChecksOptions {
  readonly cluster: Pick<Cluster, "namespace" | "routes" | "tell" | "log">;
  /** On the wire. */
  readonly group: string;
  readonly check: TransactionCheck;
  /** Questions worked on at the same time. */
  readonly concurrency: number;
  /** Told of what is answered, before it is. */
  readonly onEnd?: (ended: CheckedTransaction) => void;
}

/** A question and what is answered. */
export interface CheckedTransaction {
  readonly message: ReceivedMessage;
  readonly outcome: TransactionOutcome;
  readonly transactionId: string | undefined;
  /** `host:port` of the broker that asked. */
  readonly address: string;
}

/** Questions that may wait (Java: `checkRequestHoldMax`); the broker asks again about others. */
const WAITING_MAX = 2000;

/** The questions to one producer group. */
export class TransactionChecks implements AsyncDisposable {
  readonly #options: TransactionChecksOptions;
  readonly #waiting: TransactionQuestion[] = [];
  readonly #atWork = new Set<Promise<void>>();

  constructor(options: TransactionChecksOptions) {
    this.#options = options;
  }

  /** Takes a question, and answers it when its turn comes. */
  take(question: TransactionQuestion): void {
    if (this.#atWork.size < this.#options.concurrency) this.#work(question);
    else if (this.#waiting.length < WAITING_MAX) this.#waiting.push(question);
    else {
      const { address } = question;
      this.#options.cluster.log(
        `Cannot answer ${address} about a transaction now: ${WAITING_MAX} questions wait`,
      );
    }
  }

  /** Done when all questions are answered that were taken; twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#atWork.size > 0) await Promise.all(this.#atWork);
  }

  #work(question: TransactionQuestion): void {
    const work = this.#answer(question).then(() => {
      this.#atWork.delete(work);
      const next = this.#waiting.shift();
      if (next !== undefined) this.#work(next);
    });
    this.#atWork.add(work);
  }

  /** Fails never: the broker asks again about what is not answered. */
  async #answer({ address, header, record }: TransactionQuestion): Promise<void> {
    const { cluster, group, onEnd } = this.#options;
    const { namespace, routes } = cluster;
    try {
      const place = routes.brokers.find((it) => it.address === address);
      const brokerName = header.brokerName ?? place?.brokerName ?? address;
      const [message] = readMessages(record, { brokerName, unwrap: (it) => namespace.unwrap(it) });
      if (message === undefined) return;
      const { outcome, error } = await this.#ask(message);
      const { transactionId } = header;
      onEnd?.({ message, outcome, transactionId, address });
      await endTransaction(cluster, {
        address,
        topic: message.record.topic,
        group,
        outcome,
        queueOffset: header.tranStateTableOffset,
        commitLogOffset: header.commitLogOffset,
        messageId: message.messageId,
        transactionId,
        fromCheck: true,
        error,
      });
    } catch (error) {
      cluster.log(`Cannot answer ${address} about a transaction`, error);
    }
  }

  async #ask(
    message: ReceivedMessage,
  ): Promise<{ readonly outcome: TransactionOutcome; readonly error?: unknown }> {
    const { check, cluster } = this.#options;
    try {
      const outcome: unknown = await check(message);
      if (isOutcome(outcome)) return { outcome };
      throw new TypeError(`check returned "${outcome}", expected commit, rollback or unknown`);
    } catch (error) {
      cluster.log(`Cannot tell what became of the transaction of ${message.messageId}`, error);
      return { outcome: "unknown", error };
    }
  }
}
