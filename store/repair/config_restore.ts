/**
 * Puts the `.bak` of a configuration file in its place where the file itself cannot be read, as every
 * broker does when it loads, but for good. Topics that neither tells are entered as their queues do.
 *
 * @module
 */
import { basename, join } from "node:path";
import { unreadableConfigs } from "../check/config_check.ts";
import { backupPath } from "../config_file.ts";
import { TOPICS } from "../config_tables.ts";
import { type FileSystem, readWholeFile, replaceWholeFile } from "../file.ts";
import type { StorePaths } from "../names.ts";
import { keepAside } from "../quarantine.ts";
import { type RepairAction, repairAction } from "./action.ts";
import { topicsOfQueues } from "./topics_restore.ts";

/** Restores what can be restored; what was there is kept aside. */
export function restoreConfigs(fs: FileSystem, paths: StorePaths): RepairAction[] {
  const done: RepairAction[] = [];
  for (const { path, reason, hasBackup } of unreadableConfigs(fs, paths.config)) {
    const isTopics = path === join(paths.config, TOPICS.fileName);
    const made = !hasBackup && isTopics ? topicsOfQueues(fs, paths) : undefined;
    const bytes = hasBackup ? readWholeFile(fs, backupPath(path)) : made;
    if (bytes === undefined) continue;
    const to = fs.stat(path)?.size ?? 0;
    // A .bak that nobody can read would be of no use at the next crash either.
    for (const target of made === undefined ? [path] : [path, backupPath(path)]) {
      replaceConfig(fs, paths, { path: target, bytes });
    }
    done.push(repairAction({
      action: "restore-config",
      file: path,
      to,
      reason: made === undefined ? reason : `${reason}; topics are entered as their queues tell`,
      bytesLost: to,
    }));
  }
  return done;
}

/** Replaces a file; what was there is kept aside. */
function replaceConfig(
  fs: FileSystem,
  paths: StorePaths,
  { path, bytes }: { readonly path: string; readonly bytes: Uint8Array },
): void {
  const to = fs.stat(path)?.size ?? 0;
  if (to > 0) {
    const range = { path, from: 0, to };
    keepAside(fs, paths.root, { name: `config-${basename(path)}`, range });
  }
  replaceWholeFile(fs, path, { bytes, directory: paths.config });
}
