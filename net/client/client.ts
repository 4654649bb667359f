/**
 * A client of a cluster: what makes producers, consumers and admin calls.
 *
 * @module
 */

import { Admin } from "./admin/admin.ts";
import type { ClientOptions } from "./client_options.ts";
import { Cluster } from "./cluster.ts";
import { PullConsumer } from "./consumer/pull_consumer.ts";
import type { PullConsumerOptions } from "./consumer/pull_consumer_options.ts";
import { Consumer } from "./consumer/consumer.ts";
import type { ConsumerOptions } from "./consumer/consumer_options.ts";
import { Producer } from "./producer/producer.ts";
import type { ProducerOptions } from "./producer/producer_options.ts";
import type { TransactionOutcome } from "./producer/end_transaction.ts";
import {
  TransactionProducer,
  type TransactionProducerOptions,
} from "./producer/transaction_producer.ts";

/** A client. Disposing it closes what it made, and its connections. */
export class Client implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #made = new AsyncDisposableStack();
  #admin: Admin | undefined;

  constructor(options: ClientOptions) {
    this.#cluster = this.#made.use(new Cluster(options));
  }

  /** Under which brokers know it. */
  get clientId(): string {
    return this.#cluster.clientId;
  }

  /** What operators ask: topics, groups, offsets, stored messages, brokers. */
  get admin(): Admin {
    return this.#admin ??= new Admin(this.#cluster);
  }

  /**
   * A producer of a group; closed with the client, or before.
   *
   * @throws {ClientError} `invalid` for an option no producer can have.
   */
  producer(options: ProducerOptions): Producer {
    return this.#made.use(new Producer(this.#cluster, options));
  }

  /**
   * A consumer of a group; closed with the client, or before.
   *
   * @throws {ClientError} `invalid` for an option no consumer can have; `closed`.
   */
  consumer(options: ConsumerOptions): Consumer {
    this.#cluster.throwIfClosed();
    return this.#made.use(new Consumer(this.#cluster, options));
  }

  /**
   * A producer of a group that sends in transactions, too; closed with the client, or before.
   *
   * @throws {ClientError} `invalid` for an option no producer can have.
   */
  transactionProducer<const Outcome extends TransactionOutcome>(
    options: TransactionProducerOptions<Outcome>,
  ): TransactionProducer {
    return this.#made.use(new TransactionProducer(this.#cluster, options));
  }

  /**
   * A consumer that is asked for messages; closed with the client, or before.
   *
   * @throws {ClientError} `invalid` for an option no consumer can have, `damaged` for a file of offsets.
   */
  pullConsumer(options: PullConsumerOptions): PullConsumer {
    return this.#made.use(new PullConsumer(this.#cluster, options));
  }

  /** Twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#made.disposeAsync();
  }
}

/**
 * A client of the cluster whose name servers are given. Nothing is opened before the first call.
 *
 * @throws {ClientError} `invalid` without a name server.
 */
export function connect(options: ClientOptions): Client {
  return new Client(options);
}
