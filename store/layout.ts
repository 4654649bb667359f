/**
 * The layout compiler: turns a table of rows `[name, kind, about]` into positions, a reader, a
 * writer and a walker. The order of the rows is the order on disk; no offset is ever typed, every
 * one is a running sum. All integers are big-endian.
 *
 * Hot paths use `LAYOUT.at.field` with `DataView`; everything else uses `read`, `write` and `walk`.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { i32, i64, record } from "./layout.ts";
 *
 * const POINT = record([["x", i32, "left"], ["time", i64, "when"]]);
 * const bytes = new DataView(new ArrayBuffer(POINT.size));
 * POINT.write(bytes, 0, { x: 7, time: 1_700_000_000_000 });
 * assert(POINT.at.time === 4 && POINT.read(bytes, 0).x === 7);
 * ```
 *
 * @module
 */
import assert from "node:assert/strict";

/** Values of the fields before this one, for kinds whose width depends on them. */
type Earlier = Readonly<Record<string, unknown>>;

/** How one field is laid out. `Fixed` says whether its width is always the same. */
export interface Kind<T, Fixed extends boolean = boolean> {
  /** Name in documents, such as `i32`. */
  readonly label: string;
  /** Bytes, or 0 when that depends on the value. */
  readonly width: Fixed extends true ? number : 0;
  /** Bytes the value takes. */
  sizeOf(value: T): number;
  /** Bytes the field takes at `at`, or −1 when a length in it is negative or cut off. */
  measure(view: DataView, at: number, earlier: Earlier): number;
  /** Reads the value. The caller has checked the bounds with {@linkcode Kind.measure}. */
  read(view: DataView, at: number, earlier: Earlier): T;
  /** Writes the value and returns the bytes written. */
  write(view: DataView, at: number, value: T): number;
}

function fixed<T>(
  label: string,
  width: number,
  read: (view: DataView, at: number) => T,
  write: (view: DataView, at: number, value: T) => void,
): Kind<T, true> {
  return {
    label,
    width,
    sizeOf: () => width,
    measure: () => width,
    read,
    write(view, at, value) {
      write(view, at, value);
      return width;
    },
  };
}

/** Reads a signed 64-bit integer as a number; exact between −2^53 and 2^53. */
export function readI64(view: DataView, at: number): number {
  return view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
}

/** Writes a safe integer as a signed 64-bit one. */
export function writeI64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / 0x1_0000_0000));
  view.setUint32(at + 4, value >>> 0);
}

/** Signed 8-bit integer. */
export const i8: Kind<number, true> = fixed(
  "i8",
  1,
  (view, at) => view.getInt8(at),
  (view, at, value) => view.setInt8(at, value),
);

/** Signed 16-bit integer. */
export const i16: Kind<number, true> = fixed(
  "i16",
  2,
  (view, at) => view.getInt16(at),
  (view, at, value) => view.setInt16(at, value),
);

/** Signed 32-bit integer. */
export const i32: Kind<number, true> = fixed(
  "i32",
  4,
  (view, at) => view.getInt32(at),
  (view, at, value) => view.setInt32(at, value),
);

/** Signed 64-bit integer held in a number: offsets and times. */
export const i64: Kind<number, true> = fixed("i64", 8, readI64, writeI64);

/** Any 64 bits: tag codes and extension addresses, which may pass 2^53. */
export const raw64: Kind<bigint, true> = fixed(
  "raw64",
  8,
  (view, at) => view.getBigInt64(at),
  (view, at, value) => view.setBigInt64(at, value),
);

/** A socket address as stored: 4 or 16 address bytes and a port of four bytes. */
export interface HostBytes {
  readonly address: Uint8Array;
  readonly port: number;
}

/** A socket address, 20 bytes where `bit` is set in the earlier field `sysFlag`, else 8. */
export function host(bit: number): Kind<HostBytes, false> {
  const widthOf = (earlier: Earlier) => ((earlier.sysFlag as number) & bit) === 0 ? 8 : 20;
  return {
    label: `host(0x${bit.toString(16)})`,
    width: 0,
    sizeOf: (value) => value.address.length + 4,
    measure: (_view, _at, earlier) => widthOf(earlier),
    read(view, at, earlier) {
      const length = widthOf(earlier) - 4;
      return { address: viewBytes(view, at, length), port: view.getInt32(at + length) };
    },
    write(view, at, value) {
      viewBytes(view, at, value.address.length).set(value.address);
      view.setInt32(at + value.address.length, value.port);
      return value.address.length + 4;
    },
  };
}

/** Bytes behind their own length; reading gives a view into the same memory. */
export function bytes(length: Kind<number, true>): Kind<Uint8Array, false> {
  return {
    label: `bytes(${length.label})`,
    width: 0,
    sizeOf: (value) => length.width + value.length,
    measure: (view, at) => measureBehind(length, view, at),
    read: (view, at) => viewBytes(view, at + length.width, length.read(view, at, {})),
    write(view, at, value) {
      length.write(view, at, value.length);
      viewBytes(view, at + length.width, value.length).set(value);
      return length.width + value.length;
    },
  };
}

