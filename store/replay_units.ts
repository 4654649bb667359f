/**
 * What the units of a consume queue say, and what a record says of the queue it is of, for whoever
 * builds queues again.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ConsumeQueue } from "./consume_queue.ts";
import type { DispatchRequest } from "./dispatch.ts";
import type { FileSystem } from "./file.ts";
import { QUEUE_EXT_ADDRESS_MAX, QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { readI64 } from "./layout.ts";
import { isLightTopic } from "./light_topic.ts";
import type { LogLookup } from "./log_lookup.ts";
import { lightQueuesOf } from "./multi_dispatch.ts";
import { extOffset, QueueExtReader } from "./queue_ext_reader.ts";
import type { StoredUnit } from "./queue_files.ts";
import type { RecordView } from "./record_view.ts";
import { listSegments } from "./segments.ts";

/** Files of a queue that are made anew between two that are there, at the most. */
const MISSING_FILES_MAX = 100;

/** What names a queue, of either kind. */
interface QueueName {
  readonly topic: string;
  readonly queueId: number;
}

/** A queue as a key of a map. */
export function queueKey(queue: QueueName): string {
  return `${queue.topic}/${queue.queueId}`;
}

/** Whether it leads anywhere, if only as padding. */
export function isUnit(physicalOffset: number, size: number): boolean {
  return physicalOffset >= 0 && size > 0;
}

/** Whether it leads to a message. */
export function isMessage(physicalOffset: number, size: number): boolean {
  return isUnit(physicalOffset, size) && size !== QUEUE_PADDING.size;
}

/** Whether two units lead to the same record. */
export function isSame(one: StoredUnit, other: StoredUnit | undefined): boolean {
  return one.physicalOffset === other?.physicalOffset && one.size === other.size;
}

/**
 * Index behind the units of a queue that its files can be believed to have. A name far off is rather that
 * of a stray file than that of the end of a queue that lost all before it.
 */
export function believedEnd(queue: ConsumeQueue): number {
  let end = queue.min;
  for (const [nth, file] of queue.files().entries()) {
    const missing = (file.first - end) / (file.end - file.first);
    if (nth > 0 && missing > MISSING_FILES_MAX) break;
    end = file.end;
  }
  return Math.min(end, queue.end);
}

/** Whether a queue leads to any message. */
export function holdsMessage(queue: ConsumeQueue): boolean {
  for (let index = queue.end - 1; index >= queue.min; index--) {
    const { physicalOffset, size } = queue.unitAt(index)!;
    if (isMessage(physicalOffset, size)) return true;
  }
  return false;
}

/** Whether units of a queue are stand-ins only: no message would lose its place with them. */
export function isFree(queue: ConsumeQueue, from: number, to: number): boolean {
  let before = queue.unitAt(from - 1);
  for (let at = from; at < to; at++) {
    const unit = queue.unitAt(at);
    const isStandIn = unit === undefined || unit.size === QUEUE_PADDING.size ||
      unit.physicalOffset === before?.physicalOffset;
    if (!isStandIn) return false;
    before = unit;
  }
  return true;
}

/** The unit at the end of a queue; `undefined` where there is none or it is padding. */
export function lastMessageOf(queue: ConsumeQueue): StoredUnit | undefined {
  const unit = new DataView(new ArrayBuffer(QUEUE_UNIT.size));
  if (queue.read(queue.end - 1, new Uint8Array(unit.buffer)) === 0) return undefined;
  const { at } = QUEUE_UNIT;
  const stored = {
    physicalOffset: readI64(unit, at.physicalOffset),
    size: unit.getInt32(at.size),
    tagsCodeHigh: unit.getInt32(at.tagsCode),
    tagsCodeLow: unit.getInt32(at.tagsCode + 4),
  };
  return isMessage(stored.physicalOffset, stored.size) ? stored : undefined;
}

/** The unit a record calls for. */
export function unitOf({ physicalOffset, size, tagsCode }: DispatchRequest): StoredUnit {
  const tagsCodeHigh = Math.floor(tagsCode / 0x1_0000_0000);
  return { physicalOffset, size, tagsCodeHigh, tagsCodeLow: tagsCode | 0 };
}

/** Whether a record says that it belongs to a queue, and, where that is asked, at an index. */
export function isOf(record: RecordView | undefined, queue: QueueName, index?: number): boolean {
  const said = indexIn(record, queue);
  return said !== undefined && (index === undefined || said === index);
}

/** The index by which a record says it stands in a queue, a light one or its own. */
export function indexIn(record: RecordView | undefined, queue: QueueName): number | undefined {
  if (record === undefined) return undefined;
  if (isLightTopic(queue.topic)) {
    const light = lightQueuesOf(record).find((it) => it.topic === queue.topic);
    if (light !== undefined) return light.queueOffset;
  }
  return isOwnOf(record, queue) ? record.queueOffset() : undefined;
}

/** Whether a queue is the one a record names as its own. */
export function isOwnOf(record: RecordView, queue: QueueName): boolean {
  return isPlaced(record, queue) && isOfTopic(record, queue);
}

/** As {@linkcode isOf}, whatever topic it says. */
export function isPlaced(
  record: RecordView | undefined,
  { queueId }: QueueName,
  index?: number,
): boolean {
  if (record === undefined || record.queueId() !== queueId) return false;
  return index === undefined || record.queueOffset() === index;
}

/** Whether a record says that it belongs to the topic of a queue. */
export function isOfTopic(record: RecordView | undefined, { topic }: QueueName): boolean {
  if (record === undefined) return false;
  const { bytes, topicAt, topicLength } = record;
  return Buffer.from(topic).equals(bytes.subarray(topicAt, topicAt + topicLength));
}

/**
 * Whether a record comes before the queue's first unit, which leads to a later record with that very
 * index: then its topic was deleted and made again since.
 */
export function isOfFormerLife(
  queue: ConsumeQueue,
  { physicalOffset }: DispatchRequest,
  lookup: LogLookup,
): boolean {
  const first = queue.storedAt(queue.min);
  if (first === undefined || !isMessage(first.physicalOffset, first.size)) return false;
  if (first.physicalOffset <= physicalOffset) return false;
  return isOf(lookup.frameAt(first.physicalOffset), queue, queue.min);
}

/** Whether a unit is that of a record, with its tags code in an extension file. */
export function leadsToExt(
  fs: FileSystem,
  directory: string,
  { stored, request }: { readonly stored: StoredUnit; readonly request: DispatchRequest },
): boolean {
  if (stored.physicalOffset !== request.physicalOffset || stored.size !== request.size) {
    return false;
  }
  const tagsCode = (BigInt(stored.tagsCodeHigh) << 32n) | BigInt(stored.tagsCodeLow >>> 0);
  if (tagsCode > QUEUE_EXT_ADDRESS_MAX) return false;
  const ext = new QueueExtReader(fs, listSegments(fs, directory));
  try {
    const { unit } = ext.read(extOffset(stored.tagsCodeHigh, stored.tagsCodeLow));
    return unit?.tagsCode === BigInt(request.tagsCode) &&
      unit.storeTimestamp === request.storeTimestamp;
  } finally {
    ext.close();
  }
}
