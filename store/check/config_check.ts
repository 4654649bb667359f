/**
 * Checks that the configuration files under `config/` can be read, as JSON and as what they are, and
 * compares each with its `.bak`, which stands in for it. The offsets in them are compared with the
 * queues in `offset_check.ts`.
 *
 * @module
 */
import { join } from "node:path";
import { backupPath, readConfigFile } from "../config_file.ts";
import {
  CONSUMER_OFFSETS,
  DELAY_OFFSETS,
  LMQ_CONSUMER_OFFSETS,
  SUBSCRIPTION_GROUPS,
  TOPICS,
} from "../config_tables.ts";
import { parseFastJson } from "../fast_json.ts";
import { type FileSystem, readWholeFile } from "../file.ts";
import { NAME } from "../names.ts";
import { finding, type FindingSink } from "./findings.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

/** A configuration file that cannot be read. */
export interface UnreadableConfig {
  readonly path: string;
  readonly reason: string;
  /** Whether its `.bak` can be read instead. */
  readonly hasBackup: boolean;
  /** Whether nothing but the `.bak` is there. */
  readonly isMissing: boolean;
}

/** JSON files whose names do not say so. */
const METRICS: ReadonlySet<string> = new Set([NAME.timerMetrics, "transactionMetrics"]);

/** Files whose members must be what they are for a broker to load them. */
const DECODERS = new Map(
  [TOPICS, SUBSCRIPTION_GROUPS, CONSUMER_OFFSETS, LMQ_CONSUMER_OFFSETS, DELAY_OFFSETS]
    .map(({ fileName, decode }) => [fileName as string, decode as (value: unknown) => unknown]),
);

const BACKUP = backupPath("");

/** Whether a name is that of a configuration file or of its backup. */
export function isConfigName(name: string): boolean {
  const main = name.endsWith(BACKUP) ? name.slice(0, -BACKUP.length) : name;
  return main.endsWith(".json") || METRICS.has(main);
}

/** Names of the configuration files of a folder; those of backups are left out. */
export function configNames(fs: FileSystem, directory: string): string[] {
  return filesOf(fs, directory).filter((name) => !name.endsWith(BACKUP));
}

function filesOf(fs: FileSystem, directory: string): string[] {
  return fs.list(directory).filter((name) => {
    return isConfigName(name) && fs.stat(join(directory, name))?.isDirectory === false;
  });
}

/**
 * Finds the configuration files that cannot be read, those of which only the `.bak` is left included.
 * An empty one counts, if it has a backup.
 */
export function unreadableConfigs(fs: FileSystem, directory: string): UnreadableConfig[] {
  const found: UnreadableConfig[] = [];
  const names = new Set(filesOf(fs, directory).map((name) => name.replace(/\.bak$/, "")));
  for (const name of [...names].sort()) {
    const path = join(directory, name);
    const read = readConfigFile(fs, path, DECODERS.get(name) ?? ((value) => value));
    const isMissing = fs.stat(path) === undefined;
    if (read.state === "damaged") {
      found.push({ path, reason: read.flaws.join("; "), hasBackup: false, isMissing });
    } else if (read.state === "ok" && read.path === backupPath(path)) {
      const reason = read.flaw ?? (isMissing ? "missing" : "empty");
      found.push({ path, reason, hasBackup: true, isMissing });
    }
  }
  return found;
}

/** What checking configuration files needs. */
export interface ConfigCheckInput {
  readonly sink: FindingSink;
  readonly tally: Tally;
}

/** Checks all configuration files. */
export function checkConfigs({ fs, paths }: StoreState, { sink, tally }: ConfigCheckInput): void {
  for (const name of filesOf(fs, paths.config)) {
    tally.check("config", fs.stat(join(paths.config, name))?.size ?? 0);
  }
  const unreadable = unreadableConfigs(fs, paths.config);
  for (const { path, reason, hasBackup, isMissing } of unreadable) {
    const length = fs.stat(path)?.size ?? 0;
    if (isMissing && hasBackup) {
      const message = "missing; its .bak can be read";
      sink(finding("config-missing", { file: path }, { message }));
      continue;
    }
    const message = hasBackup ? `${reason}; its .bak can be read` : reason;
    sink(finding("config-unreadable", { file: path, length }, {
      message,
      ...(hasBackup ? { severity: "warning" } : { fix: "bring it back from a backup" }),
    }));
  }
  const skipped = new Set(unreadable.map((it) => it.path));
  for (const name of configNames(fs, paths.config)) {
    const path = join(paths.config, name);
    if (!skipped.has(path)) checkBackup(fs, path, sink);
  }
}

/** Compares a file that can be read with its backup. */
function checkBackup(fs: FileSystem, path: string, sink: FindingSink): void {
  const file = backupPath(path);
  const bytes = readWholeFile(fs, file);
  if (bytes === undefined || bytes.length === 0) return;
  const place = { file, length: bytes.length };
  let backup: unknown;
  try {
    backup = parseFastJson(new TextDecoder().decode(bytes));
  } catch (error) {
    const { message } = error as Error;
    return sink(finding("config-backup-unreadable", place, { message }));
  }
  const read = readConfigFile(fs, path);
  const version = read.state === "ok" ? versionOf(read.value) : undefined;
  const older = versionOf(backup);
  if (version === undefined || older === undefined) return;
  if (older.counter <= version.counter || older.timestamp < version.timestamp) return;
  const message = `its version is ${older.counter} of ${older.timestamp}, that of the file ` +
    `${version.counter} of ${version.timestamp}`;
  sink(finding("config-backup-newer", place, { message }));
}

/** The member `dataVersion`; the offset files of 4.x have none. */
function versionOf(value: unknown): { counter: number; timestamp: number } | undefined {
  const version = (value as { dataVersion?: unknown } | null)?.dataVersion;
  const { counter, timestamp } = (version ?? {}) as Record<string, unknown>;
  if (typeof counter !== "number" || typeof timestamp !== "number") return undefined;
  return { counter, timestamp };
}
