/**
 * Which records of a commit log are wanted, asked of the bytes before anything is decoded.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { KEY_SEPARATOR, PROPERTY, propertyOf } from "../../store/properties.ts";
import type { RecordView } from "../../store/record_view.ts";
import { isWithin, type TimeRange } from "../option/time_option.ts";

/** What a record must have. */
export interface LogFilterOptions {
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
  readonly queueOffset?: number | undefined;
  readonly tag?: string | undefined;
  /** One of its keys, or its unique key. */
  readonly key?: string | undefined;
  readonly times: TimeRange;
}

/** A test for records. */
export class LogFilter {
  /** Whether records are told apart at all, except by their time. */
  readonly isSelective: boolean;
  readonly #options: LogFilterOptions;
  readonly #topic: Buffer | undefined;
  readonly #anyTime: boolean;

  constructor(options: LogFilterOptions) {
    this.#options = options;
    this.#topic = options.topic === undefined ? undefined : Buffer.from(options.topic);
    this.#anyTime = options.times.since === -Infinity && options.times.until === Infinity;
    this.isSelective = options.topic !== undefined || options.queue !== undefined ||
      options.queueOffset !== undefined || options.tag !== undefined || options.key !== undefined;
  }

  /** Whether a record is wanted. */
  matches(record: RecordView): boolean {
    const { queue, queueOffset, tag, key, times } = this.#options;
    if (!this.#anyTime && !isWithin(times, record.storeTimestamp())) return false;
    if (!this.isSelective) return true;
    if (queue !== undefined && record.queueId() !== queue) return false;
    if (queueOffset !== undefined && record.queueOffset() !== queueOffset) return false;
    if (!this.#topicMatches(record)) return false;
    if (tag === undefined && key === undefined) return true;
    const properties = propertiesOf(record);
    if (tag !== undefined && propertyOf(properties, PROPERTY.tags) !== tag) return false;
    return key === undefined || hasKey(properties, key);
  }

  #topicMatches(record: RecordView): boolean {
    const topic = this.#topic;
    if (topic === undefined) return true;
    return topic.length === record.topicLength &&
      topic.compare(record.bytes, record.topicAt, record.topicAt + record.topicLength) === 0;
  }
}

/** Whether stored properties carry a key, as one of `KEYS` or as the unique key. */
export function hasKey(properties: string, key: string): boolean {
  if (propertyOf(properties, PROPERTY.uniqueKey) === key) return true;
  return propertyOf(properties, PROPERTY.keys)?.split(KEY_SEPARATOR).includes(key) ?? false;
}

/** Stored properties of a record as text. */
export function propertiesOf(record: RecordView): string {
  const { bytes, propertiesAt, propertiesLength } = record;
  return Buffer.from(bytes.buffer, bytes.byteOffset + propertiesAt, propertiesLength).toString();
}

/** Topic of a record. */
export function topicOf(record: RecordView): string {
  const { bytes, topicAt, topicLength } = record;
  return Buffer.from(bytes.buffer, bytes.byteOffset + topicAt, topicLength).toString();
}
