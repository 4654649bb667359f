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
import { readProperties } from "./properties_file.ts";
import { flushPromise, noteRecovery, sayReady, serverLog, stopped } from "./server_run.ts";
import { applySettings, noteRemarks, printSettings } from "./settings.ts";
import { storeFolder } from "../reading/store_path.ts";
import type { Terminal } from "../terminal.ts";

/** What `mq broker start` may be told. */
export interface BrokerStartOptions extends OutputOptions {
  readonly configFile?: string | undefined;
  /** Name servers, `host:port;host:port`. */
  readonly namesrv?: string | undefined;
  /** Whether settings are printed and nothing is started. */
  readonly printConfig?: boolean | undefined;
}

/** Runs a broker until the process is asked to stop. */
export async function startBroker(
  terminal: Terminal,
  options: BrokerStartOptions,
): Promise<number> {
  const config = brokerSettings(terminal, options);
  if (options.printConfig === true) {
    printSettings(terminal, config);
    return EXIT.ok;
  }
  storeFolder(terminal.files, config.storePathRootDir);
  const signal = terminal.stopSignal();
  await using broker = await Broker.start({ config, log: serverLog(terminal), signal });
  noteRecovery(terminal, broker.store.recovery);
  const { namesrvAddr, storePathRootDir: store } = broker.config;
  const isKnown = namesrvAddr !== "";
  sayReady(terminal, options, {
    facts: { ...(isKnown && { namesrv: namesrvAddr }), broker: broker.peer, store },
    labels: { namesrv: "registers at", broker: "broker", store: "store" },
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
function checkSetting(given: Partial<BrokerConfig>): void {
  const config = completeBrokerConfig(given, hostDefaults());
  checkAddresses(config.namesrvAddr);
  parseDelayLevels(config.messageDelayLevel);
  for (const key of ["storePathRootDir", "bindAddress"] as const) {
    if (config[key] === "") throw new RangeError(`Cannot start broker: ${key} is empty`);
  }
}

/** Name servers from the environment, which must be some. */
function namesrvFromEnvironment(terminal: Terminal): string {
  for (const name of ["MQ_NAMESRV", "NAMESRV_ADDR"]) {
    const text = terminal.env(name);
    if (text === undefined || text === "") continue;
    try {
      checkAddresses(text);
      return text;
    } catch (error) {
      throw usageFailure(`${name}: ${(error as Error).message}`);
    }
  }
  return "";
}

/** Defaults, overlaid by the environment, by the file, by the command line. */
function brokerSettings(terminal: Terminal, options: BrokerStartOptions): BrokerConfig {
  const { configFile: path } = options;
  const namesrvAddr = namesrvFromEnvironment(terminal);
  const host = hostDefaults();
  const defaults = { ...defaultBrokerConfig(host), namesrvAddr };
  const properties = path === undefined ? [] : readProperties(terminal.files, path);
  const file = { path: path ?? "", program: "broker", check: checkSetting } as const;
  const { settings, remarks } = applySettings(defaults, properties, file);
  noteRemarks(terminal, remarks);
  const named = options.namesrv === undefined ? {} : { namesrvAddr: options.namesrv };
  return completeBrokerConfig({ ...settings, ...named }, host);
}
