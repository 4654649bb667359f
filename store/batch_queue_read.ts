/**
 * Reading messages from a batch consume queue: a record is brought whole, with all its messages, when
 * one of them is wanted (Java: `DefaultMessageStore.getMessage` over a `BatchConsumeQueue`).
 *
 * @module
 */
import type { BatchQueue, BatchUnit } from "./batch_queue.ts";
import type { CommitLog } from "./commit_log.ts";
import type { GetResult } from "./get.ts";
import { BATCH_QUEUE_UNIT } from "./format.ts";
import { type Found, limitsAt, readRange, type ReadRequest, type Selection } from "./queue_read.ts";
import type { Boundary } from "./time_search.ts";

/** Java counts messages as if each had a unit, and looks at so many bytes of them. */
const SCANNED_BYTES = 16_000;

/** Reads from a batch queue. Counts are of messages, as are the limits. */
export function readBatchQueue(
  log: CommitLog,
  queue: BatchQueue,
  request: ReadRequest,
): GetResult | Promise<GetResult> {
  return readRange(log, { queue, request, select: () => select(log, queue, request) });
}

function select(log: CommitLog, queue: BatchQueue, request: ReadRequest): Selection {
  const { queueOffset, countMax, tagsCodeMatches, bytesMax = Infinity, scanned = 0 } = request;
  const found: Found[] = [];
  let bytes = 0;
  let messages = 0;
  let next = queueOffset;
  let missing = false;
  const scannedMax = Math.max(SCANNED_BYTES, countMax * BATCH_QUEUE_UNIT.size);
  for (let number = queue.unitOf(queueOffset); number < queue.endUnit; number++) {
    const { physicalOffset: at, size: length, ...unit } = queue.unitAt(number)!;
    const limits = limitsAt(log, at, request.limits);
    const isFull = messages + unit.batchSize > countMax || messages >= limits.count ||
      bytes + length > Math.min(limits.bytes, bytesMax);
    if (found.length > 0 && isFull) break;
    const distance = scanned + unit.baseOffset - queueOffset;
    if (distance * BATCH_QUEUE_UNIT.size >= scannedMax) break;
    next = unit.baseOffset + unit.batchSize;
    if (tagsCodeMatches !== undefined && !tagsCodeMatches(unit.tagsCode)) continue;
    if (at < log.start || at + length > log.end) {
      missing = true;
      continue;
    }
    found.push({ at, length, index: unit.baseOffset, messages: unit.batchSize });
    bytes += length;
    messages += unit.batchSize;
  }
  return { found, next, missing };
}

/** Store time of the record that holds the message at an index; `undefined` where there is none. */
export function batchStoreTimeAt(queue: BatchQueue, index: number): number | undefined {
  if (index < queue.min || index >= queue.end) return undefined;
  return queue.unitAt(queue.unitOf(index))?.storeTimestamp;
}

/**
 * Index of the first message of a record, by store time. With `lower` that of the first record not
 * older than `timestamp`, as in Java that of the last one when all are; with `upper` that of the last
 * one not younger, of the first when all are.
 */
export function searchBatchByTime(
  queue: BatchQueue,
  { timestamp, boundary }: { readonly timestamp: number; readonly boundary: Boundary },
): number {
  const isBehind = boundary === "lower"
    ? (unit: BatchUnit) => unit.storeTimestamp >= timestamp
    : (unit: BatchUnit) => unit.storeTimestamp > timestamp;
  const number = queue.firstWhere(isBehind) - (boundary === "lower" ? 0 : 1);
  // Of records with the youngest time Java takes the last one.
  const last = queue.unitAt(queue.endUnit - 1);
  if (last === undefined) return queue.end;
  if (timestamp >= last.storeTimestamp) return last.baseOffset;
  return Math.max(queue.min, queue.unitAt(Math.max(queue.firstUnit, number))!.baseOffset);
}
