/**
 * Takes a timer back to where a shorter log ends: what it parked behind the end is parked no more, and
 * what it delivered behind the end is due again. Left as they are the files would lead a broker to
 * records that are gone, which Java's tries to deliver for ever, and past messages that it delivered in
 * a part of the log that is no more.
 *
 * Timer log and wheel are recovered by the code that opens them for a broker.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "../file.ts";
import { TIMER_LOG_UNIT } from "../format.ts";
import { LogLookup } from "../log_lookup.ts";
import { NAME, type StorePaths } from "../names.ts";
import { listQueues, queuesOf } from "../queue_reader.ts";
import { listSegments } from "../segments.ts";
import {
  readTimerCheckpoint,
  type TimerCheckpoint,
  writeTimerCheckpoint,
} from "../timer_checkpoint.ts";
import { TimerLogReader } from "../timer_log.ts";
import { TimerStore } from "../timer_store.ts";
import {
  hasWheelSnapshots,
  TIMER_PRECISIONS_MS,
  TIMER_TOPIC,
  timerSlots,
  WHEEL_BYTES,
} from "../timer_wheel.ts";
import { type RepairAction, repairAction } from "./action.ts";
import { endOf } from "./consumer_offsets.ts";

/** Where a log ends. */
export interface TimerEnd {
  readonly logEnd: number;
  /** No message that was due later is delivered in the log. */
  readonly deliveredTo: number;
}

/** Takes it back, where it is ahead. Files that no broker could use are left alone. */
export async function rewindTimer(
  fs: FileSystem,
  paths: StorePaths,
  { logEnd, deliveredTo }: TimerEnd,
): Promise<RepairAction | undefined> {
  const [wheel, file] = [NAME.timerWheel, NAME.timerLog].map((name) => join(paths.root, name));
  const checkpointPath = join(paths.config, NAME.timerCheckpoint);
  const found = readTimerCheckpoint(fs, checkpointPath);
  const log = listSegments(fs, file!);
  const isWhole = fs.stat(wheel!)?.size === WHEEL_BYTES && !hasWheelSnapshots(fs, paths.root) &&
    log.segments.length > 0 && log.segments.every(({ length }) => length === log.segmentBytes);
  if (found === undefined || !isWhole) return undefined;
  const units = unitsAhead(fs, paths, logEnd);
  const lowered = {
    ...readTo(found, queueEnd(fs, paths)),
    lastReadTime: Math.min(found.lastReadTime, deliveredTo),
  };
  const isAhead = lowered.lastReadTime < found.lastReadTime ||
    lowered.lastTimerQueueOffset < found.lastTimerQueueOffset ||
    lowered.masterTimerQueueOffset < found.masterTimerQueueOffset;
  if (units.count === 0 && !isAhead) return undefined;
  await writeTimerCheckpoint(fs, checkpointPath, lowered);
  const lookup = new LogLookup(fs, listSegments(fs, paths.commitLogs));
  try {
    using store = TimerStore.open({
      fs,
      root: paths.root,
      fileBytes: log.segmentBytes,
      precisionMs: precisionOf(fs, paths),
      now: () => lowered.lastReadTime,
      logEnd,
      queueOffsetAt: (at) => lookup.frameAt(at)?.queueOffset(),
    });
    await store.save(store.start);
  } finally {
    lookup.close();
  }
  const parked = units.count === 1 ? "1 unit leads" : `${units.count} units lead`;
  const reasons = [
    ...(units.count > 0 ? [`${parked} behind the end of the log`] : []),
    ...(isAhead ? ["its checkpoint speaks of what the log no longer delivers"] : []),
  ];
  return repairAction({
    action: "rewind-timer",
    file: file!,
    from: units.from,
    to: units.to,
    reason: reasons.join("; "),
  });
}

/**
 * Brings back how far a timer has read its topic, where the queue ends before: what comes to stand there
 * would be passed over. Timer log and wheel stay as they are.
 */
export async function lowerTimerRead(
  fs: FileSystem,
  paths: StorePaths,
): Promise<RepairAction | undefined> {
  const file = join(paths.config, NAME.timerCheckpoint);
  const found = readTimerCheckpoint(fs, file);
  if (found === undefined) return undefined;
  const end = queueEnd(fs, paths);
  const from = found.lastTimerQueueOffset;
  // What its master has read may well be more than a slave has.
  if (from <= end) return undefined;
  await writeTimerCheckpoint(fs, file, readTo(found, end));
  const reason = `the timer has read its queue to ${from}, the queue ends at ${end}`;
  return repairAction({ action: "lower-offsets", file, reason });
}

/** Index behind the last message of the timer's topic. */
function queueEnd(fs: FileSystem, paths: StorePaths): number {
  const [queue] = queuesOf(listQueues(fs, paths), TIMER_TOPIC);
  return queue === undefined ? 0 : endOf(fs, queue);
}

function readTo(checkpoint: TimerCheckpoint, end: number): TimerCheckpoint {
  return {
    ...checkpoint,
    lastTimerQueueOffset: Math.min(checkpoint.lastTimerQueueOffset, end),
    masterTimerQueueOffset: Math.min(checkpoint.masterTimerQueueOffset, end),
  };
}

/** Units from the first on that leads behind the end of the log; positions are those of the timer log. */
function unitsAhead(
  fs: FileSystem,
  { root }: StorePaths,
  logEnd: number,
): { readonly count: number; readonly from: number; readonly to: number } {
  const reader = new TimerLogReader(fs, listSegments(fs, join(root, NAME.timerLog)));
  let [count, from, to] = [0, 0, 0];
  try {
    for (const item of reader.items()) {
      if (item.kind !== "unit") continue;
      const { position, physicalOffset, messageSize } = item.unit;
      if (count === 0 && physicalOffset + messageSize <= logEnd) continue;
      if (count++ === 0) from = position;
      to = position + TIMER_LOG_UNIT.size;
    }
  } finally {
    reader.close();
  }
  return { count, from, to };
}

/** Milliseconds of a slot, as the first tells that leads to a unit. */
function precisionOf(fs: FileSystem, { root }: StorePaths): number {
  const reader = new TimerLogReader(fs, listSegments(fs, join(root, NAME.timerLog)));
  try {
    for (const { timeSeconds, lastPosition } of timerSlots(fs, join(root, NAME.timerWheel))) {
      const unit = reader.unit(lastPosition);
      const fits = TIMER_PRECISIONS_MS.find((ms) => {
        return unit !== undefined && Math.floor(unit.dueTime / ms) === timeSeconds;
      });
      if (fits !== undefined) return fits;
    }
    return TIMER_PRECISIONS_MS[0];
  } finally {
    reader.close();
  }
}
