/**
 * `mq start`: a name server and a broker in one process, what a newcomer runs first.
 *
 * @module
 */
import { Broker } from "../../net/broker/broker.ts";
import { type BrokerConfig, defaultBrokerConfig } from "../../net/broker/broker_config.ts";
import { hostDefaults } from "../../net/broker/host_defaults.ts";
import { NameServer, NAMESRV_PORT } from "../../net/namesrv/namesrv.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import type { OutputOptions } from "../output/format_option.ts";
import { checkBrokerSetting } from "./broker_start.ts";
import { applyGiven } from "./given_settings.ts";
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
  /** Settings of the broker, `key=value`. */
  readonly set?: readonly string[] | undefined;
}

const HOST_DEFAULT = "127.0.0.1";

const BROKER_PORT_DEFAULT = 10911;

/** Settings that are said otherwise. */
const ELSEWHERE: Readonly<Partial<Record<string, string>>> = {
  bindAddress: "mq start has --host for it",
  listenPort: "mq start has --port for it",
  storePathRootDir: "mq start has --store for it",
  namesrvAddr: "mq start has a name server of its own",
};

/** Runs both servers until the process is asked to stop. */
export async function start(terminal: Terminal, options: StartOptions): Promise<number> {
  const signal = terminal.stopSignal();
  const log = serverLog(terminal, options.log);
  const hostname = options.host ?? HOST_DEFAULT;
  const path = options.store ?? (terminal.env("MQ_STORE") || DEFAULT_STORE);
  const { config, remarks } = givenConfig(options.set);
  for (const remark of remarks) log(remark);
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
      ...config,
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

/** What `-X` says of the broker. */
function givenConfig(pairs: readonly string[] | undefined) {
  const defaults = defaultBrokerConfig(hostDefaults());
  const { settings, origins, remarks } = applyGiven(defaults, pairs, {
    program: "broker",
    check: checkBrokerSetting,
  });
  for (const key of origins.keys()) {
    const where = ELSEWHERE[key];
    if (where !== undefined) throw usageFailure(`-X ${key}: ${where}`);
  }
  const given = Object.entries(settings).filter(([key]) => origins.has(key));
  return { config: Object.fromEntries(given) as Partial<BrokerConfig>, remarks };
}

/** Address to put into records and routes: every interface is none that others could call. */
function reachable(hostname: string): string {
  if (hostname === "0.0.0.0" || hostname === "::") return hostDefaults().address;
  return hostname === "localhost" ? HOST_DEFAULT : hostname;
}
