/**
 * What a disk that cannot read all of a store's files means for a broker: where its start reads such
 * bytes, it ends.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { FINDINGS } from "../../store/check/findings.ts";
import { readStoreState } from "../../store/check/store_state.ts";
import type { FileSystem } from "../../store/file.ts";
import { INDEX_HEADER } from "../../store/format.ts";
import { NAME, parseOffsetName, type StorePaths } from "../../store/names.ts";
import { type UnreadableRange, unreadableText } from "../../store/unreadable_files.ts";
import { EVERY_BROKER, type WhyReason } from "./why_reason.ts";

/** Files of a log or queue that Java reads after a clean stop (`CommitLog.recoverNormally`). */
const FILES_RECOVERED = 3;

/** One reason for each file with bytes the disk cannot read. */
export function dyingDiskReasons(
  files: FileSystem,
  paths: StorePaths,
  ranges: readonly UnreadableRange[],
): WhyReason[] {
  if (ranges.length === 0) return [];
  const isRead = readsOfStart(files, paths);
  return [...Map.groupBy(ranges, (it) => it.file)].flatMap(([file, of]) => {
    const first = of.find(isRead);
    const range = first ?? of[0]!;
    const more = of.length === 1 ? "" : `, and ${of.length - 1} more of its ranges`;
    const { fix } = FINDINGS["store-unreadable"];
    const found = `${unreadableText(range)}${more}`;
    return first === undefined
      ? {
        effect: "unserved",
        releases: EVERY_BROKER,
        file,
        message: `${found}: a broker starts, and fails later, where it is asked for them`,
        fix,
      }
      : {
        effect: "refuses",
        releases: EVERY_BROKER,
        file,
        message: `${found}: a start reads them; Java's ends with an InternalError, "a fault ` +
          'occurred in an unsafe memory access operation", or SIGBUS',
        fix,
      };
  });
}

/** Whether a start of Java reads a range, judged by the file it stands in. */
function readsOfStart(files: FileSystem, paths: StorePaths): (range: UnreadableRange) => boolean {
  const { log: { segments }, replayFrom } = readStoreState(files, paths);
  const recovered = Math.min(replayFrom, segments.at(-FILES_RECOVERED)?.start ?? 0);
  return ({ file, from, to }) => {
    const folder = dirname(file);
    // A folder, or a file nobody can look at.
    if (to === from) return true;
    if (file === paths.checkpoint || file === join(paths.root, NAME.timerWheel)) return true;
    if (folder === paths.index) return from < INDEX_HEADER.size;
    const start = parseOffsetName(basename(file));
    if (start === undefined) return false;
    if (paths.commitLogs.includes(folder)) return start >= recovered;
    const names = files.list(folder).filter((name) => parseOffsetName(name) !== undefined);
    return names.indexOf(basename(file)) >= names.length - FILES_RECOVERED;
  };
}
