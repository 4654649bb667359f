/**
 * The units of consume queues as rows: simple and batch ones, with what their extension and their
 * record say, and whether they are wanted.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { BatchQueueReader } from "../../store/batch_queue_reader.ts";
import { indexIn } from "../../store/check/queue_place.ts";
import type { FileSystem } from "../../store/file.ts";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT } from "../../store/format.ts";
import { stringHash } from "../../store/hash.ts";
import { parseMessageId } from "../../store/message_id.ts";
import { PROPERTY, propertyOf } from "../../store/properties.ts";
import { extOffset, QueueExtReader } from "../../store/queue_ext_reader.ts";
import { QueueReader } from "../../store/queue_reader.ts";
import { isWithin, type TimeRange, timeRangeOf } from "../option/time_option.ts";
import { propertiesOf } from "../../store/record_text.ts";
import { hasKey, LogFilter } from "../reading/log_filter.ts";
import { logRange } from "../reading/log_range.ts";
import type { QueuePlace } from "../reading/queue_place.ts";
import type { Glance, RecordGlances } from "../reading/record_glance.ts";
import type { Terminal } from "../terminal.ts";

/** Which units are wanted. */
export interface UnitFilterOptions {
  readonly tag?: string | undefined;
  readonly key?: string | undefined;
  readonly id?: string | undefined;
  /** An SQL92 expression over the record. */
  readonly where?: string | undefined;
  readonly times: TimeRange;
  /** Part of the log outside of which no record has such a time; default: all of it. */
  readonly log?: { readonly first: number; readonly to: number } | undefined;
}

/** A unit as a row. */
export interface UnitRow {
  readonly kind: "unit" | "stand-in";
  readonly queueOffset: number;
  readonly commitLogOffset: number;
  readonly size: number;
  readonly tagsCode: string;
  readonly storeTimestamp?: number;
  readonly batchSize?: number;
  readonly extension?: object;
  readonly record?: Glance["record"] | "other";
  readonly flaw?: string;
  readonly keys?: string;
  readonly tags?: string;
}

/** A cursor over the units of one queue, of either kind. */
export type UnitReader = QueueReader | BatchQueueReader;

/** Makes rows of the units of one queue. Close it to release its files. */
export class UnitRows {
  readonly reader: UnitReader;
  readonly unitBytes: number;
  readonly #place: QueuePlace;
  readonly #log: RecordGlances;
  readonly #extensions: QueueExtReader;

  constructor(files: FileSystem, place: QueuePlace, log: RecordGlances) {
    const isBatch = place.kind === "batch";
    this.reader = isBatch
      ? new BatchQueueReader(files, place.segments)
      : new QueueReader(files, place.segments);
    this.unitBytes = isBatch ? BATCH_QUEUE_UNIT.size : QUEUE_UNIT.size;
    this.#place = place;
    this.#log = log;
    this.#extensions = new QueueExtReader(files, place.extensions);
  }

  /** The unit the reader is at, without a word about its record. */
  plain(): UnitRow {
    const { reader } = this;
    const { physicalOffset: commitLogOffset, size } = reader;
    const unit = { commitLogOffset, size, tagsCode: String(reader.tagsCode()) };
    if (reader instanceof BatchQueueReader) {
      const { baseOffset: queueOffset, storeTimestamp, batchSize } = reader;
      return { kind: "unit", queueOffset, ...unit, storeTimestamp, batchSize };
    }
    const kind = this.#standsIn(reader) ? "stand-in" : "unit";
    const row: UnitRow = { kind, queueOffset: reader.index, ...unit };
    if (!reader.isExtAddress()) return row;
    const item = this.#extensions.read(extOffset(reader.tagsCodeHigh, reader.tagsCodeLow));
    if (item.unit === undefined) return { ...row, flaw: "its extension unit is missing" };
    const { tagsCode, storeTimestamp, bitMap } = item.unit;
    const extension = {
      offset: item.at,
      tagsCode: String(tagsCode),
      storeTimestamp,
      bitMap: Buffer.from(bitMap).toString("hex"),
    };
    return { ...row, extension };
  }

  /** The same with what its record says: all of it, or only that it cannot be there. */
  row(options: { readonly records: boolean }): UnitRow {
    const unit = this.plain();
    if (!options.records) {
      const record = this.#log.absence(unit.commitLogOffset);
      return record === undefined ? unit : { ...unit, record };
    }
    const glance = this.#log.at(unit.commitLogOffset);
    if (glance === undefined) return unit;
    const { record, flaw, storeTimestamp, keys, tags } = glance;
    const other = record === "sound" ? this.#otherRecord(unit, glance) : undefined;
    return {
      ...unit,
      record: other === undefined ? record : "other",
      ...((flaw ?? other) !== undefined && { flaw: (flaw ?? other)! }),
      ...(storeTimestamp !== undefined && { storeTimestamp }),
      ...(keys !== undefined && { keys }),
      ...(tags !== undefined && { tags }),
    };
  }

