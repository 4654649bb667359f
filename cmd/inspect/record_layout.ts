/**
 * `mq inspect commitlog --layout OFFSET`: one record byte by byte, as the format tables have it, as
 * far as its bytes make sense.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { compressionOf } from "../../store/body.ts";
import type { FileSystem } from "../../store/file.ts";
import { BLANK, MAGIC, MESSAGE_V1, MESSAGE_V2, SIZE, SYS_FLAG } from "../../store/format.ts";
import { formatHost } from "../../store/host.ts";
import { type FieldAt, type HostBytes, i16, i32, i8 } from "../../store/layout.ts";
import { PROPERTY } from "../../store/properties.ts";
import { sealState } from "../../store/property_crc.ts";
import { bodyCrc, hex32, RECORD_BYTES_MIN, RecordView } from "../../store/record_view.ts";
import type { Segment } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { type Field, openRows } from "../output/format_option.ts";
import { timeText } from "../output/row_writer.ts";
import { FrameWalk } from "../reading/frame_walk.ts";
import { logAt, type LogPlace } from "../reading/log_place.ts";
import { note, type Terminal } from "../terminal.ts";
import type { InspectCommitLogOptions } from "./commitlog.ts";

/** One field of a record. */
export interface LayoutRow {
  readonly field: string;
  readonly commitLogOffset: number;
  /** Position in the file. */
  readonly fileOffset: number;
  readonly length: number;
  /** Its bytes, the first of them where they are many. */
  readonly hex: string;
  readonly value?: unknown;
  readonly meaning: string;
  /** Whether it is not what it must be. */
  readonly wrong?: true;
}

const FIELDS: readonly Field[] = [
  { name: "field", type: "string", about: "name of the field", width: 25 },
  { name: "commitLogOffset", type: "number", about: "where it starts in the log", width: 15 },
  { name: "fileOffset", type: "number", about: "where it starts in its file", width: 10 },
  { name: "length", type: "number", about: "bytes it takes", width: 6 },
  { name: "hex", type: "string", about: "its bytes; of many the first", width: 35 },
  {
    name: "value",
    type: "object",
    about: "what it says; in tables the beginning of long texts",
    width: 16,
    from: (row) => clipped((row as LayoutRow).value),
  },
  { name: "meaning", type: "string", about: "what that means", width: 0, from: meaningOf },
  { name: "wrong", type: "boolean", about: "whether it is not what it must be" },
];

const HEX_BYTES_MAX = 16;
const TEXT_CHARS_MAX = 40;
/** What is read of a record whose own size cannot be believed. */
const UNSIZED_BYTES_MAX = 64 * 1024;
/** A size beyond this is no record's. */
const RECORD_BYTES_MAX = SIZE.bodyBytesMax * 64;

/** Prints one record. */
export function printLayout(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectCommitLogOptions,
): number {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const offset = options.layout!;
  const place = logAt(terminal, argument);
  const { segment, end } = fileOf(place, offset);
  const bytes = readRecord(terminal.files, segment, { offset, end });
  const magic = bytes.length < SIZE.blankMin ? 0 : viewOf(bytes).getInt32(BLANK.at.magic);
  if (magic !== MAGIC.v1 && magic !== MAGIC.v2 && magic !== MAGIC.blank) {
    explainNone(terminal, place, offset);
  }
  note(terminal, `${segment.path}, from byte ${offset - segment.start}`);
  let wrong = 0;
  for (const row of layoutRows(bytes, { offset, start: segment.start, room: end - offset })) {
    if (row.wrong === true) wrong++;
    rows.row(row);
  }
  rows.end();
  terminal.out.flush();
  return wrong > 0 ? EXIT.left : EXIT.ok;
}

