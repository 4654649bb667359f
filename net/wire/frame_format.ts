/**
 * The layout of a frame, once: the eight bytes before every header, the fixed fields of the binary
 * header, the keys of the JSON header, and the limits a peer must keep. Offsets are running sums.
 * Other programs speak these bytes: never change them.
 *
 * @module
 */

import type { SerializeType } from "./command.ts";

/** One fixed field: name, size in bytes, what it holds. All integers are big-endian. */
export type FixedRow = readonly [name: string, bytes: number, about: string];

/** The start of every frame. */
export const PREFIX_ROWS = [
  ["length", 4, "bytes that follow: 4 + header + body"],
  ["serialize", 1, "encoding of the header: 0 JSON, 1 ROCKETMQ"],
  ["headerLength", 3, "bytes of the header; the body is the rest of the frame"],
] as const satisfies readonly FixedRow[];

/** The fixed start of a ROCKETMQ header; remark, field section length and fields follow. */
export const BINARY_ROWS = [
  ["code", 2, "low 16 bits of the code; larger codes do not survive this encoding"],
  ["language", 1, "position in the table of languages"],
  ["version", 2, "ordinal of the sender's release"],
  ["opaque", 4, "correlation number"],
  ["flag", 4, "bit 0 response, bit 1 one-way"],
  ["remarkLength", 4, "bytes of the remark that follows, 0 for none"],
] as const satisfies readonly FixedRow[];

/** Keys of a JSON header in the order they are written, and what they hold. */
export const JSON_ROWS = [
  ["code", "request code, or response code"],
  ["extFields", "object of texts; absent when there are none"],
  ["flag", "bit 0 response, bit 1 one-way"],
  ["language", "name from the table of languages"],
  ["opaque", "correlation number"],
  ["remark", "text for people; absent when there is none"],
  ["serializeTypeCurrentRPC", '"JSON"; the byte before the header decides'],
  ["version", "ordinal of the sender's release"],
] as const satisfies readonly (readonly [key: string, about: string])[];

/** Offsets in the prefix of a frame. */
export const PREFIX = offsets(PREFIX_ROWS);

/** Offsets in a ROCKETMQ header. */
export const BINARY = offsets(BINARY_ROWS);

/** Bytes before the header. */
export const PREFIX_BYTES = sizeOf(PREFIX_ROWS);

/** Bytes of the length field itself, which it does not count. */
export const LENGTH_BYTES = PREFIX_ROWS[0][1];

/** Bytes of the length of a remark, of the field section, and of a field's value. */
export const I32_BYTES = 4;

/** Bytes of the length of a field's key. */
export const I16_BYTES = 2;

/** Bytes of a ROCKETMQ header up to the remark. */
export const BINARY_FIXED_BYTES = sizeOf(BINARY_ROWS);

/** Bytes of the smallest ROCKETMQ header: no remark, no fields. */
export const BINARY_BYTES_MIN = BINARY_FIXED_BYTES + I32_BYTES;

/** Serialize types by the byte that stands for them. */
export const SERIALIZE_TYPES = ["JSON", "ROCKETMQ"] as const satisfies readonly SerializeType[];

/** Bytes of the largest frame, its length field included (Java: `frameMaxLength`). */
export const FRAME_BYTES_MAX = 16_777_216;

/**
 * Bytes of the largest header that is read. Java sets no limit of its own. The largest field a
 * client may send is 32 KiB of message properties, and JSON writes a control character in six bytes.
 */
export const HEADER_BYTES_MAX = 262_144;

/** Largest length the three bytes of the prefix can hold. */
export const HEADER_LENGTH_MAX = 0xff_ff_ff;

/** Bytes of the longest key of a field. */
export const KEY_BYTES_MAX = 0x7f_ff;

/** Bytes that are no frame: the connection cannot go on, since the next frame cannot be found. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  /** Which part of the frame is wrong. */
  readonly what: string;
  /** What was found there. */
  readonly value: number | string;
  /** What would have been right, with the limit that was passed. */
  readonly expected: string;

  /** Names the part, what it is and what it should be. */
  constructor(what: string, { value, expected }: { value: number | string; expected: string }) {
    super(`Cannot decode frame: ${what} is ${value}, expected ${expected}`);
    this.what = what;
    this.value = value;
    this.expected = expected;
  }
}

type Offsets<Rows extends readonly FixedRow[]> = {
  readonly [Row in Rows[number] as Row[0]]: number;
};

function offsets<const Rows extends readonly FixedRow[]>(rows: Rows): Offsets<Rows> {
  let at = 0;
  const table: Record<string, number> = {};
  for (const [name, bytes] of rows) {
    table[name] = at;
    at += bytes;
  }
  return table as Offsets<Rows>;
}

function sizeOf(rows: readonly FixedRow[]): number {
  return rows.reduce((sum, row) => sum + row[1], 0);
}
