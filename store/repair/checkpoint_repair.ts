/**
 * Writes a checkpoint that speaks of no more than the files hold, where there is none or it promises
 * more. One that only lags is as it should be.
 *
 * @module
 */
import { type Checkpoint, checkpointPage, emptyCheckpoint, readCheckpoint } from "../checkpoint.ts";
import { fieldsAhead, type LogEnd } from "../check/checkpoint_check.ts";
import { type FileSystem, replaceWholeFile } from "../file.ts";
import { SIZE } from "../format.ts";
import type { StorePaths } from "../names.ts";
import { type RepairAction, repairAction } from "./action.ts";

/** Repairs the checkpoint once log, queues and index are on the disk. */
export function repairCheckpoint(
  fs: FileSystem,
  paths: StorePaths,
  end: LogEnd,
): RepairAction | undefined {
  const found = readCheckpoint(fs, paths.checkpoint);
  const size = fs.stat(paths.checkpoint)?.size ?? 0;
  const reason = whyWrong(found, size, end);
  if (reason === undefined) return undefined;
  const bytes = checkpointPage(limited(found ?? flushedTo(end), end));
  replaceWholeFile(fs, paths.checkpoint, { bytes, directory: paths.root });
  const to = SIZE.checkpointFile;
  return repairAction({ action: "write-checkpoint", file: paths.checkpoint, to, reason });
}

function whyWrong(
  found: Checkpoint | undefined,
  size: number,
  end: LogEnd,
): string | undefined {
  if (found === undefined) return end.timestamp === 0 ? undefined : "missing or empty";
  const ahead = fieldsAhead(found, end);
  if (ahead.length > 0) return `${ahead.join(", ")} ahead of the log`;
  return size === SIZE.checkpointFile
    ? undefined
    : `${size} bytes instead of ${SIZE.checkpointFile}`;
}

/** Everything was read from the log and brought to the disk. */
function flushedTo({ timestamp }: LogEnd): Checkpoint {
  return {
    ...emptyCheckpoint(),
    physicMsgTimestamp: timestamp,
    logicsMsgTimestamp: timestamp,
    indexMsgTimestamp: timestamp,
  };
}

function limited(checkpoint: Checkpoint, end: LogEnd): Checkpoint {
  const limits = { ...checkpoint };
  for (const field of fieldsAhead(checkpoint, end)) {
    limits[field] = field.endsWith("Timestamp") ? end.timestamp : end.offset;
  }
  return limits;
}