/** The file an offset lies in. */
function fileOf({ log }: LogPlace, offset: number): { segment: Segment; end: number } {
  const endOf = (it: Segment) => it.start + Math.min(it.length, log.segmentBytes);
  const segment = log.segments.find((it) => offset >= it.start && offset < endOf(it));
  if (segment !== undefined) return { segment, end: endOf(segment) };
  const last = log.segments.at(-1);
  const range = last === undefined
    ? "there are none"
    : `they hold ${log.segments[0]!.start} to ${endOf(last)}`;
  throw new Failure(`No file of the log has offset ${offset}: ${range}`);
}

function readRecord(
  files: FileSystem,
  segment: Segment,
  { offset, end }: { readonly offset: number; readonly end: number },
): Uint8Array {
  const file = files.openRead(segment.path);
  try {
    const head = new Uint8Array(Math.min(SIZE.blankMin, end - offset));
    const held = file.read(head, offset - segment.start);
    if (held < SIZE.blankMin) return head.subarray(0, held);
    const size = viewOf(head).getInt32(MESSAGE_V1.at.totalSize);
    const isBlank = viewOf(head).getInt32(BLANK.at.magic) === MAGIC.blank;
    const isSized = size >= RECORD_BYTES_MIN && size <= Math.min(end - offset, RECORD_BYTES_MAX);
    const length = isSized && !isBlank ? size : Math.min(UNSIZED_BYTES_MAX, end - offset);
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, file.read(bytes, offset - segment.start));
  } finally {
    file.close();
  }
}

/** Goes on only where damage begins at the offset; throws a failure that says what is there else. */
function explainNone({ files }: Terminal, { log }: LogPlace, offset: number): void {
  const from = log.segments.findLast((it) => it.start <= offset)!.start;
  const walk = new FrameWalk(files, log, { from });
  try {
    while (walk.next()) {
      if (walk.at + walk.length <= offset) continue;
      if (walk.kind === "damage" && walk.at === offset) return;
      const { at } = walk;
      if (walk.kind === "message") {
        throw new Failure(
          `No record starts at ${offset}: the one at ${at} covers it; see --layout ${at}`,
        );
      }
      if (walk.kind === "blank") {
        throw new Failure(`No record starts at ${offset}: from ${at} on the file is filled up`);
      }
      if (walk.kind === "tail") throw new Failure(`No record at ${offset}: the log ends at ${at}`);
      throw new Failure(
        `No record starts at ${offset}: ${walk.length} bytes from ${at} on are damaged; see ` +
          `--layout ${at}`,
      );
    }
  } finally {
    walk.close();
  }
}

/** Where the bytes of a record come from. */
export interface LayoutPlace {
  /** Of the record in the log. */
  readonly offset: number;
  /** Of its file in the log. */
  readonly start: number;
  /** Bytes from the record to the end of its file. */
  readonly room: number;
}

/** The fields of a record, or of a filler, as far as they fit. */
export function layoutRows(bytes: Uint8Array, place: LayoutPlace): LayoutRow[] {
  const view = viewOf(bytes);
  const magic = bytes.length < SIZE.blankMin ? 0 : view.getInt32(BLANK.at.magic);
  const layout = magic === MAGIC.blank ? BLANK : magic === MAGIC.v2 ? MESSAGE_V2 : MESSAGE_V1;
  const table = new Table(bytes, place);
  for (const field of layout.walk(view, 0)) table.field(field);
  if (magic !== MAGIC.blank) table.rest();
  return table.rows;
}

/** The rows of one record while they are made. */
class Table {
  readonly rows: LayoutRow[] = [];
  readonly #bytes: Uint8Array;
  readonly #place: LayoutPlace;
  readonly #seen: Record<string, unknown> = {};
  #end = 0;

  constructor(bytes: Uint8Array, place: LayoutPlace) {
    this.#bytes = bytes;
    this.#place = place;
  }

