/**
 * `mq namesrv start`: a name server by itself, with the settings of a `namesrv.conf`.
 *
 * @module
 */
import { isLoopback } from "../../net/broker/broker_config.ts";
import { NameServer, NAMESRV_PORT } from "../../net/namesrv/namesrv.ts";
import type { FileSystem } from "../../store/file.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import type { OutputOptions } from "../output/format_option.ts";
import { HOT_NAMESRV_SETTINGS } from "../../net/namesrv/settings_family.ts";
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
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly log?: LogFormat | undefined;
  /** Whether settings are printed and nothing is started. */
  readonly printConfig?: boolean | undefined;
}

/** Settings of Java's name server that are honoured; Java's defaults, but for the address. */
const DEFAULTS = {
  bindAddress: "127.0.0.1",
  listenPort: NAMESRV_PORT,
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
  scanNotActiveBrokerInterval: [1, INT_MAX],
  serverChannelMaxIdleTimeSeconds: [1, Math.floor(INT_MAX / 1000)],
} as const;

function checkSetting(setting: Partial<typeof DEFAULTS>): void {
  const settings = { ...DEFAULTS, ...setting };
  for (const [key, [min, max]] of Object.entries(RANGES)) {
    const value = settings[key as keyof typeof RANGES];
    if (value >= min && value <= max) continue;
    throw new RangeError(
      `Cannot start name server: ${key} is ${value}, expected an integer from ${min} to ${max}`,
    );
  }
  if (settings.bindAddress === "") {
    throw new RangeError("Cannot start name server: bindAddress is empty");
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
  const { settings: read, origins: inFile, remarks } = applySettings(DEFAULTS, properties, file);
  const named = {
    ...(options.host !== undefined && { bindAddress: options.host }),
    ...(options.port !== undefined && { listenPort: options.port }),
  };
  const settings = { ...read, ...named };
  if (options.printConfig === true) {
    for (const remark of remarks) note(terminal, remark);
    const origins = new Map(inFile);
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
    log,
  });
  sayReady(terminal, options, {
    facts: { namesrv: nameServer.peer },
    labels: { namesrv: "name server" },
    promises: promisesOf(settings),
    next: `mq broker start -n ${nameServer.peer}`,
  });
  await stopped(signal);
  return EXIT.ok;
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
