/**
 * Puts the `.bak` of a configuration file in its place where the file itself cannot be read, as every
 * broker does when it loads, but for good. Where neither can be read see `config_aside.ts`.
 *
 * @module
 */
import { basename } from "node:path";
import { unreadableConfigs } from "../check/config_check.ts";
import { backupPath } from "../config_file.ts";
import { type FileSystem, readWholeFile, replaceWholeFile } from "../file.ts";
import type { StorePaths } from "../names.ts";
import { keepAside } from "../quarantine.ts";
import { type RepairAction, repairAction } from "./action.ts";

/** Restores what can be restored; what was there is kept aside. */
export function restoreConfigs(fs: FileSystem, paths: StorePaths): RepairAction[] {
  const done: RepairAction[] = [];
  for (const { path, reason, hasBackup } of unreadableConfigs(fs, paths.config)) {
    const bytes = hasBackup ? readWholeFile(fs, backupPath(path)) : undefined;
    if (bytes === undefined) continue;
    const to = fs.stat(path)?.size ?? 0;
    replaceConfig(fs, paths, { path, bytes });
    done.push(repairAction({ action: "restore-config", file: path, to, reason, bytesLost: to }));
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
