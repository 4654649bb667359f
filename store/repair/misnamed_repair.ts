/**
 * Gives whole log files that lie under a wrong name the right one. It comes before all else a repair
 * does: under wrong names sound messages would be given up.
 *
 * @module
 */
import { basename } from "node:path";
import type { StoreState } from "../check/store_state.ts";
import type { FileSystem } from "../file.ts";
import { findMisnamed, renameMisnamed } from "../misnamed_files.ts";
import { type RepairAction, repairAction } from "./action.ts";

/** Renames all of them and tells of each under its old name; the range is that of its records. */
export function repairNames(fs: FileSystem, { log, queues }: StoreState): RepairAction[] {
  const misnamed = findMisnamed({ fs, log, queues });
  renameMisnamed(fs, misnamed);
  return misnamed.map(({ path: file, start: from, target }) => {
    const to = from + log.segmentBytes;
    const reason = `its records stand at log offsets ${from} to ${to}: ${basename(target)}`;
    return repairAction({ action: "rename-file", file, from, to, reason });
  });
}
