/**
 * A cluster for tests whose brokers answer what the test says: slaves, refusals, silence.
 *
 * @module
 */

import type { ClientOptions } from "../net/client/client_options.ts";
import { Cluster } from "../net/client/cluster.ts";
import { Refusal } from "../net/rpc/refusal.ts";
import { type Family, routesOf } from "../net/rpc/routes.ts";
import { Server } from "../net/rpc/server.ts";
import { PERM } from "../net/wire/topic_config.ts";
import { formatTopicRoute } from "../net/wire/route.ts";

/** A broker that is none. */
export interface ScriptedBroker {
  readonly brokerName: string;
  /** 0, the default, is the master. */
  readonly brokerId?: number;
  readonly family: Family;
}

/** What a test may choose. */
export interface ScriptedClusterOptions {
  readonly brokers: readonly ScriptedBroker[];
  /** Queues by topic, on each name of a broker; the route of a topic that is missing is refused. */
  readonly topics: Readonly<Record<string, number>>;
  readonly client?: Partial<ClientOptions>;
}

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };
const NOW = { stopTimeoutMs: 0 };

/**
 * A name server, brokers, and a client of them.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { ScriptedCluster } from "./scripted_cluster.ts";
 *
 * const family = { GET_MAX_OFFSET: () => ({ extFields: { offset: "7" } }) };
 * await using it = await ScriptedCluster.start({
 *   brokers: [{ brokerName: "a", family }],
 *   topics: { T: 1 },
 * });
 * await it.cluster.routes.route("T");
 * const header = { topic: "T", queueId: 0, committed: undefined };
 * const { extFields } = await it.cluster.call(it.addresses[0]!, "GET_MAX_OFFSET", { header });
 * assert.equal(extFields?.["offset"], "7");
 * ```
 */
export class ScriptedCluster implements AsyncDisposable {
  readonly cluster: Cluster;
  /** Of the brokers, in their order. */
  readonly addresses: readonly string[];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    { cluster, addresses, stack }:
      & Pick<ScriptedCluster, "cluster" | "addresses">
      & { readonly stack: AsyncDisposableStack },
  ) {
    this.cluster = cluster;
    this.addresses = addresses;
    this.#stack = stack;
  }

  /** Starts them. */
  static async start(options: ScriptedClusterOptions): Promise<ScriptedCluster> {
    await using stack = new AsyncDisposableStack();
    const addresses: string[] = [];
    for (const { family } of options.brokers) {
      const server = stack.use(
        await Server.listen(LOOPBACK, { ...NOW, routes: routesOf([family]) }),
      );
      addresses.push(server.peer);
    }
    const routes = routesOf([{
      GET_ROUTEINFO_BY_TOPIC: ({ header: { topic } }) => ({
        body: routeOf(topic, options, addresses),
      }),
    }]);
    const nameServer = stack.use(await Server.listen(LOOPBACK, { ...NOW, routes }));
    const cluster = stack.use(
      new Cluster({ nameServers: nameServer.peer, ...options.client }),
    );
    return new ScriptedCluster({ cluster, addresses, stack: stack.move() });
  }

  /** Closes the client and the servers; twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

function routeOf(
  topic: string,
  { brokers, topics }: ScriptedClusterOptions,
  addresses: readonly string[],
): Uint8Array {
  const queues = topics[topic];
  if (queues === undefined) throw new Refusal("TOPIC_NOT_EXIST", "no route");
  const names = new Map<string, Map<number, string>>();
  brokers.forEach(({ brokerName, brokerId = 0 }, at) => {
    const known = names.get(brokerName) ?? new Map<number, string>();
    names.set(brokerName, known.set(brokerId, addresses[at]!));
  });
  return formatTopicRoute({
    queueDatas: [...names.keys()].map((brokerName) => ({
      brokerName,
      readQueueNums: queues,
      writeQueueNums: queues,
      perm: PERM.READ | PERM.WRITE,
      topicSysFlag: 0,
    })),
    brokerDatas: [...names].map(([brokerName, brokerAddrs]) => {
      return { cluster: "C1", brokerName, brokerAddrs };
    }),
    filterServerTable: new Map(),
  }, { quotedKeys: true });
}
