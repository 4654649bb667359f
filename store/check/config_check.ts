/**
 * Checks that the configuration files under `config/` can be read, as JSON and as what they are, and
 * compares each with its `.bak`, which stands in for it. The offsets in them are compared with the
 * queues in `offset_check.ts`.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { backupPath, type ConfigRead, streamConfigFile, streamFile } from "../config_file.ts";
import { configLoss } from "../config_loss.ts";
import { checkConfigText } from "../config_text.ts";
import type { FastJsonReader } from "../fast_json_reader.ts";
import type { FileSystem } from "../file.ts";
import { NAME } from "../names.ts";
import { isBrokersOwn } from "../topic_kinds.ts";
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

const BACKUP = backupPath("");
const VERSION = "dataVersion";

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
    const { read, isMissing } = lookAt(fs, path);
    if (read.state === "damaged") {
      found.push({ path, reason: read.flaws.join("; "), hasBackup: false, isMissing });
    } else if (read.state === "ok" && read.path === backupPath(path)) {
      const reason = read.flaw ?? (isMissing ? "missing" : "empty");
      found.push({ path, reason, hasBackup: true, isMissing });
    }
  }
  return found;
}

/** What one look at a configuration file tells. */
interface Look {
  readonly read: ConfigRead<void>;
  readonly isMissing: boolean;
}

/** How young a file is that a broker may be at work on. */
const FRESH_MS = 2000;
const LOOKS = 10;
const PAUSE_MS = 10;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/** A broker at work takes a moment to replace a file: what seems lost just now is looked at again. */
function lookAt(fs: FileSystem, path: string): Look {
  for (let count = 1;; count++) {
    const read = streamConfigFile(fs, path, checkConfigText);
    const isMissing = fs.stat(path) === undefined;
    const isWhole = read.state === "ok" && read.path === path;
    if (isWhole || count === LOOKS || !isFresh(fs, path)) return { read, isMissing };
    Atomics.wait(PAUSE, 0, 0, PAUSE_MS);
  }
}

/** Java's 5.5 renames the file to its backup, whose time stays the old one: the folder's tells. */
function isFresh(fs: FileSystem, path: string): boolean {
  const now = Date.now();
  return [path, backupPath(path), dirname(path)].some((it) => {
    return Math.abs(now - (fs.stat(it)?.mtimeMs ?? 0)) < FRESH_MS;
  });
}

/** What checking configuration files needs. */
export interface ConfigCheckInput {
  readonly sink: FindingSink;
  readonly tally: Tally;
}

/** Checks all configuration files. */
export function checkConfigs(
  { fs, paths, queues }: StoreState,
  { sink, tally }: ConfigCheckInput,
): void {
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
      ...(hasBackup ? { severity: "warning" } : { fix: fixWithoutBackup(queues, path) }),
    }));
  }
  const skipped = new Set(unreadable.map((it) => it.path));
  for (const name of configNames(fs, paths.config)) {
    const path = join(paths.config, name);
    if (!skipped.has(path)) checkBackup(fs, path, sink);
  }
}

/** What can be done where no file is left to read: a recovery sets it aside, or makes it anew. */
function fixWithoutBackup({ queues }: StoreState["queues"], path: string): string {
  const bring = "bring it back from a backup or another broker of the cluster; else mq recover ";
  if (basename(path) === NAME.topics && queues.some(({ topic }) => !isBrokersOwn(topic))) {
    return `${bring}--apply enters the topics as their queues tell`;
  }
  const { isSafe, cost } = configLoss(basename(path));
  return `${bring}--apply${isSafe ? "" : " --allow-data-loss"} sets it aside: ${cost}`;
}

/** Compares a file that can be read with its backup. */
function checkBackup(fs: FileSystem, path: string, sink: FindingSink): void {
  const file = backupPath(path);
  const backup = streamFile(fs, file, versionIn);
  if (backup === undefined) return;
  const place = { file, length: fs.stat(file)?.size ?? 0 };
  if ("flaw" in backup) {
    return sink(finding("config-backup-unreadable", place, { message: backup.flaw }));
  }
  const read = streamConfigFile(fs, path, versionIn);
  const version = read.state === "ok" ? read.value : undefined;
  const older = backup.value;
  if (version === undefined || older === undefined) return;
  if (older.counter <= version.counter || older.timestamp < version.timestamp) return;
  const message = `its version is ${older.counter} of ${older.timestamp}, that of the file ` +
    `${version.counter} of ${version.timestamp}`;
  sink(finding("config-backup-newer", place, { message }));
}

/** The member `dataVersion`; the offset files of 4.x have none. */
function versionIn(json: FastJsonReader): { counter: number; timestamp: number } | undefined {
  let version: unknown;
  json.whole(() => {
    if (!json.isObject()) return json.skip();
    json.members((name) => {
      if (name === VERSION) version = json.value();
      else json.skip();
    });
  });
  const { counter, timestamp } = (version ?? {}) as Record<string, unknown>;
  if (typeof counter !== "number" || typeof timestamp !== "number") return undefined;
  return { counter, timestamp };
}
