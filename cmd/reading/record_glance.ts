/**
 * What an offset into the commit log leads to, for the rows of queues, index and timer: the record's
 * own words about itself, or why there is none.
 *
 * @module
 */
import { PROPERTY, propertyOf } from "../../store/properties.ts";
import type { FileSystem } from "../../store/file.ts";
import { LogLookup } from "../../store/log_lookup.ts";
import type { RecordView } from "../../store/record_view.ts";
import { listSegments, type Segment, type SegmentList } from "../../store/segments.ts";
import { propertiesOf, topicOf } from "../../store/record_text.ts";
import { RecordReader } from "./record_reader.ts";

/** What stands at an offset. */
export type RecordState =
  /** A record whose frame and body are right. */
  | "sound"
  /** Bytes that are no sound record. */
  | "damaged"
  /** Nothing: the log begins behind it. */
  | "expired"
  /** Nothing: the log's last file ends before it. */
  | "beyond"
  /** Nothing: the file that had it is missing between others. */
  | "missing";

/** A look at a record. */
export interface Glance {
  readonly record: RecordState;
  /** What is wrong. */
  readonly flaw?: string;
  readonly topic?: string;
  readonly queueId?: number;
  readonly queueOffset?: number;
  readonly storeSize?: number;
  readonly storeTimestamp?: number;
  readonly keys?: string;
  readonly uniqKey?: string;
  readonly tags?: string;
}

/** Looks at records of one log, which may grow meanwhile. Close it to release its files. */
export class RecordGlances {
  readonly #files: FileSystem;
  readonly #folders: readonly string[];
  #log: SegmentList;
  #reader: RecordReader;
  #lookup: LogLookup;
  /** File of the offset last asked for: the next one is mostly in it, too. */
  #segment: Segment | undefined;
  /** Whether the log was listed anew since an offset was within it. */
  #isListedAnew = false;

  /** `folders` are those of the log; they need not be there. */
  constructor(files: FileSystem, folders: readonly string[]) {
    this.#files = files;
    this.#folders = folders;
    this.#log = listSegments(files, folders);
    this.#reader = new RecordReader(files, this.#log);
    this.#lookup = new LogLookup(files, this.#log);
  }

  /** The files of the log as they were listed last. */
  get log(): SegmentList {
    return this.#log;
  }

  /** Whether there is a log at all. */
  get isKnown(): boolean {
    return this.#log.segments.length > 0;
  }

  /** Offset of the first byte any file has. */
  get start(): number {
    return this.#reader.start;
  }

  /** Offset behind the last byte any file has room for. */
  get end(): number {
    return this.#reader.end;
  }

  /** Why no file has an offset; `undefined` where one has, or where no log is known. */
  absence(offset: number): "expired" | "beyond" | "missing" | undefined {
    if (!this.isKnown) return undefined;
    if (offset >= this.end && !this.#isListedAnew) this.#listAnew();
    if (offset >= this.end) return "beyond";
    this.#isListedAnew = false;
    if (offset < this.start) return "expired";
    if (this.#segment !== undefined && this.#holds(this.#segment, offset)) return undefined;
    this.#segment = this.#log.segments.find((it) => this.#holds(it, offset));
    return this.#segment === undefined ? "missing" : undefined;
  }

  /** Forgets what was read: records may have been written since. */
  refresh(): void {
    this.#listAnew();
    this.#isListedAnew = false;
  }

  /** A broker may have begun a file since: what a queue leads to was there before its unit. */
  #listAnew(): void {
    this.close();
    this.#log = listSegments(this.#files, this.#folders);
    this.#reader = new RecordReader(this.#files, this.#log);
    this.#lookup = new LogLookup(this.#files, this.#log);
    this.#segment = undefined;
    this.#isListedAnew = true;
  }

  #holds({ start, length }: Segment, offset: number): boolean {
    return offset >= start && offset < start + Math.min(length, this.#log.segmentBytes);
  }

  /** Reads a whole record; `undefined` where no log is known. */
  at(offset: number): Glance | undefined {
    if (!this.isKnown) return undefined;
    const absence = this.absence(offset);
    if (absence !== undefined) return { record: absence };
    const miss = this.#reader.read(offset);
    if (miss === undefined) return { record: "sound", ...glanceOf(this.#reader.record) };
    if (miss.kind === "outside") return { record: "missing" };
    const flaw = `${miss.flaw.code}: expected ${miss.flaw.expected}, found ${miss.flaw.found}`;
    // What such a record says of itself is of use where only its body is damaged.
    const own = miss.flaw.code === "body-crc" ? glanceOf(this.#reader.record) : {};
    return { record: "damaged", flaw, ...own };
  }

  /** The record whose frame stands at an offset, valid until the next call; its body is not checked. */
  frame(offset: number): RecordView | undefined {
    return this.absence(offset) === undefined ? this.#lookup.frameAt(offset) : undefined;
  }

  /** Releases the open files; a second call does nothing. */
  close(): void {
    this.#reader.close();
    this.#lookup.close();
  }
}

function glanceOf(record: RecordView): Omit<Glance, "record"> {
  const properties = propertiesOf(record);
  const keys = propertyOf(properties, PROPERTY.keys);
  const uniqKey = propertyOf(properties, PROPERTY.uniqueKey);
  const tags = propertyOf(properties, PROPERTY.tags);
  return {
    topic: topicOf(record),
    queueId: record.queueId(),
    queueOffset: record.queueOffset(),
    storeSize: record.size,
    storeTimestamp: record.storeTimestamp(),
    ...(keys !== undefined && { keys }),
    ...(uniqKey !== undefined && { uniqKey }),
    ...(tags !== undefined && { tags }),
  };
}

/** Says in a table what is at an offset, if not a sound record. */
export function glanceNote({ record, flaw }: Pick<Glance, "record" | "flaw">): string | undefined {
  switch (record) {
    case "sound":
      return undefined;
    case "damaged":
      return `its record is damaged: ${flaw}`;
    case "expired":
      return "its record is gone: the log begins behind it";
    case "beyond":
      return "it leads beyond the log";
    case "missing":
      return "it leads to a log file that is missing";
  }
}
