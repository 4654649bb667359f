/**
 * The name server: where clients learn which brokers serve a topic, and where brokers tell it.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { FileSystem } from "../../store/file.ts";
import type { SocketAddress } from "../rpc/address.ts";
import type { Connection } from "../rpc/connection.ts";
import { type ConnectionLimits, DEFAULT_LIMITS, type Log } from "../rpc/limits.ts";
import { type Route, type Routes, routesOf } from "../rpc/routes.ts";
import type { SettingValues } from "../rpc/live_settings.ts";
import type { MetricsDoor } from "../rpc/metrics_door.ts";
import { Server } from "../rpc/server.ts";
import type { RequestName } from "../wire/codes.ts";
import { KvConfig } from "./kv_config.ts";
import { kvFamily } from "./kv_family.ts";
import { NamesrvCounts, openNamesrvMetrics } from "./namesrv_metrics.ts";
import { registrationFamily } from "./registration_family.ts";
import { routeFamily } from "./route_family.ts";
import { RouteTable } from "./route_table.ts";
import { liveNameServerSettings, settingsFamily } from "./settings_family.ts";

/** Settings of a name server. */
export interface NameServerOptions extends SocketAddress {
  /** File of the values under namespace and key; without it they are lost at the end. */
  readonly kvConfigPath?: string | undefined;
  /** Where that file is; the machine's own files unless said. */
  readonly fs?: FileSystem | undefined;
  /** Whether routes carry the queues of ordered topics. */
  readonly orderMessageEnable?: boolean | undefined;
  /** Whether requests may change settings (`HOT_NAMESRV_SETTINGS`). */
  readonly updateNamesrvConfigEnable?: boolean | undefined;
  /** Keeps settings that a request changes for the next start; where it throws none is changed. */
  readonly saveSettings?: ((changes: SettingValues) => void) | undefined;
  /** Time between two looks for brokers that stopped registering. */
  readonly scanIntervalMs?: number | undefined;
  /** Limits of connections that differ from the default. */
  readonly limits?: Partial<ConnectionLimits> | undefined;
  /** How long answers under way may take to leave at the end. */
  readonly stopTimeoutMs?: number | undefined;
  /** Where metrics and health are served over HTTP; without it they are not. */
  readonly metrics?: SocketAddress | undefined;
  /** Takes what an operator should know. */
  readonly log?: Log | undefined;
  /** What stands in for each route, such as one that refuses; default: all are served. */
  readonly guard?: ((route: Route) => Route) | undefined;
  /** Clock of the brokers' liveness, in ms. */
  readonly now?: (() => number) | undefined;
}

/** Port of a name server. */
export const NAMESRV_PORT = 9876;

const SCAN_INTERVAL_MS = 10_000;

/** Where a name server is reached. */
interface Doors {
  readonly server: Server;
  readonly routes: Routes;
  readonly metricsDoor: MetricsDoor | undefined;
}

/** What a name server knows. */
interface Known {
  readonly table: RouteTable;
  readonly counts: NamesrvCounts;
}

/**
 * A name server that listens. A program that hosts a broker beside it gives the broker
 * {@linkcode NameServer.peer}.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { RpcClient } from "../rpc/client.ts";
 * import { NameServer } from "./namesrv.ts";
 *
 * await using nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
 * await using client = new RpcClient();
 * const asked = { name: "GET_ROUTEINFO_BY_TOPIC", extFields: { topic: "T" } } as const;
 * const answer = await client.invoke(nameServer.peer, asked, { timeoutMs: 3000 });
 * assert.equal(answer.code, 17);
 * ```
 */
export class NameServer implements AsyncDisposable {
  /** Where the name server listens. */
  readonly address: SocketAddress;
  /** {@linkcode address} as `host:port`, as brokers and clients are configured with it. */
  readonly peer: string;
  /** Names of the requests it serves. */
  readonly served: readonly RequestName[];
  /** Where metrics are served; `undefined` where they are not. */
  readonly metrics: SocketAddress | undefined;
  readonly #server: Server;
  readonly #metricsDoor: MetricsDoor | undefined;
  readonly #table: RouteTable;
  readonly #stopped = new AbortController();
  readonly #scanning: Promise<void>;

