/**
 * Where a queue that is not to be trusted can go on: behind the record of its last unit, if the log
 * has that record there, of that queue, at that index and with that tags code.
 *
 * @module
 */
import type { BatchQueue } from "./batch_queue.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import { DispatchRequest, SCHEDULE_TOPIC } from "./dispatch.ts";
import { QUEUE_EXT_ADDRESS_MAX, QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { innerBatchOf } from "./inner_batch.ts";
import type { LogLookup } from "./log_lookup.ts";
import type { RecordView } from "./record_view.ts";
import { indexIn, isOwnOf } from "./replay_units.ts";

/** A queue of either kind. */
export type AnyQueue = ConsumeQueue | BatchQueue;

/** Which units of a queue may count. */
export interface UnitLimits {
  /** Log offset in front of which their records begin. */
  readonly logEnd?: number;
  /** Number of the first unit that cannot be right. */
  readonly hole?: number;
}

/** What a queue leads to last. */
export interface LastUnit {
  /** Where the units begin that lead to it: more than one where it stands in for others. */
  readonly first: number;
  readonly last: number;
  readonly physicalOffset: number;
  readonly size: number;
}

/**
 * Log offset behind the record a queue leads to last within limits; `undefined` where neither that
 * unit nor the one before it, which may be all that a cut left whole, leads to its own.
 */
export function soundEnd(
  queue: AnyQueue,
  { lookup, ...limits }: { readonly lookup: LogLookup } & UnitLimits,
): number | undefined {
  let last = lastOf(queue, limits);
  for (let tries = 0; last !== undefined && tries < 2; tries++) {
    if (isRight(queue, last, lookup)) return last.physicalOffset + last.size;
    last = lastOf(queue, { ...limits, hole: last.first });
  }
  return undefined;
}

/** Whether the log has the record a unit leads to, and the record is that of the unit. */
export function isRight(queue: AnyQueue, unit: LastUnit, lookup: LogLookup): boolean {
  const record = lookup.frameAt(unit.physicalOffset);
  if (record === undefined || record.size !== unit.size) return false;
  if ("endUnit" in queue) {
    if (!isOwnOf(record, queue)) return false;
    const { baseOffset, tagsCode } = queue.unitAt(unit.last)!;
    return innerBatchOf(record).base === baseOffset && hasTagsCode(record, tagsCode);
  }
  const index = indexIn(record, queue) ?? -1;
  if (index < unit.first || index > unit.last) return false;
  const bytes = new Uint8Array(QUEUE_UNIT.size);
  if (queue.read(index, bytes) === 0) return false;
  return hasTagsCode(record, QUEUE_UNIT.read(new DataView(bytes.buffer), 0).tagsCode);
}

/** The unit a queue leads with last within limits, over padding. */
export function lastOf(
  queue: AnyQueue,
  { logEnd = Infinity, hole = Infinity }: UnitLimits = {},
): LastUnit | undefined {
  if ("endUnit" in queue) return lastOfBatches(queue, { logEnd, hole });
  let last = Math.min(queue.end, hole) - 1;
  let unit = queue.unitAt(last);
  if (unit !== undefined && unit.size !== QUEUE_PADDING.size && unit.physicalOffset >= logEnd) {
    last = Math.min(queue.indexOfPhysical(logEnd), hole) - 1;
    unit = queue.unitAt(last);
  }
  while (unit?.size === QUEUE_PADDING.size) unit = queue.unitAt(--last);
  if (unit === undefined) return undefined;
  let first = last;
  while (queue.unitAt(first - 1)?.physicalOffset === unit.physicalOffset) first--;
  return { first, last, ...unit };
}

function lastOfBatches(
  queue: BatchQueue,
  { logEnd, hole }: Required<UnitLimits>,
): LastUnit | undefined {
  let last = Math.min(queue.endUnit, hole) - 1;
  let unit = queue.unitAt(last);
  if (unit !== undefined && unit.physicalOffset >= logEnd) {
    last = Math.min(queue.firstWhere((it) => it.physicalOffset >= logEnd), hole) - 1;
    unit = queue.unitAt(last);
  }
  if (unit === undefined) return undefined;
  return { first: last, last, physicalOffset: unit.physicalOffset, size: unit.size };
}

/** What is due at a time hangs on settings, and an address leads to the code: both may stand there. */
function hasTagsCode(record: RecordView, tagsCode: bigint): boolean {
  const request = new DispatchRequest();
  request.read(record);
  return tagsCode <= QUEUE_EXT_ADDRESS_MAX || request.topic === SCHEDULE_TOPIC ||
    tagsCode === BigInt(request.tagsCode);
}
