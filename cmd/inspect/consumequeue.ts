/**
 * `mq inspect consumequeue`: the units of consume queues as they stand in their files.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import { BatchQueueReader } from "../../store/batch_queue_reader.ts";
import { indexIn } from "../../store/check/queue_place.ts";
import type { FileSystem } from "../../store/file.ts";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT } from "../../store/format.ts";
import { LogLookup } from "../../store/log_lookup.ts";
import { NAME } from "../../store/names.ts";
import { extOffset, QueueExtReader } from "../../store/queue_ext_reader.ts";
import { QueueReader } from "../../store/queue_reader.ts";
import { listSegments, type Segment } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { type QueuePlace, queuesAt } from "../reading/queue_place.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { note, type Terminal } from "../terminal.ts";

/** What `mq inspect consumequeue` may be asked. */
export interface InspectConsumeQueueOptions extends OutputOptions {
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit?: number | undefined;
  readonly batch?: boolean | undefined;
}

const FIELDS: readonly Field[] = [
  {
    name: "kind",
    type: "string",
    about: "unit; stand-in: the unit beside it once more, in the slot of a lost message; " +
      "padding before the first; damage between units; missing: no file has them; " +
      "tail: room behind the last",
    width: 8,
  },
  { name: "topic", type: "string", about: "topic", width: 24 },
  { name: "queueId", type: "number", about: "queue of the topic", width: 7 },
  { name: "queueOffset", type: "number", about: "index of the message in its queue", width: 11 },
  { name: "commitLogOffset", type: "number", about: "where the record starts", width: 15 },
  { name: "size", type: "number", about: "bytes of the record", width: 9 },
  {
    name: "tagsCode",
    type: "string",
    about: "hash of the tag, delivery time of a delayed message, or extension address",
    width: 20,
  },
  { name: "storeTimestamp", type: "time", about: "batch queues: store time of the record" },
  { name: "batchSize", type: "number", about: "batch queues: messages in the record" },
  { name: "extension", type: "object", about: "unit of the extension file, its bit map in hex" },
  { name: "units", type: "number", about: "of what is no unit: how many it takes" },
  { name: "length", type: "number", about: "of what is no unit: its bytes" },
  { name: "file", type: "string", about: "of what is no unit: its file" },
  { name: "note", type: "string", about: "in tables: what is no unit", width: 0, from: noteOf },
];

/** A run of places that hold no unit. */
interface Gap {
  readonly kind: "padding" | "damage" | "missing" | "tail";
  readonly queueOffset: number;
  readonly units: number;
  readonly length: number;
  readonly file: string;
}

/** Prints consume queues. */
export function inspectConsumeQueue(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectConsumeQueueOptions,
): number {
  const { topic, queue, from, to } = options;
  if (from !== undefined && to !== undefined && from > to) {
    throw usageFailure("--from is behind --to");
  }
  const rows = openRows(terminal, FIELDS, options);
  if (rows === undefined) return EXIT.ok;
  const places = queuesAt(terminal, argument, options)
    .filter((it) => topic === undefined || it.topic === topic)
    .filter((it) => queue === undefined || it.queueId === queue);
  const print = new QueuePrint(terminal.files, rows, options);
  for (const place of places) {
    if (print.isFull) break;
    print.queue(place);
  }
  rows.end();
  terminal.out.flush();
  if (places.length === 0) note(terminal, "no such queue");
  return print.damages > 0 ? EXIT.left : EXIT.ok;
}

/** Prints queue after queue until the limit is reached. */
class QueuePrint {
  damages = 0;
  readonly #files: FileSystem;
  readonly #rows: RowWriter;
  readonly #options: InspectConsumeQueueOptions;
  #units = 0;

  constructor(files: FileSystem, rows: RowWriter, options: InspectConsumeQueueOptions) {
    this.#files = files;
    this.#rows = rows;
    this.#options = options;
  }

  /** Whether nothing more is wanted. */
  get isFull(): boolean {
    return this.#rows.closed || this.#units >= (this.#options.limit ?? Infinity);
  }

  queue(place: QueuePlace): void {
    if (place.kind === "batch") this.#batchQueue(place);
    else this.#simpleQueue(place);
  }

