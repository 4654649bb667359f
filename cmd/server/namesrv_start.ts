/**
 * `mq namesrv start`: a name server by itself, with the settings of a `namesrv.conf`.
 *
 * @module
 */
import { isLoopback } from "../../net/broker/broker_config.ts";
import { NameServer, NAMESRV_PORT } from "../../net/namesrv/namesrv.ts";
import type { SocketAddress } from "../../net/rpc/address.ts";
import type { FileSystem } from "../../store/file.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import type { OutputOptions } from "../output/format_option.ts";
import { HOT_NAMESRV_SETTINGS } from "../../net/namesrv/settings_family.ts";
import { applyGiven } from "./given_settings.ts";
import { metricsFact, metricsSettings } from "./metrics_option.ts";
import { readProperties } from "./properties_file.ts";
import { type LogFormat, serverLog } from "./server_log.ts";
import { sayReady, stopped } from "./server_run.ts";
import { applySettings, ORIGIN, printSettings } from "./settings.ts";
import { settingsSaver } from "./settings_file.ts";
import { fileAbove } from "../reading/store_path.ts";
import { note, type Terminal } from "../terminal.ts";

/** What `mq namesrv start` may be told. */
export interface NamesrvStartOptions extends OutputOptions {
  readonly configFile?: string | undefined;
  /** Settings over those of the file, `key=value`. */
  readonly set?: readonly string[] | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Port to serve metrics on. */
  readonly metricsPort?: number | undefined;
  readonly log?: LogFormat | undefined;
  /** Whether settings are printed and nothing is started. */
  readonly printConfig?: boolean | undefined;
}

/**
 * Settings of Java's name server that are honoured; Java's defaults, but for the address. Those of
 * metrics are named as a broker's: Java's name server has no metrics.
 */
const DEFAULTS = {
  bindAddress: "127.0.0.1",
  listenPort: NAMESRV_PORT,
  /** `"PROM"` serves metrics over HTTP, `"DISABLE"` does not. */
  metricsExporterType: "DISABLE",
  metricsPromExporterHost: "127.0.0.1",
  metricsPromExporterPort: 5557,
  /** File of the values under namespace and key; empty for values that end with the process. */
  kvConfigPath: "",
  orderMessageEnable: false,
  scanNotActiveBrokerInterval: 5000,
  serverChannelMaxIdleTimeSeconds: 120,
  /** Let requests change the settings of `HOT_NAMESRV_SETTINGS`. */
  updateNamesrvConfigEnable: false,
};

const INT_MAX = 2 ** 31 - 1;

/** What numbers may be where others would stop the name server from working. */
const RANGES = {
  listenPort: [0, 65_535],
  metricsPromExporterPort: [0, 65_535],
  scanNotActiveBrokerInterval: [1, INT_MAX],
  serverChannelMaxIdleTimeSeconds: [1, Math.floor(INT_MAX / 1000)],
} as const;

const EXPORTER_TYPES: readonly string[] = ["DISABLE", "PROM"];

function checkSetting(setting: Partial<typeof DEFAULTS>): void {
  const settings = { ...DEFAULTS, ...setting };
  for (const [key, [min, max]] of Object.entries(RANGES)) {
    const value = settings[key as keyof typeof RANGES];
    if (value >= min && value <= max) continue;
    throw new RangeError(
      `Cannot start name server: ${key} is ${value}, expected an integer from ${min} to ${max}`,
    );
  }
  for (const key of ["bindAddress", "metricsPromExporterHost"] as const) {
    if (settings[key] === "") throw new RangeError(`Cannot start name server: ${key} is empty`);
  }
  const { metricsExporterType: exporter } = settings;
  if (!EXPORTER_TYPES.includes(exporter)) {
    throw new RangeError(
      `Cannot start name server: metricsExporterType is "${exporter}", ` +
        `expected ${EXPORTER_TYPES.join(" or ")}`,
    );
  }
}

/** Throws where no file can be, before somebody's first value is lost there. */
function checkKvConfigPath(files: FileSystem, path: string): void {
  if (files.stat(path)?.isDirectory === true) {
    throw new Failure(`Cannot keep values in "${path}" (kvConfigPath): it is a directory`);
  }
  const file = fileAbove(files, path);
  if (file === undefined) return;
  throw new Failure(`Cannot keep values in "${path}" (kvConfigPath): "${file}" is a file`);
}

/** Runs a name server until the process is asked to stop. */
export async function startNamesrv(
  terminal: Terminal,
  options: NamesrvStartOptions,
): Promise<number> {
  const { configFile: path } = options;
  const properties = path === undefined ? [] : readProperties(terminal.files, path);
  const file = { path: path ?? "", program: "namesrv", check: checkSetting } as const;
  const read = applySettings(DEFAULTS, properties, file);
  const given = applyGiven(read.settings, options.set, file);
  const remarks = [...read.remarks, ...given.remarks];
  const named = {
    ...(options.host !== undefined && { bindAddress: options.host }),
    ...(options.port !== undefined && { listenPort: options.port }),
    ...metricsSettings(options.metricsPort),
  };
  const settings = { ...given.settings, ...named };
  if (options.printConfig === true) {
    for (const remark of remarks) note(terminal, remark);
    const origins = new Map([...read.origins, ...given.origins]);
    for (const key of Object.keys(named)) origins.set(key, ORIGIN.commandLine);
    printSettings(terminal, options, { settings, origins, hot: HOT_NAMESRV_SETTINGS });
    return EXIT.ok;
  }
  const log = serverLog(terminal, options.log);
  for (const remark of remarks) log(remark);
  if (settings.kvConfigPath !== "") checkKvConfigPath(terminal.files, settings.kvConfigPath);
  const signal = terminal.stopSignal();
  await using nameServer = await NameServer.listen({
    hostname: settings.bindAddress,
    port: settings.listenPort,
    kvConfigPath: settings.kvConfigPath === "" ? undefined : settings.kvConfigPath,
    orderMessageEnable: settings.orderMessageEnable,
    scanIntervalMs: settings.scanNotActiveBrokerInterval,
    limits: { idleTimeoutMs: settings.serverChannelMaxIdleTimeSeconds * 1000 },
    updateNamesrvConfigEnable: settings.updateNamesrvConfigEnable,
    saveSettings: settingsSaver(terminal.files, path),
    metrics: metricsAddress(settings),
    log,
  });
  sayReady(terminal, options, {
    facts: { namesrv: nameServer.peer, ...metricsFact(nameServer) },
    labels: { namesrv: "name server", metrics: "metrics" },
    promises: promisesOf(settings),
    next: `mq broker start -n ${nameServer.peer}`,
  });
  await stopped(signal);
  return EXIT.ok;
}

function metricsAddress(settings: typeof DEFAULTS): SocketAddress | undefined {
  if (settings.metricsExporterType === "DISABLE") return undefined;
  return { hostname: settings.metricsPromExporterHost, port: settings.metricsPromExporterPort };
}

function promisesOf(settings: typeof DEFAULTS): string[] {
  const promises = [];
  if (isLoopback(settings.bindAddress)) {
    promises.push("Only this machine reaches it: --host 0.0.0.0 lets others.");
  }
  if (settings.kvConfigPath === "") {
    promises.push("Values under namespace and key are kept in memory: kvConfigPath is not set.");
  }
  return [...promises, ""];
}
