/**
 * `mq start`: a name server and a broker in one process, what a newcomer runs first.
 *
 * @module
 */
import { Broker } from "../../net/broker/broker.ts";
import { hostDefaults } from "../../net/broker/host_defaults.ts";
import { NameServer, NAMESRV_PORT } from "../../net/namesrv/namesrv.ts";
import { EXIT } from "../exit_code.ts";
import type { OutputOptions } from "../output/format_option.ts";
import { metricsFact, metricsSettings } from "./metrics_option.ts";
import { type LogFormat, serverLog } from "./server_log.ts";
import { flushPromise, noteRecovery, sayReady, stopped } from "./server_run.ts";
import { DEFAULT_STORE, storeFolder } from "../reading/store_path.ts";
import type { Terminal } from "../terminal.ts";

/** What `mq start` may be told. */
export interface StartOptions extends OutputOptions {
  readonly store?: string | undefined;
  readonly port?: number | undefined;
  readonly namesrvPort?: number | undefined;
  readonly host?: string | undefined;
  /** Port to serve metrics on. */
  readonly metricsPort?: number | undefined;
  readonly log?: LogFormat | undefined;
}

const HOST_DEFAULT = "127.0.0.1";

const BROKER_PORT_DEFAULT = 10911;

/** Runs both servers until the process is asked to stop. */
export async function start(terminal: Terminal, options: StartOptions): Promise<number> {
  const signal = terminal.stopSignal();
  const log = serverLog(terminal, options.log);
  const hostname = options.host ?? HOST_DEFAULT;
  const path = options.store ?? (terminal.env("MQ_STORE") || DEFAULT_STORE);
  const store = storeFolder(terminal.files, path);
  await using nameServer = await NameServer.listen({
    hostname,
    port: options.namesrvPort ?? NAMESRV_PORT,
    log,
  });
  await using broker = await Broker.start({
    config: {
      bindAddress: hostname,
      brokerIP1: reachable(hostname),
      listenPort: options.port ?? BROKER_PORT_DEFAULT,
      namesrvAddr: nameServer.peer,
      storePathRootDir: store,
      ...metricsSettings(options.metricsPort),
    },
    log,
    signal,
  });
  noteRecovery(log, broker.store.recovery);
  sayReady(terminal, options, {
    facts: { namesrv: nameServer.peer, broker: broker.peer, store, ...metricsFact(broker) },
    labels: { namesrv: "name server", broker: "broker", store: "store", metrics: "metrics" },
    promises: [flushPromise(broker.config), ""],
    next: `mq message send Orders --body hello -n ${nameServer.peer}`,
  });
  await stopped(signal);
  return EXIT.ok;
}

/** Address to put into records and routes: every interface is none that others could call. */
function reachable(hostname: string): string {
  if (hostname === "0.0.0.0" || hostname === "::") return hostDefaults().address;
  return hostname === "localhost" ? HOST_DEFAULT : hostname;
}
