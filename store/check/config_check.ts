/**
 * Checks that the configuration files under `config/` can be read as JSON. What stands in them is
 * for the broker to judge.
 *
 * @module
 */
import { join } from "node:path";
import { backupPath, readConfigFile } from "../config_file.ts";
import type { FileSystem } from "../file.ts";
import { finding, type FindingSink } from "./findings.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

/** A configuration file that cannot be read. */
export interface UnreadableConfig {
  readonly path: string;
  readonly reason: string;
  /** Whether its `.bak` can be read instead. */
  readonly hasBackup: boolean;
}

/** Names of the JSON files of a configuration folder. */
export function configNames(fs: FileSystem, directory: string): string[] {
  return fs.list(directory).filter((name) => {
    return name.endsWith(".json") && fs.stat(join(directory, name))?.isDirectory === false;
  });
}

/** Finds the configuration files that cannot be read. An empty one counts, if it has a backup. */
export function unreadableConfigs(fs: FileSystem, directory: string): UnreadableConfig[] {
  const found: UnreadableConfig[] = [];
  for (const name of configNames(fs, directory)) {
    const path = join(directory, name);
    const read = readConfigFile(fs, path);
    if (read.state === "damaged") {
      found.push({ path, reason: read.flaws.join("; "), hasBackup: false });
    } else if (read.state === "ok" && read.path === backupPath(path)) {
      found.push({ path, reason: read.flaw ?? "empty", hasBackup: true });
    }
  }
  return found;
}

/** Checks all configuration files. */
export function checkConfigs(
  { fs, paths }: StoreState,
  { sink, tally }: { readonly sink: FindingSink; readonly tally: Tally },
): void {
  for (const name of configNames(fs, paths.config)) {
    const size = fs.stat(join(paths.config, name))?.size ?? 0;
    tally.check("config", size);
  }
  for (const { path, reason, hasBackup } of unreadableConfigs(fs, paths.config)) {
    const length = fs.stat(path)?.size ?? 0;
    const message = hasBackup ? `${reason}; its .bak can be read` : reason;
    sink(finding("config-unreadable", { file: path, length }, {
      message,
      ...(hasBackup ? { severity: "warning" } : { fix: "bring it back from a backup" }),
    }));
  }
}
