/**
 * What is done about configuration files that neither can be read nor have a `.bak` that can: topics
 * are entered as the queues tell, every other file is set aside, since no broker starts with it.
 *
 * A file set aside is kept whole in `quarantine/`. Where a broker that starts without it makes
 * consumers miss messages or get them again, that is done only when it is allowed: a replica or a
 * backup may still have the file.
 *
 * @module
 */
import { basename, join } from "node:path";
import { unreadableConfigs } from "../check/config_check.ts";
import { backupPath, readConfigFile } from "../config_file.ts";
import { configLoss } from "../config_loss.ts";
import { TOPICS } from "../config_tables.ts";
import { type FileSystem, replaceWholeFile } from "../file.ts";
import { NAME, type StorePaths } from "../names.ts";
import { keepAside } from "../quarantine.ts";
import { listQueues } from "../queue_reader.ts";
import { isBrokersOwn, lacksTopics, RETRY_PREFIX } from "../topic_kinds.ts";
import { type RepairAction, repairAction } from "./action.ts";
import { topicsOfQueues } from "./topics_restore.ts";

/** What was done, and what was not because it is not safe. */
export interface ConfigsSettled {
  readonly done: readonly RepairAction[];
  readonly left: readonly RepairAction[];
}

/** Settles them, once the queues are what they should be and readable backups are in their places. */
export function settleConfigs(
  fs: FileSystem,
  paths: StorePaths,
  { allowDataLoss }: { readonly allowDataLoss: boolean },
): ConfigsSettled {
  const entered = enterTopics(fs, paths);
  const done = entered === undefined ? [] : [entered];
  const left: RepairAction[] = [];
  for (const { path, reason, hasBackup } of unreadableConfigs(fs, paths.config)) {
    if (hasBackup) continue;
    const { isSafe, cost } = configLoss(basename(path));
    const isDone = isSafe || allowDataLoss;
    const action = repairAction({
      action: "set-config-aside",
      file: path,
      to: sizeOf(fs, path),
      reason: `${reason}; without it ${withGroups(fs, paths, path)}${cost}`,
      safe: isSafe,
      bytesLost: sizeOf(fs, path) + sizeOf(fs, backupPath(path)),
    });
    if (isDone) setAside(fs, paths, path);
    (isDone ? done : left).push(action);
  }
  return { done, left };
}

/** Enters the topics that have queues where no file names any. */
function enterTopics(fs: FileSystem, paths: StorePaths): RepairAction | undefined {
  const path = join(paths.config, TOPICS.fileName);
  const read = readConfigFile(fs, path, TOPICS.decode);
  const isLost = read.state === "damaged" || lacksTopics(fs, paths);
  const bytes = isLost ? topicsOfQueues(fs, paths) : undefined;
  if (bytes === undefined) return undefined;
  const to = sizeOf(fs, path);
  if (fs.stat(paths.config) === undefined) {
    fs.makeDirectory(paths.config);
    fs.syncDirectory(paths.root);
  }
  // A .bak that nobody can read would be of no use at the next crash either.
  for (const target of [path, backupPath(path)]) {
    keep(fs, paths, target);
    replaceWholeFile(fs, target, { bytes, directory: paths.config });
  }
  const why = read.state === "damaged" ? read.flaws.join("; ") : "missing, and so is its .bak";
  const reason = `${why}; topics are entered as their queues tell`;
  return repairAction({ action: "restore-config", file: path, to, reason, bytesLost: to });
}

function setAside(fs: FileSystem, paths: StorePaths, path: string): void {
  for (const target of [path, backupPath(path)]) {
    keep(fs, paths, target);
    if (fs.stat(target) !== undefined) fs.remove(target);
  }
  fs.syncDirectory(paths.config);
}

function keep(fs: FileSystem, { root }: StorePaths, path: string): void {
  const to = sizeOf(fs, path);
  if (to > 0) {
    keepAside(fs, root, { name: `config-${basename(path)}`, range: { path, from: 0, to } });
  }
}

function sizeOf(fs: FileSystem, path: string): number {
  return fs.stat(path)?.size ?? 0;
}

/** How many groups lose their place, where that is known: those that have a queue for retries. */
function withGroups(fs: FileSystem, paths: StorePaths, path: string): string {
  if (basename(path) !== NAME.consumerOffsets) return "";
  const topics = new Set(listQueues(fs, paths).queues.map((it) => it.topic));
  const read = readConfigFile(fs, join(paths.config, TOPICS.fileName), TOPICS.decode);
  if (read.state === "ok") { for (const topic of read.value.entries.keys()) topics.add(topic); }
  const groups = [...topics].filter((it) => it.startsWith(RETRY_PREFIX) && !isBrokersOwn(it));
  return groups.length === 0 ? "" : `the offsets of ${groups.length} groups are unknown: `;
}
