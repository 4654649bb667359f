/**
 * A part of a file byte by byte, for `--layout`: every field with its place, its bytes, its value and
 * what that says. Made from the format's own tables.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { FieldAt, Layout, Row } from "../../store/layout.ts";
import type { FileSystem } from "../../store/file.ts";
import type { SegmentList } from "../../store/segments.ts";
import type { Field } from "../output/format_option.ts";
import { timeText } from "../output/row_writer.ts";

/** One field of a file. */
export interface ByteRow {
  readonly field: string;
  readonly file: string;
  /** Position in the file. */
  readonly fileOffset: number;
  readonly length: number;
  readonly hex: string;
  readonly value: string | number;
  readonly meaning: string;
}

/** Its columns. */
export const BYTE_FIELDS: readonly Field[] = [
  { name: "field", type: "string", about: "name of the field", width: 20 },
  { name: "fileOffset", type: "number", about: "position in the file", width: 8 },
  { name: "length", type: "number", about: "bytes of the field", width: 6 },
  { name: "hex", type: "string", about: "the bytes", width: 16 },
  { name: "value", type: "string", about: "its value", width: 20 },
  { name: "meaning", type: "string", about: "what the value says", width: 0 },
  { name: "file", type: "string", about: "file it stands in" },
];

/** Where the bytes come from. */
export interface ByteSource {
  readonly file: string;
  /** Position in the file of the first byte of the view. */
  readonly fileAt: number;
  readonly view: DataView;
  /** Says what a value means; otherwise the format's own words are taken. */
  readonly meaningOf?: (name: string, value: unknown) => string | undefined;
}

/** The fields a table has in the bytes; one that does not fit whole is the last. */
export function byteRows(layout: Layout<readonly Row[]>, source: ByteSource): ByteRow[] {
  return [...layout.walk(source.view, 0)].map((field) => byteRow(field, source));
}

/** The bytes at a position of a log of files; fewer where the file ends, `undefined` without one. */
export function bytesAt(
  files: FileSystem,
  { segments }: SegmentList,
  { position, length }: { readonly position: number; readonly length: number },
): ByteSource | undefined {
  const segment = segments.find((it) => position >= it.start && position < it.start + it.length);
  if (segment === undefined) return undefined;
  const file = files.openRead(segment.path);
  try {
    const bytes = new Uint8Array(length);
    const held = file.read(bytes, position - segment.start);
    const view = new DataView(bytes.buffer, 0, held);
    return { file: segment.path, fileAt: position - segment.start, view };
  } finally {
    file.close();
  }
}

const HEX_BYTES_MAX = 256;

function byteRow({ name, at, length, value, about }: FieldAt, source: ByteSource): ByteRow {
  const { view, file, fileAt } = source;
  const held = Math.max(0, Math.min(length, view.byteLength - at));
  const bytes = Buffer.from(view.buffer, view.byteOffset + at, Math.min(held, HEX_BYTES_MAX));
  const meaning = value === undefined
    ? `cut off: ${held} of ${length < 0 ? "?" : length} bytes are there`
    : source.meaningOf?.(name, value) ?? about;
  return {
    field: name,
    file,
    fileOffset: fileAt + at,
    length,
    hex: bytes.toString("hex") + (held > HEX_BYTES_MAX ? "…" : ""),
    value: valueText(value),
    meaning,
  };
}

function valueText(value: unknown): string | number {
  if (typeof value === "number") return value;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return value === undefined ? "" : String(value);
}

/** A time as a meaning: 0 is none. */
export function timeMeaning(timeMs: number, about: string): string {
  return timeMs === 0 ? `${about}: never` : `${about}: ${timeText(timeMs)}`;
}
