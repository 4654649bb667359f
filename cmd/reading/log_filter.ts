/**
 * Which records of a commit log are wanted, asked of the bytes before anything is decoded.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { NOT_COMPARABLE, SqlFilter, SqlSyntaxError } from "../../store/filter/sql_filter.ts";
import { MESSAGE_V1 } from "../../store/format.ts";
import { formatMessageId, parseMessageId } from "../../store/message_id.ts";
import { KEY_SEPARATOR, PROPERTY, propertyOf } from "../../store/properties.ts";
import { propertiesOf, topicOf } from "../../store/record_text.ts";
import type { RecordView } from "../../store/record_view.ts";
import { usageFailure } from "../failure.ts";
import { isWithin, type TimeRange } from "../option/time_option.ts";
import { note, type Terminal } from "../terminal.ts";

/** What a record must have. */
export interface LogFilterOptions {
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
  readonly queueOffset?: number | undefined;
  readonly tag?: string | undefined;
  /** One of its keys, or its unique key. */
  readonly key?: string | undefined;
  /** Its offset id or its unique key. */
  readonly id?: string | undefined;
  /** An SQL92 expression over {@linkcode WHERE_FIELDS} and properties. */
  readonly where?: string | undefined;
  readonly times: TimeRange;
}

/**
 * Names an expression may use for fields of the record; every other name is a property. A property
 * called like a field cannot be asked for.
 */
export const WHERE_FIELDS: Readonly<Record<string, (record: RecordView) => number | string>> = {
  topic: topicOf,
  queueId: (record) => record.queueId(),
  queueOffset: (record) => record.queueOffset(),
  commitLogOffset: (record) => record.physicalOffset(),
  storeSize: (record) => record.size,
  storedBodySize: (record) => record.bodyLength,
  sysFlag: (record) => record.sysFlag(),
  flag: (record) => record.view.getInt32(record.at + MESSAGE_V1.at.flag),
  bornTimestamp: (record) => record.bornTimestamp(),
  storeTimestamp: (record) => record.storeTimestamp(),
};

/** A test for records. */
export class LogFilter {
  /** Whether records are told apart at all, except by their time. */
  readonly isSelective: boolean;
  /** Records of which `where` compares what cannot be compared, such as a text with a number. */
  notComparable = 0;
  readonly #options: LogFilterOptions;
  readonly #topic: Buffer | undefined;
  readonly #anyTime: boolean;
  readonly #where: SqlFilter | undefined;
  /** Where an offset id says that its record stands. */
  readonly #idOffset: number | undefined;

  constructor(options: LogFilterOptions) {
    this.#options = options;
    this.#topic = options.topic === undefined ? undefined : Buffer.from(options.topic);
    this.#idOffset = parseMessageId(options.id ?? "")?.physicalOffset;
    this.#anyTime = options.times.since === -Infinity && options.times.until === Infinity;
    this.isSelective = options.topic !== undefined || options.queue !== undefined ||
      options.queueOffset !== undefined || options.tag !== undefined ||
      options.key !== undefined || options.id !== undefined || options.where !== undefined;
    this.#where = parsedWhere(options.where);
  }

  /** Whether a record is wanted. */
  matches(record: RecordView): boolean {
    const { queue, queueOffset, tag, key, id, times } = this.#options;
    if (!this.#anyTime && !isWithin(times, record.storeTimestamp())) return false;
    if (!this.isSelective) return true;
    if (queue !== undefined && record.queueId() !== queue) return false;
    if (queueOffset !== undefined && record.queueOffset() !== queueOffset) return false;
    if (!this.#topicMatches(record)) return false;
    const isPlain = tag === undefined && key === undefined && id === undefined;
    if (isPlain && this.#where === undefined) return true;
    const properties = propertiesOf(record);
    if (id !== undefined && !this.#hasId(record, properties, id)) return false;
    if (tag !== undefined && propertyOf(properties, PROPERTY.tags) !== tag) return false;
    if (key !== undefined && !hasKey(properties, key)) return false;
    return this.#where === undefined || this.#isWhere(this.#where, record, properties);
  }

  /** Whether an expression is true; it is not where something in it is missing or cannot be compared. */
  #isWhere(where: SqlFilter, record: RecordView, properties: string): boolean {
    const result = where.evaluate((name) => {
      const field = Object.hasOwn(WHERE_FIELDS, name) ? WHERE_FIELDS[name] : undefined;
      return field === undefined ? propertyOf(properties, name) : field(record);
    });
    if (result === NOT_COMPARABLE) this.notComparable++;
    return result === true;
  }

  #hasId(record: RecordView, properties: string, id: string): boolean {
    if (propertyOf(properties, PROPERTY.uniqueKey) === id) return true;
    const offset = record.physicalOffset();
    return offset === this.#idOffset &&
      formatMessageId(record.storeHost(), offset) === id.toUpperCase();
  }

  #topicMatches(record: RecordView): boolean {
    const topic = this.#topic;
    if (topic === undefined) return true;
    return topic.length === record.topicLength &&
      topic.compare(record.bytes, record.topicAt, record.topicAt + record.topicLength) === 0;
  }
}

function parsedWhere(where: string | undefined): SqlFilter | undefined {
  if (where === undefined) return undefined;
  try {
    return SqlFilter.parse(where);
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    throw usageFailure(`--where: ${error.message} (mq help where)`);
  }
}

/** Whether stored properties carry a key, as one of `KEYS` or as the unique key. */
export function hasKey(properties: string, key: string): boolean {
  if (propertyOf(properties, PROPERTY.uniqueKey) === key) return true;
  return propertyOf(properties, PROPERTY.keys)?.split(KEY_SEPARATOR).includes(key) ?? false;
}

/** Says how many records were left out because `--where` could not be told of them. */
export function noteNotComparable(terminal: Terminal, { notComparable: count }: LogFilter): void {
  if (count === 0) return;
  terminal.out.flush();
  const messages = count === 1 ? "1 message was" : `${count} messages were`;
  note(terminal, `${messages} left out: --where compares there what is no number with one`);
}
