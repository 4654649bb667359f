/**
 * Finding the place in a queue by store time (Java: `getOffsetInQueueByTime` with a boundary).
 *
 * @module
 */
import type { CommitLog } from "./commit_log.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import { QUEUE_PADDING } from "./format.ts";
import { RecordView } from "./record_view.ts";
import { messageIndexOf } from "./stand_in.ts";

/** Which of several messages with a time is meant. */
export type Boundary = "lower" | "upper";

/**
 * Store time of the message at an index, at that of a stand-in of the message it repeats; `undefined`
 * when it cannot be read.
 */
export function storeTimeAt(
  log: CommitLog,
  queue: ConsumeQueue,
  index: number,
): number | undefined {
  for (let at = index; at < queue.end; at++) {
    const unit = queue.unitAt(at);
    if (unit === undefined) return undefined;
    if (unit.size === QUEUE_PADDING.size) continue;
    const record = readRecord(log, unit.physicalOffset, unit.size);
    return record?.storeTimestamp();
  }
  return undefined;
}

/** The record at a place whose size is known; `undefined` when nothing sound stands there. */
function readRecord(log: CommitLog, at: number, length: number): RecordView | undefined {
  const bytes = new Uint8Array(length);
  if (!log.read({ at, length }, bytes)) return undefined;
  const record = new RecordView();
  record.attach(bytes);
  return record.load(0, length) === undefined ? record : undefined;
}

/**
 * With `lower` the first index whose message is not older than `timestamp`, the end of the queue
 * when all are; with `upper` the last one not younger, the start when all are. Never that of a
 * stand-in: who begins behind a message does not get it.
 */
export function searchByTime(
  log: CommitLog,
  queue: ConsumeQueue,
  search: { readonly timestamp: number; readonly boundary: Boundary },
): number {
  const { timestamp, boundary } = search;
  let low = queue.min;
  let high = queue.end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const time = storeTimeAt(log, queue, middle) ?? -Infinity;
    const before = boundary === "lower" ? time < timestamp : time <= timestamp;
    if (before) low = middle + 1;
    else high = middle;
  }
  const index = boundary === "lower" ? low : Math.max(queue.min, low - 1);
  const unit = queue.unitAt(index);
  return (unit && messageIndexOf(log, queue, unit)) ?? index;
}
