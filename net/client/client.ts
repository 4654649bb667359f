/**
 * A client of a cluster: what makes producers, consumers and admin calls.
 *
 * @module
 */

import type { ClientOptions } from "./client_options.ts";
import { Cluster } from "./cluster.ts";

/** A client. Disposing it closes what it made, and its connections. */
export class Client implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #made = new AsyncDisposableStack();

  constructor(options: ClientOptions) {
    this.#cluster = this.#made.use(new Cluster(options));
  }

  /** Under which brokers know it. */
  get clientId(): string {
    return this.#cluster.clientId;
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
