/**
 * A whole cluster for tests: a name server, brokers on files in memory, and clients of them.
 *
 * @module
 */

import { type Client, connect } from "../net/client/client.ts";
import type { ClientOptions } from "../net/client/client_options.ts";
import { NameServer } from "../net/namesrv/namesrv.ts";
import { BrokerFixture, type BrokerFixtureOptions } from "./broker_fixture.ts";

/** What a test may choose. */
export interface ClusterFixtureOptions {
  /** How many; they are called `broker-a`, `broker-b` and so on. Default 1. */
  readonly brokers?: number;
  /** Settings of all brokers. */
  readonly config?: BrokerFixtureOptions["config"];
  /** Options of {@linkcode ClusterFixture.client}. */
  readonly client?: Partial<ClientOptions>;
}

const FIRST_LETTER = "a".charCodeAt(0);
/** What a client says of itself in its long life; tests that break things on purpose would fill screens. */
const SILENT = () => {};

/**
 * A name server, brokers and a client, all at work.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { ClusterFixture } from "./cluster_fixture.ts";
 *
 * await using it = await ClusterFixture.start({ brokers: 2, config: { defaultTopicQueueNums: 4 } });
 * assert.deepEqual(it.brokers.map(({ broker }) => broker.config.brokerName), ["broker-a", "broker-b"]);
 * await using other = it.connect({ namespace: "eu" });
 * assert.notEqual(other.clientId, it.client.clientId);
 * ```
 */
export class ClusterFixture implements AsyncDisposable {
  readonly nameServer: NameServer;
  /** By name; one that was {@linkcode stopBroker | stopped} stays in its place. */
  readonly brokers: BrokerFixture[];
  /** A client that is closed with the fixture, before the brokers. */
  readonly client: Client;
  readonly #options: ClusterFixtureOptions;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    { nameServer, brokers, stack }:
      & Pick<ClusterFixture, "nameServer" | "brokers">
      & { stack: AsyncDisposableStack },
    options: ClusterFixtureOptions,
  ) {
    this.nameServer = nameServer;
    this.brokers = brokers;
    this.#options = options;
    this.#stack = stack;
    this.client = this.connect(options.client);
  }

  /** Starts a name server, and brokers that are registered with it when this resolves. */
  static async start(options: ClusterFixtureOptions = {}): Promise<ClusterFixture> {
    await using stack = new AsyncDisposableStack();
    const nameServer = stack.use(
      await NameServer.listen({ hostname: "127.0.0.1", port: 0, stopTimeoutMs: 0 }),
    );
    const brokers: BrokerFixture[] = [];
    for (let number = 0; number < (options.brokers ?? 1); number++) {
      const settings = brokerSettings(number, { nameServer, options });
      brokers.push(stack.use(await BrokerFixture.start({ config: settings })));
    }
    return new ClusterFixture({ nameServer, brokers, stack: stack.move() }, options);
  }

  /** One more client, which is closed with the fixture. */
  connect(options: Partial<ClientOptions> = {}): Client {
    return this.#stack.use(
      connect({ nameServers: this.nameServer.peer, log: SILENT, ...options }),
    );
  }

  /** Stops a broker by its number; its files stay. */
  async stopBroker(number: number): Promise<void> {
    await this.brokers[number]![Symbol.asyncDispose]();
  }

  /** Starts a stopped broker again, on its files and its old port. */
  async startBroker(number: number): Promise<BrokerFixture> {
    const old = this.brokers[number]!;
    const settings = brokerSettings(number, this.#place());
    const listenPort = Number(old.peer.slice(old.peer.lastIndexOf(":") + 1));
    const broker = this.#stack.use(
      await BrokerFixture.start({ fs: old.fs, config: { ...settings, listenPort } }),
    );
    this.brokers[number] = broker;
    return broker;
  }

  /** Closes the clients, the brokers and the name server; twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  #place() {
    return { nameServer: this.nameServer, options: this.#options };
  }
}

function brokerSettings(
  number: number,
  { nameServer, options }: { nameServer: NameServer; options: ClusterFixtureOptions },
) {
  return {
    brokerName: `broker-${String.fromCharCode(FIRST_LETTER + number)}`,
    namesrvAddr: nameServer.peer,
    ...options.config,
  };
}