  /** Says what is wrong with a record for the unit that leads to it. */
  #otherRecord(unit: UnitRow, glance: Glance): string | undefined {
    const { topic, queueId } = this.#place;
    if (unit.kind === "stand-in") return undefined;
    const ofSize = glance.storeSize === unit.size
      ? undefined
      : `its record has ${glance.storeSize} bytes, the unit says ${unit.size}`;
    // Nobody knows which queue it is.
    if (topic === "") return ofSize;
    const frame = this.#log.frame(unit.commitLogOffset);
    const index = frame === undefined ? undefined : indexIn({ topic, queueId }, frame);
    const own = `its record is of ${glance.topic}/${glance.queueId} at ${glance.queueOffset}`;
    if (index === undefined || index !== unit.queueOffset) return own;
    return ofSize;
  }

  /** Releases the open files; a second call does nothing. */
  close(): void {
    this.reader.close();
    this.#extensions.close();
  }

  /** Whether the unit stands in for a lost message: only the log tells, without one none does. */
  #standsIn(reader: QueueReader): boolean {
    const { index, physicalOffset } = reader;
    const isShared = [index - 1, index + 1].some((beside) =>
      reader.moveTo(beside) && reader.isValid() && reader.physicalOffset === physicalOffset
    );
    reader.moveTo(index);
    if (!isShared) return false;
    const record = this.#log.frame(physicalOffset);
    const named = record === undefined ? undefined : indexIn(this.#place, record);
    return named !== undefined && named !== index;
  }
}

/** Makes the test for what was asked on the command line. */
export function unitFilterOf(
  { files, now }: Terminal,
  log: RecordGlances,
  options: Omit<UnitFilterOptions, "times"> & {
    readonly since?: string | undefined;
    readonly until?: string | undefined;
  },
): UnitFilter {
  const times = timeRangeOf(options, now());
  const { tag, key, id, where } = options;
  const { first, to } = logRange(files, log.log, { times });
  // The log may grow.
  const range = { first, to: to < log.end ? to : Infinity };
  return new UnitFilter({ tag, key, id, where, times, log: range }, log);
}

/** A test for units. Units whose record cannot be read have no time, no keys and no properties. */
export class UnitFilter {
  /** What `where` asks of a record; absent where it is not asked. */
  readonly where: LogFilter | undefined;
  /** Units left out because their record, which was to be asked, is not to be read. */
  unread = 0;
  readonly #options: UnitFilterOptions;
  readonly #log: RecordGlances;
  /** Upper and lower half of the tag's code. */
  readonly #tagCode: bigint | undefined;
  readonly #anyTime: boolean;
  readonly #idOffset: number | undefined;

  constructor(options: UnitFilterOptions, log: RecordGlances) {
    this.#options = options;
    this.#log = log;
    this.#tagCode = options.tag === undefined ? undefined : BigInt(stringHash(options.tag));
    this.#anyTime = options.times.since === -Infinity && options.times.until === Infinity;
    const { where, times } = options;
    this.where = where === undefined ? undefined : new LogFilter({ where, times });
    this.#idOffset = options.id === undefined
      ? undefined
      : parseMessageId(options.id)?.physicalOffset;
  }

  /** Whether some units are left out. */
  get isSelective(): boolean {
    return this.#options.tag !== undefined || this.needsLog;
  }

  /** Whether the log has to be read. */
  get needsLog(): boolean {
    return this.#asksRecord || !this.#anyTime;
  }

  /** Whether more than the time is asked of records. */
  get #asksRecord(): boolean {
    const { key, id } = this.#options;
    return key !== undefined || id !== undefined || this.where !== undefined;
  }

  /** Whether a unit is wanted; `plain` makes its row when that is needed. */
  matches(reader: UnitReader, plain: () => UnitRow): boolean {
    const { key, id, times } = this.#options;
    if (this.#tagCode !== undefined && this.#codeOf(reader, plain) !== this.#tagCode) return false;
    const asksRecord = this.#asksRecord;
    if (this.#anyTime && !asksRecord) return true;
    const { physicalOffset } = reader;
    const own = reader instanceof BatchQueueReader ? reader.storeTimestamp : undefined;
    if (own !== undefined && !asksRecord) return isWithin(times, own);
    const { first = 0, to = Infinity } = this.#options.log ?? {};
    const isHeld = physicalOffset >= this.#log.start;
    if (isHeld && (physicalOffset < first || physicalOffset >= to)) return false;
    const record = this.#log.frame(physicalOffset);
    if (record === undefined) {
      this.unread++;
      return false;
    }
    if (!isWithin(times, record.storeTimestamp())) return false;
    const properties = key === undefined && id === undefined ? "" : propertiesOf(record);
    if (key !== undefined && !hasKey(properties, key)) return false;
    const hasId = id === undefined || this.#idOffset === physicalOffset ||
      propertyOf(properties, PROPERTY.uniqueKey) === id;
    return hasId && (this.where?.matches(record) ?? true);
  }

  #codeOf(reader: UnitReader, plain: () => UnitRow): bigint {
    if (reader instanceof BatchQueueReader || !reader.isExtAddress()) return reader.tagsCode();
    const extension = plain().extension as { readonly tagsCode: string } | undefined;
    return extension === undefined ? reader.tagsCode() : BigInt(extension.tagsCode);
  }
}
