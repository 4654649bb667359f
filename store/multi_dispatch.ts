/**
 * Light message queues (5.x, and 4.9.3 on): one record that stands in more queues than its own. The
 * broker notes their names and the index it got in each among the record's properties.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { parseProperties, PROPERTY } from "./properties.ts";
import { isSafeTopic } from "./queue_table.ts";
import type { RecordView } from "./record_view.ts";

/** First characters of a light queue's topic; its queue id is always 0. */
export const LMQ_PREFIX = "%LMQ%";

/** A further queue of a record. */
export interface LightQueueEntry {
  readonly topic: string;
  /** Index of the record there. */
  readonly queueOffset: number;
}

const NONE: readonly LightQueueEntry[] = [];
const SEPARATOR = ",";
const MARK = Buffer.from(PROPERTY.innerMultiQueueOffset);
/** A byte order mark is a character like any other. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The further queues of a sound record; almost always none, which is found out cheaply. */
export function lightQueuesOf(record: RecordView): readonly LightQueueEntry[] {
  const from = record.propertiesAt;
  const bytes = record.bytes.subarray(from, from + record.propertiesLength);
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(MARK)) return NONE;
  const properties = parseProperties(decoder.decode(bytes));
  const topics = properties.get(PROPERTY.innerMultiDispatch)?.split(SEPARATOR) ?? [];
  const offsets = properties.get(PROPERTY.innerMultiQueueOffset)?.split(SEPARATOR) ?? [];
  if (topics.length !== offsets.length) return NONE;
  return topics.flatMap((topic, at) => {
    const queueOffset = /^\d+$/.test(offsets[at]!) ? Number(offsets[at]) : NaN;
    const isEntry = topic.startsWith(LMQ_PREFIX) && isSafeTopic(topic) &&
      Number.isSafeInteger(queueOffset);
    return isEntry ? [{ topic, queueOffset }] : [];
  });
}