  #simpleQueue(place: QueuePlace): void {
    const reader = new QueueReader(this.#files, place.segments);
    const extensions = new QueueExtReader(this.#files, place.extensions);
    const standIns = new StandIns(this.#files, place, reader);
    const { from = 0, to = Infinity } = this.#options;
    const gap = new GapRun(QUEUE_UNIT.size, (row) => this.#gap(place, row));
    try {
      for (const [at, segment] of place.segments.segments.entries()) {
        const first = Math.ceil(segment.start / QUEUE_UNIT.size);
        const end = first + Math.floor(heldBytes(segment) / QUEUE_UNIT.size);
        for (let index = Math.max(first, from); index < Math.min(end, to); index++) {
          if (this.isFull) return;
          if (!reader.moveTo(index)) break;
          if (!reader.isValid()) gap.add("tail", index, segment);
          else if (reader.isPadding()) gap.add("padding", index, segment);
          else {
            gap.end(true);
            const kind = standIns.hasOneAt(index) ? "stand-in" : "unit";
            this.#unit(place, { kind, ...simpleUnit(reader, extensions) });
          }
        }
        const isInRange = end < to && (segment.start + segment.length) / QUEUE_UNIT.size > from;
        gap.rest(segment, { end, isWanted: isInRange && !this.isFull });
        const next = place.segments.segments[at + 1];
        const behind = Math.ceil((next?.start ?? 0) / QUEUE_UNIT.size);
        if (next !== undefined && behind > from && end < to) gap.missing(segment, next);
      }
      gap.end(false);
    } finally {
      reader.close();
      extensions.close();
      standIns.close();
    }
  }

  #batchQueue(place: QueuePlace): void {
    const reader = new BatchQueueReader(this.#files, place.segments);
    const { from = 0, to = Infinity } = this.#options;
    const gap = new GapRun(BATCH_QUEUE_UNIT.size, (row) => this.#gap(place, row));
    try {
      for (const [at, segment] of place.segments.segments.entries()) {
        const first = reader.files.startOf(at);
        const end = first + Math.floor(heldBytes(segment) / BATCH_QUEUE_UNIT.size);
        for (let number = first; number < end && reader.moveTo(number); number++) {
          if (this.isFull) return;
          if (!reader.isValid()) gap.add("tail", number, segment);
          else {
            gap.end(true);
            const isWanted = reader.baseOffset < to && reader.baseOffset + reader.batchSize > from;
            if (isWanted) this.#unit(place, { kind: "unit", ...batchUnit(reader) });
          }
        }
        gap.rest(segment, { end, isWanted: true });
        const next = place.segments.segments[at + 1];
        if (next !== undefined) gap.missing(segment, next);
      }
      gap.end(false);
    } finally {
      reader.close();
    }
  }

  #unit({ topic, queueId }: QueuePlace, { kind, ...unit }: { readonly kind: string }): void {
    this.#units++;
    this.#rows.row({ kind, topic, queueId, ...unit });
  }

  #gap(place: QueuePlace, gap: Gap): void {
    if (gap.kind === "damage" || gap.kind === "missing") this.damages++;
    const { kind, ...rest } = gap;
    this.#rows.row({ kind, topic: place.topic, queueId: place.queueId, ...rest });
  }
}

/** Tells units from those that stand in for lost messages, by the log of the store they are in. */
class StandIns {
  readonly #files: FileSystem;
  readonly #place: QueuePlace;
  readonly #reader: QueueReader;
  #lookup: LogLookup | undefined;

  constructor(files: FileSystem, place: QueuePlace, reader: QueueReader) {
    this.#files = files;
    this.#place = place;
    this.#reader = reader;
  }

  /** Whether the unit the reader is at stands in; where there is no log, none is known to. */
  hasOneAt(index: number): boolean {
    const reader = this.#reader;
    const { physicalOffset } = reader;
    const isShared = [index - 1, index + 1].some((beside) =>
      reader.moveTo(beside) && reader.isValid() && reader.physicalOffset === physicalOffset
    );
    reader.moveTo(index);
    if (!isShared) return false;
    const record = this.#log().frameAt(physicalOffset);
    const named = record === undefined ? undefined : indexIn(this.#place, record);
    return named !== undefined && named !== index;
  }

  close(): void {
    this.#lookup?.close();
  }

  #log(): LogLookup {
    const root = dirname(dirname(dirname(this.#place.path)));
    const directory = join(root, NAME.commitLog);
    return this.#lookup ??= new LogLookup(this.#files, listSegments(this.#files, directory));
  }
}

/** Gathers places without a unit: what they are is known once it is known what follows. */
class GapRun {
  readonly #unitBytes: number;
  readonly #print: (gap: Gap) => void;
  #gap: Gap | undefined;

  constructor(unitBytes: number, print: (gap: Gap) => void) {
    this.#unitBytes = unitBytes;
    this.#print = print;
  }

  /** Adds one place. */
  add(kind: "padding" | "tail", index: number, segment: Segment): void {
    if (this.#gap !== undefined && this.#gap.kind !== kind) this.end(true);
    this.#grow({ kind, queueOffset: index, file: segment.path }, this.#unitBytes);
  }

  /** Adds what stands behind the last whole unit looked at in a file. */
  rest(segment: Segment, { end, isWanted }: { end: number; isWanted: boolean }): void {
    const firstUnit = Math.ceil(segment.start / this.#unitBytes);
    const unread = segment.length - (end - firstUnit) * this.#unitBytes;
    if (!isWanted || unread === 0) return;
    if (unread % this.#unitBytes === 0) {
      this.#grow({ kind: "tail", queueOffset: end, file: segment.path }, unread);
      return;
    }
    this.end(false);
    this.#print({ kind: "damage", queueOffset: end, units: 0, length: unread, file: segment.path });
  }

  /** Prints what no file has between one and the next. */
  missing(segment: Segment, next: Segment): void {
    const end = segment.start + segment.length;
    const length = next.start - end;
    if (length <= 0) return;
    this.end(true);
    const queueOffset = Math.ceil(end / this.#unitBytes);
    const units = Math.ceil(next.start / this.#unitBytes) - queueOffset;
    this.#print({ kind: "missing", queueOffset, units, length, file: segment.path });
  }

  /** Prints the run; without a unit behind it, it is the room at the queue's end. */
  end(isFollowed: boolean): void {
    const gap = this.#gap;
    this.#gap = undefined;
    if (gap === undefined) return;
    this.#print(gap.kind === "tail" && isFollowed ? { ...gap, kind: "damage" } : gap);
  }

  #grow(start: Pick<Gap, "kind" | "queueOffset" | "file">, length: number): void {
    const before = this.#gap ?? { ...start, units: 0, length: 0 };
    this.#gap = {
      ...before,
      units: before.units + length / this.#unitBytes,
      length: before.length + length,
    };
  }
}

/** Room taken for zeros without being read: the file has no blocks there. */
const HOLE_MARGIN_BYTES = 1024 * 1024;

function heldBytes(segment: Segment): number {
  return Math.min(segment.length, segment.allocatedBytes + HOLE_MARGIN_BYTES);
}

function simpleUnit(reader: QueueReader, extensions: QueueExtReader): object {
  const { index: queueOffset, physicalOffset: commitLogOffset, size } = reader;
  const unit = { queueOffset, commitLogOffset, size, tagsCode: String(reader.tagsCode()) };
  if (!reader.isExtAddress()) return unit;
  const item = extensions.read(extOffset(reader.tagsCodeHigh, reader.tagsCodeLow));
  if (item.unit === undefined) return unit;
  const { tagsCode, storeTimestamp, bitMap } = item.unit;
  return {
    ...unit,
    extension: {
      offset: item.at,
      tagsCode: String(tagsCode),
      storeTimestamp,
      bitMap: Buffer.from(bitMap).toString("hex"),
    },
  };
}

function batchUnit(reader: BatchQueueReader): object {
  return {
    queueOffset: reader.baseOffset,
    commitLogOffset: reader.physicalOffset,
    size: reader.size,
    tagsCode: String(reader.tagsCode()),
    storeTimestamp: reader.storeTimestamp,
    batchSize: reader.batchSize,
  };
}

function noteOf(row: object): string | undefined {
  const { kind, units, length } = row as Partial<Gap>;
  if (length === undefined) return undefined;
  if (kind === "missing") return `${units} units: a file is missing or too short`;
  return units === 0 ? `${length} bytes, no whole unit` : `${units} units`;
}
