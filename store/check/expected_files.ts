/**
 * Counts every file of a store by its kind before any is read, so that the summary can say what was
 * not looked at, files that belong to nothing included.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { listIndexFiles } from "../key_index_reader.ts";
import { parseOffsetName } from "../names.ts";
import { configNames } from "./config_check.ts";
import type { FileKind } from "./findings.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

/** Counts the log and every file under the root. */
export function expectFiles(state: StoreState, tally: Tally): void {
  const { fs, paths, log } = state;
  for (const { length } of log.segments) tally.expect("commitlog", length);
  const kindOf = kindsOfFiles(state);
  const visit = (directory: string): void => {
    for (const name of fs.list(directory)) {
      const path = join(directory, name);
      const stat = fs.stat(path);
      if (stat?.isDirectory === true) visit(path);
      else if (stat !== undefined) {
        const kind = kindOf(path);
        if (kind !== "commitlog") tally.expect(kind, stat.size);
      }
    }
  };
  visit(paths.root);
}

/** Tells the kind of a file by its path. */
function kindsOfFiles({ fs, paths, log, queues }: StoreState): (path: string) => FileKind {
  const single = new Map<string, FileKind>([[paths.checkpoint, "checkpoint"]]);
  for (const { path } of log.segments) single.set(path, "commitlog");
  for (const path of listIndexFiles(fs, paths.index).paths) single.set(path, "index");
  for (const name of configNames(fs, paths.config)) single.set(join(paths.config, name), "config");
  const folders = new Map<string, FileKind>();
  for (const { kind, path } of queues.queues) {
    folders.set(path, kind === "simple" ? "consumequeue" : "batchconsumequeue");
  }
  const ext = join(paths.consumeQueueExt, "/");
  return (path) => {
    if (path.startsWith(ext)) return "consumequeue_ext";
    const kind = single.get(path);
    if (kind !== undefined) return kind;
    const queue = folders.get(dirname(path));
    return queue !== undefined && parseOffsetName(basename(path)) !== undefined ? queue : "other";
  };
}
