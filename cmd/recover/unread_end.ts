/**
 * What a repair costs where the disk cannot read the end of a log: zeros there look like room, so the log
 * seems to end early, and queue units that lead behind it seem to lead to nothing. They are of messages.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { parseOffsetName, type StorePaths } from "../../store/names.ts";
import type { RepairAction } from "../../store/repair/action.ts";
import type { UnreadableFiles } from "../../store/unreadable_files.ts";

/** The actions, those that drop units of messages which cannot be read with their cost. */
export function withUnreadEnd(
  actions: readonly RepairAction[],
  { unreadable, paths, end }: {
    readonly unreadable: UnreadableFiles | undefined;
    readonly paths: StorePaths;
    /** Where the log ends for the repair. */
    readonly end: number;
  },
): readonly RepairAction[] {
  const range = unreadable?.ranges.find(({ file, to }) => {
    const start = parseOffsetName(basename(file));
    return start !== undefined && paths.commitLogs.includes(dirname(file)) && start + to > end;
  });
  if (range === undefined) return actions;
  return actions.map((it) =>
    it.action !== "truncate-queue" ? it : {
      ...it,
      safe: false,
      messagesLost: Math.max(it.messagesLost, it.to - it.from),
      reason: "units led behind the end of the log, where the disk cannot read",
    }
  );
}