const encoder = new TextEncoder();
/** A byte order mark is a character like any other. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 text behind its length in bytes. Bytes that are not UTF-8 read as U+FFFD. */
export function text(length: Kind<number, true>): Kind<string, false> {
  const inner = bytes(length);
  return {
    label: `text(${length.label})`,
    width: 0,
    sizeOf: (value) => length.width + encoder.encode(value).length,
    measure: inner.measure,
    read: (view, at, earlier) => decoder.decode(inner.read(view, at, earlier)),
    write: (view, at, value) => inner.write(view, at, encoder.encode(value)),
  };
}

function measureBehind(length: Kind<number, true>, view: DataView, at: number): number {
  if (at + length.width > view.byteLength) return -1;
  const count = length.read(view, at, {});
  return count < 0 ? -1 : length.width + count;
}

function viewBytes(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

/** One line of a format table: name, kind, what it means. */
export type Row = readonly [name: string, kind: Kind<unknown>, about: string];

type ValueOfKind<K> = K extends Kind<infer T> ? T : never;

/** The value a table of rows describes. */
export type ValueOf<Rows extends readonly Row[]> = {
  -readonly [R in Rows[number] as R[0]]: ValueOfKind<R[1]>;
};

/** Names of the fields whose position never varies: all up to the first of variable width. */
type PrefixNames<Rows extends readonly Row[]> = Rows extends readonly [
  infer Head extends Row,
  ...infer Tail extends readonly Row[],
] ? Head[1] extends Kind<unknown, true> ? Head[0] | PrefixNames<Tail> : Head[0]
  : never;

/** One field as {@linkcode Layout.walk} meets it. */
export interface FieldAt {
  readonly name: string;
  /** Position of the first byte. */
  readonly at: number;
  /** Bytes it takes, or would take where it does not fit. */
  readonly length: number;
  /** The value; `undefined` when the field does not fit. */
  readonly value: unknown;
  readonly about: string;
}

/** A compiled table. */
export interface Layout<Rows extends readonly Row[]> {
  readonly rows: Rows;
  /** Positions of the fields that never move. */
  readonly at: Readonly<Record<PrefixNames<Rows>, number>>;
  /** Bytes of the part that never moves; the whole record when no field varies. */
  readonly size: number;
  /** Bytes the value takes. */
  sizeOf(value: ValueOf<Rows>): number;
  /** Reads a whole record from `at`. Throws RangeError past the end: walk damaged bytes instead. */
  read(view: DataView, at: number): ValueOf<Rows>;
  /** Writes a whole record at `at` and returns its bytes. */
  write(view: DataView, at: number, value: ValueOf<Rows>): number;
  /** Goes over the fields and stops at the first that does not fit before `end`. */
  walk(view: DataView, at: number, end?: number): Generator<FieldAt, void>;
}

/** Compiles a table. Names must be unique. */
export function record<const Rows extends readonly Row[]>(rows: Rows): Layout<Rows> {
  const at: Record<string, number> = {};
  let size = 0;
  for (const [name, kind] of rows) {
    assert(!(name in at), `field ${name} stands twice`);
    at[name] = size;
    if (kind.width === 0) break;
    size += kind.width;
  }
  return {
    rows,
    at: at as Layout<Rows>["at"],
    size,
    sizeOf(value) {
      let sum = 0;
      for (const [name, kind] of rows) sum += kind.sizeOf((value as Earlier)[name]);
      return sum;
    },
    read(view, start) {
      const value: Record<string, unknown> = {};
      for (const field of walkRows(rows, view, { at: start, end: view.byteLength })) {
        if (field.value === undefined) throw new RangeError(`Cannot read ${field.name}: cut off`);
        value[field.name] = field.value;
      }
      return value as ValueOf<Rows>;
    },
    write(view, start, value) {
      let position = start;
      for (const [name, kind] of rows) {
        position += kind.write(view, position, (value as Earlier)[name]);
      }
      return position - start;
    },
    walk: (view, start, end = view.byteLength) => walkRows(rows, view, { at: start, end }),
  };
}

function* walkRows(
  rows: readonly Row[],
  view: DataView,
  range: { at: number; end: number },
): Generator<FieldAt, void> {
  const earlier: Record<string, unknown> = {};
  let at = range.at;
  for (const [name, kind, about] of rows) {
    const length = kind.measure(view, at, earlier);
    if (length < 0 || at + length > range.end) {
      yield { name, at, length, value: undefined, about };
      return;
    }
    const value = kind.read(view, at, earlier);
    earlier[name] = value;
    yield { name, at, length, value, about };
    at += length;
  }
}