  field(field: FieldAt): void {
    const { name, at, length, value, about } = field;
    if (value === undefined) return this.#cutOff(field);
    this.#seen[name] = value;
    this.#end = at + length;
    if (name === "body") return this.#body(field);
    if (name === "topic") {
      const width = this.#seen.magic === MAGIC.v2 ? i16.width : i8.width;
      this.#length("topicLength", at, width, length - width);
      return this.#row({ name, at: at + width, length: length - width, value, meaning: about });
    }
    if (name === "properties") return this.#properties(field);
    const wrong = this.#wrongness(name, value as number);
    const meaning = wrong ?? this.#meaning(name, value) ?? about;
    this.#row({ name, at, length, value: shown(value), meaning, wrong: wrong !== undefined });
  }

  /** What stands behind the last field, and whether there should be anything. */
  rest(): void {
    const size = this.#seen.totalSize as number | undefined;
    if (size === undefined || this.#seen.properties === undefined || size === this.#end) return;
    this.#row({
      name: "(end)",
      at: this.#end,
      length: Math.max(0, size - this.#end),
      meaning: `the fields end after ${this.#end} bytes, totalSize says ${size}`,
      wrong: true,
    });
  }

  #body({ at, length, about }: FieldAt): void {
    const bodyLength = length - i32.width;
    this.#length("bodyLength", at, i32.width, bodyLength);
    if (bodyLength === 0) return;
    const from = at + i32.width;
    const real = bodyCrc(this.#bytes.subarray(from, from + bodyLength));
    const stored = this.#seen.bodyCRC as number;
    const wrong = real !== stored;
    const compression = compressionOf(this.#seen.sysFlag as number);
    const meaning = wrong
      ? `its CRC is ${hex32(real)}, bodyCRC says ${hex32(stored)}`
      : compression === "none"
      ? `${about.split(",")[0]}, CRC right`
      : `compressed with ${compression}, CRC right`;
    this.#row({ name: "body", at: from, length: bodyLength, meaning, wrong });
  }

  #properties({ at, length, value }: FieldAt): void {
    this.#length("propertiesLength", at, i16.width, length - i16.width);
    let from = at + i16.width;
    const end = at + length;
    if (value === "") return;
    while (from < end) {
      const stop = this.#bytes.indexOf(PAIR_END, from);
      const to = stop < 0 || stop >= end ? end : stop + 1;
      const text = Buffer.from(this.#bytes.subarray(from, to)).toString("utf8");
      const nameEnd = text.indexOf("\u0001");
      const isPair = nameEnd > 0;
      const name = isPair ? text.slice(0, nameEnd) : "";
      const pair = text.slice(nameEnd + 1).replace("\u0002", "");
      const [meaning, wrong] = this.#property(name, isPair);
      this.#row({
        name: isPair ? `property ${name}` : "property",
        at: from,
        length: to - from,
        ...(isPair && { value: pair }),
        meaning,
        wrong,
      });
      from = to;
    }
  }

  #property(name: string, isPair: boolean): [meaning: string, wrong: boolean] {
    if (!isPair) return ["no pair of name and value", false];
    if (name !== PROPERTY.crc32) return ["", false];
    const record = new RecordView();
    record.attach(this.#bytes);
    if (record.load(0, this.#bytes.length) !== undefined) return ["CRC of the record", false];
    return sealState(record) === "wrong"
      ? ["CRC of the record, not that of these bytes", true]
      : ["CRC of the record, right", false];
  }

  #length(name: string, at: number, width: number, value: number): void {
    this.#row({ name, at, length: width, value, meaning: "bytes that follow" });
  }

  /** A field whose bytes end before it does: what its own length says, or the record's. */
  #cutOff({ name, at, length }: FieldAt): void {
    const left = this.#bytes.length - at;
    const meaning = length < 0
      ? `its length is negative or cut off; ${left} bytes are left`
      : `it would take ${length} bytes, ${left} are left`;
    this.#row({ name, at, length: left, meaning, wrong: true });
  }

  /** Why a value cannot be right; `undefined` when it may be. */
  #wrongness(name: string, value: number): string | undefined {
    const { offset, room } = this.#place;
    switch (name) {
      case "totalSize":
        return value < RECORD_BYTES_MIN || value > room
          ? `a record here can have ${RECORD_BYTES_MIN} to ${room} bytes`
          : undefined;
      case "length":
        return value === room ? undefined : `the file has ${room} bytes from here on`;
      case "magic":
        return magicText(value) === undefined
          ? `neither a message nor a filler: ${hex32(value)}`
          : undefined;
      case "physicalOffset":
        return value === offset ? undefined : `the record stands at ${offset}`;
      default:
        return undefined;
    }
  }

  #meaning(name: string, value: unknown): string | undefined {
    if (name === "magic") return magicText(value as number);
    if (name === "sysFlag") return sysFlagText(value as number);
    if (name.endsWith("Timestamp")) return timeText(value as number);
    if (name === "bodyCRC") return `CRC-32 of the stored body: ${hex32(value as number)}`;
    return undefined;
  }

  #row(row: {
    readonly name: string;
    readonly at: number;
    readonly length: number;
    readonly value?: unknown;
    readonly meaning: string;
    readonly wrong?: boolean;
  }): void {
    const { name: field, at, length, value, meaning, wrong = false } = row;
    const { offset, start } = this.#place;
    const held = Buffer.from(this.#bytes.subarray(at, at + Math.min(length, HEX_BYTES_MAX)));
    this.rows.push({
      field,
      commitLogOffset: offset + at,
      fileOffset: offset - start + at,
      length,
      hex: held.toString("hex") + (length > HEX_BYTES_MAX ? "…" : ""),
      ...(value !== undefined && { value }),
      meaning,
      ...(wrong && { wrong }),
    });
  }
}

