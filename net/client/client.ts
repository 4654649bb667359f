/**
 * A client of a cluster: what makes producers, consumers and admin calls.
 *
 * @module
 */

import { Admin } from "./admin/admin.ts";
import { ClientError } from "./client_error.ts";
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
  #admin: Admin | undefined;
  #disposal: Promise<void> | undefined;

  /** @throws {ClientError} `invalid` without a name server, and for an option no client can have. */
  constructor(options: ClientOptions) {
    this.#cluster = new Cluster(options);
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
   * @throws {ClientError} `invalid` for an option no producer can have; `closed`.
   */
  producer(options: ProducerOptions): Producer {
    return this.#make(() => new Producer(this.#cluster, options));
  }

  /**
   * A consumer of a group; closed with the client, or before.
   *
   * @throws {ClientError} `invalid` for an option no consumer can have; `closed`.
   */
  consumer(options: ConsumerOptions): Consumer {
    return this.#make(() => new Consumer(this.#cluster, options));
  }

  /**
   * A producer of a group that sends in transactions, too; closed with the client, or before.
   *
   * @throws {ClientError} `invalid` for an option no producer can have; `closed`.
   */
  transactionProducer<const Outcome extends TransactionOutcome>(
    options: TransactionProducerOptions<Outcome>,
  ): TransactionProducer {
    return this.#make(() => new TransactionProducer(this.#cluster, options));
  }

  /**
   * A consumer that is asked for messages; closed with the client, or before.
   *
   * @throws {ClientError} `invalid` for an option no consumer can have, `damaged` for a file of
   * offsets; `closed`.
   */
  pullConsumer(options: PullConsumerOptions): PullConsumer {
    return this.#make(() => new PullConsumer(this.#cluster, options));
  }

  /** Consumers are closed first: their handlers may send. Twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposal ??= this.#dispose();
  }

  #make<Part extends AsyncDisposable>(make: () => Part): Part {
    if (this.#disposal !== undefined) {
      throw new ClientError("The client is closed", { kind: "closed" });
    }
    const part = make();
    this.#cluster.parts.add(part);
    return part;
  }

  async #dispose(): Promise<void> {
    const parts = [...this.#cluster.parts];
    const producers = parts.filter((it) => it instanceof Producer);
    const others = parts.filter((it) => !(it instanceof Producer));
    await Promise.all(others.map((it) => it[Symbol.asyncDispose]()));
    await Promise.all(producers.map((it) => it[Symbol.asyncDispose]()));
    await this.#cluster[Symbol.asyncDispose]();
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
