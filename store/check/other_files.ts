/**
 * Counts the files of a store that nobody looks into, so that the summary says so.
 *
 * @module
 */
import { join } from "node:path";
import { listIndexFiles } from "../key_index_reader.ts";
import { parseOffsetName } from "../names.ts";
import { configNames } from "./config_check.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

/** Counts every file under the root that no check reads, as expected and not checked. */
export function countOtherFiles(state: StoreState, tally: Tally): void {
  const { fs, paths } = state;
  const indexFiles = new Set(listIndexFiles(fs, paths.index).paths);
  const configs = new Set(configNames(fs, paths.config).map((name) => join(paths.config, name)));
  const queueTrees = [paths.consumeQueue, paths.batchConsumeQueue];
  const visit = (directory: string, isQueueTree: boolean): void => {
    for (const name of fs.list(directory)) {
      const path = join(directory, name);
      const stat = fs.stat(path);
      if (stat === undefined || path === paths.commitLog) continue;
      if (stat.isDirectory) visit(path, isQueueTree || queueTrees.includes(path));
      else if (path.startsWith(join(paths.consumeQueueExt, "/"))) {
        tally.expect("consumequeue_ext", stat.size);
        // Every unit a queue leads to is read; the bit maps in between are not judged.
        tally.check("consumequeue_ext", stat.size);
      } else if (path !== paths.checkpoint && !indexFiles.has(path) && !configs.has(path)) {
        if (!isQueueTree || parseOffsetName(name) === undefined) tally.expect("other", stat.size);
      }
    }
  };
  visit(paths.root, false);
}
