/**
 * `mq broker start`: a broker by itself, with the settings of a `broker.conf`.
 *
 * @module
 */
import { Broker } from "../../net/broker/broker.ts";
import {
  type BrokerConfig,
  completeBrokerConfig,
  defaultBrokerConfig,
  isLoopback,
} from "../../net/broker/broker_config.ts";
import { parseDelayLevels } from "../../net/broker/delay_levels.ts";
import { hostDefaults } from "../../net/broker/host_defaults.ts";
import { checkAddresses } from "../option/address_option.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import type { OutputOptions } from "../output/format_option.ts";
import { HOT_SETTINGS } from "../../net/broker/hot_settings.ts";
import { applyGiven } from "./given_settings.ts";
import { metricsFact, metricsSettings } from "./metrics_option.ts";
import { readProperties } from "./properties_file.ts";
import { type LogFormat, serverLog } from "./server_log.ts";
import { flushPromise, noteRecovery, sayReady, stopped } from "./server_run.ts";
import { applySettings, ORIGIN, type PrintedSettings, printSettings } from "./settings.ts";
import { settingsSaver } from "./settings_file.ts";
import { storeFolder } from "../reading/store_path.ts";
import { note, type Terminal } from "../terminal.ts";

/** What `mq broker start` may be told. */
export interface BrokerStartOptions extends OutputOptions {
  readonly configFile?: string | undefined;
  /** Settings over those of the file, `key=value`. */
  readonly set?: readonly string[] | undefined;
  /** Name servers, `host:port;host:port`. */
  readonly namesrv?: string | undefined;
  /** Port to serve metrics on. */
  readonly metricsPort?: number | undefined;
  readonly log?: LogFormat | undefined;
  /** Whether settings are printed and nothing is started. */
  readonly printConfig?: boolean | undefined;
}

/** Runs a broker until the process is asked to stop. */
export async function startBroker(
  terminal: Terminal,
  options: BrokerStartOptions,
): Promise<number> {
  const { config, origins, remarks } = brokerSettings(terminal, options);
  if (options.printConfig === true) {
    for (const remark of remarks) note(terminal, remark);
    printSettings(terminal, options, { settings: config, origins, hot: HOT_SETTINGS });
    return EXIT.ok;
  }
  const log = serverLog(terminal, options.log);
  for (const remark of remarks) log(remark);
  storeFolder(terminal.files, config.storePathRootDir);
  const signal = terminal.stopSignal();
  const saveSettings = settingsSaver(terminal.files, options.configFile);
  await using broker = await Broker.start({ config, log, saveSettings, signal });
  noteRecovery(log, broker.store.recovery);
  const { namesrvAddr, storePathRootDir: store } = broker.config;
  const isKnown = namesrvAddr !== "";
  sayReady(terminal, options, {
    facts: {
      ...(isKnown && { namesrv: namesrvAddr }),
      broker: broker.peer,
      store,
      ...metricsFact(broker),
    },
    labels: {
      namesrv: "registers at",
      broker: "broker",
      store: "store",
      metrics: "metrics",
    },
    promises: [
      flushPromise(broker.config),
      ...(isKnown ? [] : ["No name server is set (-n), so clients will not find this broker."]),
      ...(isLoopback(broker.config.bindAddress) ? [LOCAL_ONLY] : []),
      "",
    ],
    next: `mq inspect topics ${store}`,
  });
  await stopped(signal);
  return EXIT.ok;
}

const LOCAL_ONLY = "Only this machine reaches it: bindAddress=0.0.0.0 in the file lets others.";

/**
 * What a setting must be beyond what the broker itself looks at, so that the line can be named and
 * nothing is written before.
 */
export function checkBrokerSetting(given: Partial<BrokerConfig>): void {
  const config = completeBrokerConfig(given, hostDefaults());
  checkAddresses(config.namesrvAddr);
  parseDelayLevels(config.messageDelayLevel);
  for (const key of ["storePathRootDir", "bindAddress"] as const) {
    if (config[key] === "") throw new RangeError(`Cannot start broker: ${key} is empty`);
  }
}

/** Name servers from the environment, which must be some, and the variable they stand in. */
function namesrvFromEnvironment(terminal: Terminal): { name: string; text: string } | undefined {
  for (const name of ["MQ_NAMESRV", "NAMESRV_ADDR"]) {
    const text = terminal.env(name);
    if (text === undefined || text === "") continue;
    try {
      checkAddresses(text);
      return { name, text };
    } catch (error) {
      throw usageFailure(`${name}: ${(error as Error).message}`);
    }
  }
  return undefined;
}

interface BrokerSettings extends Pick<PrintedSettings, "origins"> {
  readonly config: BrokerConfig;
  readonly remarks: readonly string[];
}

/** Defaults, overlaid by the environment, by the file, by `-X`, by options with a name. */
function brokerSettings(terminal: Terminal, options: BrokerStartOptions): BrokerSettings {
  const { configFile: path } = options;
  const found = namesrvFromEnvironment(terminal);
  const host = hostDefaults();
  const defaults = { ...defaultBrokerConfig(host), namesrvAddr: found?.text ?? "" };
  const properties = path === undefined ? [] : readProperties(terminal.files, path);
  const file = { path: path ?? "", program: "broker", check: checkBrokerSetting } as const;
  const read = applySettings(defaults, properties, file);
  const given = applyGiven(read.settings, options.set, file);
  const named = {
    ...(options.namesrv !== undefined && { namesrvAddr: options.namesrv }),
    ...metricsSettings(options.metricsPort),
  };
  const origins = new Map(found === undefined ? [] : [["namesrvAddr", found.name]]);
  for (const [key, origin] of [...read.origins, ...given.origins]) origins.set(key, origin);
  for (const key of Object.keys(named)) origins.set(key, ORIGIN.commandLine);
  const config = completeBrokerConfig({ ...given.settings, ...named }, host);
  return { config, origins, remarks: [...read.remarks, ...given.remarks] };
}
