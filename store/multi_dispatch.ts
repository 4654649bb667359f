/**
 * Light message queues (5.x, and 4.9.3 on): one record that stands in more queues than its own. The
 * broker notes their names and the index it got in each among the record's properties.
 *
 * @module
 */
import { isQueueIndex } from "./consume_queue.ts";
import { LMQ_PREFIX } from "./light_topic.ts";
import { parseProperties, PROPERTY } from "./properties.ts";
import { isSafeTopic } from "./queue_table.ts";
import type { RecordView } from "./record_view.ts";

export { LMQ_PREFIX };

/** A further queue of a record. */
export interface LightQueueEntry {
  readonly topic: string;
  /** Index of the record there. */
  readonly queueOffset: number;
}

/** First characters of topics whose records stand in no light queue, whatever their properties say. */
const PREFIXES_WITHOUT = ["%RETRY%", "%DLQ%", "rmq_sys_", "SCHEDULE_TOPIC_XXXX"];

/** Whether records of a topic may stand in light queues (Java: `MixAll.topicAllowsLMQ`). */
export function allowsLightQueues(topic: string): boolean {
  return !PREFIXES_WITHOUT.some((prefix) => topic.startsWith(prefix));
}

/** Names and indexes, as they stand side by side in two properties. */
interface Notes {
  readonly topics: readonly string[];
  readonly offsets: readonly string[];
}

const NONE: readonly LightQueueEntry[] = [];
const NO_NOTES: Notes = { topics: [], offsets: [] };
const SEPARATOR = ",";
const MARK = new TextEncoder().encode(PROPERTY.innerMultiQueueOffset);
/** How far a search for the mark may go on from a byte that is under the mark's end. */
const MARK_STEPS = markSteps();
/** A byte order mark is a character like any other. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The further queues of a sound record; almost always none, which is found out cheaply. */
export function lightQueuesOf(record: RecordView): readonly LightQueueEntry[] {
  const { topics, offsets } = notesOf(record) ?? NO_NOTES;
  if (topics.length !== offsets.length) return NONE;
  return topics.flatMap((topic, at) => {
    const queueOffset = indexOf(offsets[at]!);
    const isEntry = topic.startsWith(LMQ_PREFIX) && isSafeTopic(topic) &&
      isQueueIndex(queueOffset);
    return isEntry ? [{ topic, queueOffset }] : [];
  });
}

/**
 * What is wrong with the names and indexes of a sound record's further queues, so that some do not get
 * it; `undefined` where nothing is. A queue that is no light one has no index (Java: `LmqDispatch`).
 */
export function lightQueueFlaw(record: RecordView): string | undefined {
  const { topics, offsets } = notesOf(record) ?? NO_NOTES;
  if (topics.length !== offsets.length) {
    return `${PROPERTY.innerMultiDispatch} names ${topics.length}, ` +
      `${PROPERTY.innerMultiQueueOffset} has indexes for ${offsets.length}`;
  }
  const wrong = topics.findIndex((topic, at) => {
    return topic.startsWith(LMQ_PREFIX) && !isQueueIndex(indexOf(offsets[at]!));
  });
  return wrong < 0 ? undefined : `the index in ${topics[wrong]} is "${offsets[wrong]}"`;
}

/** What a broker noted; `undefined` where it noted nothing. */
function notesOf(record: RecordView): Notes | undefined {
  const from = record.propertiesAt;
  if (!holdsMark(record.bytes, from, from + record.propertiesLength)) return undefined;
  const bytes = record.bytes.subarray(from, from + record.propertiesLength);
  // What was sent back or put off keeps its properties.
  const { topicAt, topicLength } = record;
  const own = decoder.decode(record.bytes.subarray(topicAt, topicAt + topicLength));
  if (!allowsLightQueues(own)) return undefined;
  const properties = parseProperties(decoder.decode(bytes));
  const offsets = properties.get(PROPERTY.innerMultiQueueOffset)?.split(SEPARATOR);
  if (offsets === undefined) return undefined;
  return { topics: properties.get(PROPERTY.innerMultiDispatch)?.split(SEPARATOR) ?? [], offsets };
}

function indexOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : NaN;
}

/**
 * Whether the mark stands in a range, by Horspool's search: it looks at every 24th byte or so, and
 * every record of a recovery is asked.
 */
function holdsMark(bytes: Uint8Array, from: number, to: number): boolean {
  const last = MARK.length - 1;
  for (let at = from + last; at < to; at += MARK_STEPS[bytes[at]!]!) {
    let same = 0;
    while (same <= last && bytes[at - same] === MARK[last - same]) same++;
    if (same > last) return true;
  }
  return false;
}

function markSteps(): Uint8Array {
  const steps = new Uint8Array(256).fill(MARK.length);
  MARK.subarray(0, -1).forEach((byte, at) => steps[byte] = MARK.length - 1 - at);
  return steps;
}
