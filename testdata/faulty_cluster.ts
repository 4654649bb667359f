/**
 * A cluster whose servers can be killed, and whose network can fail: clients reach each server
 * through a relay only.
 *
 * @module
 */

import { type Client, connect } from "../net/client/client.ts";
import type { ClientOptions } from "../net/client/client_options.ts";
import { NameServer } from "../net/namesrv/namesrv.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import { BrokerFixture } from "./broker_fixture.ts";
import { Relay } from "./relay.ts";
import { copyOf } from "./store_bytes.ts";

/** Where servers listen. */
const INSIDE = "127.0.0.1";
/** Where clients find brokers: what routes say, at the same ports. */
const OUTSIDE = "127.0.0.2";
const BROKERS = ["broker-a", "broker-b"];

/** A client that finds out quickly. */
const QUICK = {
  requestTimeoutMs: 1000,
  connectTimeoutMs: 500,
  routeRefreshMs: 250,
  heartbeatMs: 500,
  closeTimeoutMs: 500,
} as const;

/** A broker and the way to it. */
interface Place {
  broker: BrokerFixture;
  relay: Relay;
}

/**
 * A name server and two brokers.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { FaultyCluster } from "./faulty_cluster.ts";
 *
 * await using it = await FaultyCluster.start();
 * await using client = it.connect();
 * await using producer = client.producer({ group: "shop" });
 * await it.kill(0);
 * await it.revive(0);
 * await producer.send({ topic: "TBW102", body: "x" });
 * assert.equal(it.brokerRelays.length, 2);
 * ```
 */
export class FaultyCluster implements AsyncDisposable {
  /** To the name server. */
  readonly nameServerRelay: Relay;
  readonly #nameServer: NameServer;
  readonly #places: readonly Place[];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    { nameServer, nameServerRelay, places, stack }: {
      readonly nameServer: NameServer;
      readonly nameServerRelay: Relay;
      readonly places: readonly Place[];
      readonly stack: AsyncDisposableStack;
    },
  ) {
    this.#nameServer = nameServer;
    this.nameServerRelay = nameServerRelay;
    this.#places = places;
    this.#stack = stack;
  }

  static async start(): Promise<FaultyCluster> {
    await using stack = new AsyncDisposableStack();
    const nameServer = stack.use(
      await NameServer.listen({ hostname: INSIDE, port: 0, stopTimeoutMs: 0 }),
    );
    const at = { host: INSIDE, port: 0 };
    const nameServerRelay = stack.use(await Relay.listen({ at, to: placeOf(nameServer.peer) }));
    const places: Place[] = [];
    stack.defer(async () => {
      for (const { broker, relay } of places) {
        await relay[Symbol.asyncDispose]();
        await broker[Symbol.asyncDispose]();
      }
    });
    for (const name of BROKERS) places.push(await started(name, { nameServer }));
    return new FaultyCluster({ nameServer, nameServerRelay, places, stack: stack.move() });
  }

  /** To the brokers. */
  get brokerRelays(): readonly Relay[] {
    return this.#places.map(({ relay }) => relay);
  }

  /** A client that finds out quickly; its owner closes it. */
  connect(options: Partial<ClientOptions> = {}): Client {
    return connect({ nameServers: this.nameServerRelay.peer, ...QUICK, ...options });
  }

  /** Ends a broker's process: what is in its files is all that is left of it. */
  async kill(number: number): Promise<void> {
    const place = this.#places[number]!;
    await place.relay.cut();
    const fs = copyOf(place.broker.fs as MemoryFiles);
    await place.broker[Symbol.asyncDispose]();
    Object.assign(place.broker, { fs });
  }

  /** Starts a broker that was killed again on its files; `elsewhere` on another port. */
  async revive(number: number, { elsewhere = false } = {}): Promise<void> {
    const place = this.#places[number]!;
    const { fs, peer } = place.broker;
    const port = elsewhere ? 0 : placeOf(peer).port;
    const options = { nameServer: this.#nameServer, fs: fs as MemoryFiles, port };
    const { broker, relay } = await started(BROKERS[number]!, options);
    await place.relay[Symbol.asyncDispose]();
    place.broker = broker;
    place.relay = relay;
  }

  /** Closes everything but the clients; twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

async function started(
  brokerName: string,
  { nameServer, fs, port = 0 }: {
    readonly nameServer: NameServer;
    readonly fs?: MemoryFiles;
    readonly port?: number;
  },
): Promise<Place> {
  const config = {
    brokerName,
    namesrvAddr: nameServer.peer,
    brokerIP1: OUTSIDE,
    bindAddress: INSIDE,
    listenPort: port,
    defaultTopicQueueNums: 4,
    // A group learns of its members as they come.
    flushConsumerOffsetInterval: 200,
  };
  const broker = await BrokerFixture.start({ config, ...(fs && { fs }) });
  const to = { host: INSIDE, port: placeOf(broker.peer).port };
  return { broker, relay: await Relay.listen({ at: { ...to, host: OUTSIDE }, to }) };
}

function placeOf(peer: string): { host: string; port: number } {
  const colon = peer.lastIndexOf(":");
  return { host: peer.slice(0, colon), port: Number(peer.slice(colon + 1)) };
}