  private constructor(
    { server, routes, metricsDoor }: Doors,
    { table, counts }: Known,
    options: NameServerOptions,
  ) {
    this.address = server.address;
    this.peer = server.peer;
    this.served = [...routes.values()].map(({ name }) => name);
    this.metrics = metricsDoor?.address;
    this.#server = server;
    this.#metricsDoor = metricsDoor;
    this.#table = table;
    this.#scanning = scanLoop({ table, counts }, {
      intervalMs: options.scanIntervalMs ?? SCAN_INTERVAL_MS,
      log: options.log ?? (() => {}),
      signal: this.#stopped.signal,
    });
  }

  /**
   * Loads the KV file, if there is one, and listens.
   *
   * @throws {Error} if the file is not a KV config, or the address cannot be listened on.
   */
  static async listen(options: NameServerOptions): Promise<NameServer> {
    const { log = () => {}, now = () => performance.now() } = options;
    const kv = KvConfig.open({ path: options.kvConfigPath, fs: options.fs, log });
    const table = new RouteTable({ now });
    const initial = settingsOf(options);
    const settings = liveNameServerSettings(initial, { save: options.saveSettings, log, now });
    const all = routesOf([
      registrationFamily({ table, kv, log }),
      routeFamily({ table, kv, settings: settings.current }),
      kvFamily({ kv }),
      settingsFamily({ settings, listenPort: () => server.address.port }),
    ]);
    const { guard = (route) => route } = options;
    const counts = new NamesrvCounts();
    const routes = new Map(
      Array.from(all, ([code, route]) => [code, counts.counted(guard(route))]),
    );
    await using doors = new AsyncDisposableStack();
    const { limits, stopTimeoutMs } = options;
    const onClose = (connection: Connection) => {
      for (const { brokerName, brokerId, brokerAddr } of table.connectionClosed(connection)) {
        counts.lost("closed");
        log(`Broker ${brokerName}:${brokerId} at ${brokerAddr} left: its connection closed`);
      }
    };
    const server = doors.use(
      await Server.listen(options, { routes, limits, stopTimeoutMs, log, onClose }),
    );
    const connections = () => server.connections.size;
    const metricsDoor = options.metrics &&
      await openNamesrvMetrics(options.metrics, { table, counts, connections });
    doors.move();
    return new NameServer({ server, routes, metricsDoor }, { table, counts }, options);
  }

  /** Brokers and topics that are known now. */
  get table(): Pick<RouteTable, "clusters" | "groups" | "route" | "topicNames"> {
    return this.#table;
  }

  /** Resolves when the name server has stopped. */
  get finished(): Promise<void> {
    return this.#server.finished;
  }

  /** Stops; a second call waits for the first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#metricsDoor?.[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
    await this.#scanning;
  }
}

/** Removes brokers that stopped registering, and closes the connections they came on. */
async function scanLoop(
  { table, counts }: Known,
  { intervalMs, log, signal }: { intervalMs: number; log: Log; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    // Aborting ends the sleep early, which is all it is for.
    await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => {});
    for (const { broker, connection } of table.expire()) {
      counts.lost("expired");
      log(`Broker ${broker.brokerName}:${broker.brokerId} at ${broker.brokerAddr} expired`);
      connection.close();
    }
  }
}

function settingsOf(options: NameServerOptions) {
  const idleTimeoutMs = options.limits?.idleTimeoutMs ?? DEFAULT_LIMITS.idleTimeoutMs;
  return {
    bindAddress: options.hostname,
    kvConfigPath: options.kvConfigPath ?? "",
    listenPort: options.port,
    orderMessageEnable: options.orderMessageEnable ?? false,
    scanNotActiveBrokerInterval: options.scanIntervalMs ?? SCAN_INTERVAL_MS,
    serverChannelMaxIdleTimeSeconds: idleTimeoutMs / 1000,
    updateNamesrvConfigEnable: options.updateNamesrvConfigEnable ?? false,
  };
}