const PAIR_END = 2;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A value as it may be printed. */
function shown(value: unknown): unknown {
  const isHost = typeof value === "object" && value !== null && "address" in value;
  return isHost ? formatHost(value as HostBytes) : value;
}

function clipped(value: unknown): unknown {
  const isLong = typeof value === "string" && value.length > TEXT_CHARS_MAX;
  return isLong ? `${value.slice(0, TEXT_CHARS_MAX)}…` : value;
}

function meaningOf(row: object): string {
  const { wrong, meaning } = row as LayoutRow;
  return wrong === true ? `WRONG: ${meaning}` : meaning;
}

function magicText(magic: number): string | undefined {
  switch (magic) {
    case MAGIC.v1:
      return "a message, topic length of one byte (V1)";
    case MAGIC.v2:
      return "a message, topic length of two bytes (V2)";
    case MAGIC.blank:
      return "a filler to the end of the file";
    default:
      return undefined;
  }
}

/** Names of the bits that are set. */
export function sysFlagText(sysFlag: number): string {
  const names: string[] = [];
  const bit = (mask: number, name: string) => (sysFlag & mask) !== 0 && names.push(name);
  const compression = compressionOf(sysFlag);
  if (sysFlag & SYS_FLAG.compressed) names.push(`compressed (${compression})`);
  bit(SYS_FLAG.multiTags, "multi tags");
  const transaction = sysFlag & SYS_FLAG.transactionMask;
  if (transaction === SYS_FLAG.transactionPrepared) names.push("half message");
  if (transaction === SYS_FLAG.transactionCommit) names.push("committed");
  if (transaction === SYS_FLAG.transactionRollback) names.push("rolled back");
  bit(SYS_FLAG.bornHostV6, "born host IPv6");
  bit(SYS_FLAG.storeHostV6, "store host IPv6");
  bit(SYS_FLAG.needUnwrap, "to be unwrapped");
  bit(SYS_FLAG.innerBatch, "batch");
  const known = SYS_FLAG.compressed | SYS_FLAG.multiTags | SYS_FLAG.transactionMask |
    SYS_FLAG.bornHostV6 | SYS_FLAG.storeHostV6 | SYS_FLAG.needUnwrap | SYS_FLAG.innerBatch |
    SYS_FLAG.compressionMask;
  if (sysFlag & ~known) names.push(`unknown bits ${hex32(sysFlag & ~known)}`);
  return names.length === 0 ? "no bit is set" : names.join(", ");
}
