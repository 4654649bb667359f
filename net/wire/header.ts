/**
 * What a header table is, and how the text fields of a command become a typed header and back. A
 * table is rows `[wireKey, name, kind, required]`; TypeScript infers the header's type from the
 * rows, so no interface repeats them. The tables themselves are in `headers_*.ts`.
 *
 * @module
 */

/** What the text of a field means. */
export type FieldKind = "string" | "int" | "long" | "boolean" | "double";

/** Fourth member of a row: Java fails a request without the field. */
export const REQUIRED = true;

/** Fourth member of a row: the field may be absent. */
export const OPTIONAL = false;

/** One field: key on the wire, name in code, kind, whether it must be there. */
export type FieldRow = readonly [
  wireKey: string,
  name: string,
  kind: FieldKind,
  required: boolean,
];

/** All fields of one header. */
export type FieldRows = readonly FieldRow[];

interface KindValues {
  string: string;
  int: number;
  long: number;
  boolean: boolean;
  double: number;
}

type RequiredOf<Rows extends FieldRows> = Extract<
  Rows[number],
  readonly [string, string, FieldKind, true]
>;
type OptionalOf<Rows extends FieldRows> = Extract<
  Rows[number],
  readonly [string, string, FieldKind, false]
>;

/** The typed header a table describes. Longs are numbers: exact to 2^53, rounded beyond. */
export type HeaderFrom<Rows extends FieldRows> =
  & { [Row in RequiredOf<Rows> as Row[1]]: KindValues[Row[2]] }
  & { [Row in OptionalOf<Rows> as Row[1]]?: KindValues[Row[2]] | undefined };

/** Why the fields of a command are no header; the requester gets SYSTEM_ERROR with the text. */
export interface HeaderProblem {
  /** The field is not there, or its text is not of its kind. */
  readonly kind: "missing" | "malformed";
  /** Key of the field on the wire. */
  readonly wireKey: string;
  /** Name of the field. */
  readonly field: string;
  /** The whole story, for a remark or a log. */
  readonly text: string;
}

/** A typed header, or the first reason why there is none. */
export type Decoded<Header> =
  | { readonly ok: Header; readonly problem?: undefined }
  | { readonly ok?: undefined; readonly problem: HeaderProblem };

const INT_MAX = 2 ** 31 - 1;
/** The double that stands for `Long.MAX_VALUE`, which is one less. */
const LONG_MAX = 2 ** 63;
/** `Long.MAX_VALUE`, which no number here equals. */
export const LONG_MAX_TEXT = "9223372036854775807";
const LONG_DIGITS_MAX = 19;

/** Any number of so many digits is below 2^53. */
const EXACT_DIGITS_MAX = 15;

const MINUS = 0x2d;
const PLUS = 0x2b;
const ZERO = 0x30;

/** Reads a header by its table; fields the table does not name are ignored, as Java does. */
export function decodeRows(
  rows: FieldRows,
  ext: Readonly<Record<string, string>> | undefined,
  what: string,
): Decoded<Record<string, string | number | boolean>> {
  const header: Record<string, string | number | boolean> = {};
  for (const row of rows) {
    const text = ext?.[row[0]];
    if (text === undefined) {
      if (row[3]) return { problem: missing(row, what) };
      continue;
    }
    const value = parseField(text, row[2]);
    if (value === undefined) return { problem: malformed(row, { what, text }) };
    header[row[1]] = value;
  }
  return { ok: header };
}

/** Writes a header by its table; absent fields are left out. */
export function encodeRows(
  rows: FieldRows,
  header: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const ext: Record<string, string> = {};
  for (const row of rows) {
    const value = header[row[1]];
    if (value === undefined || value === null) continue;
    // The nearest number to Long.MAX_VALUE is one too large for Java to read back.
    ext[row[0]] = row[2] === "long" && value === LONG_MAX ? LONG_MAX_TEXT : String(value);
  }
  return ext;
}

/** The problem of a required field that is not there. */
function missing(row: FieldRow, what: string): HeaderProblem {
  const text = `Cannot decode header of ${what}: field "${row[0]}" is missing`;
  return { kind: "missing", wireKey: row[0], field: row[1], text };
}

/** The problem of a field whose text is not of its kind. */
function malformed(
  row: FieldRow,
  { what, text: found }: { what: string; text: string },
): HeaderProblem {
  const shown = found.length > 64 ? `${found.slice(0, 64)}…` : found;
  const text = `Cannot decode header of ${what}: field "${row[0]}" is "${shown}", expected ${
    row[2]
  }`;
  return { kind: "malformed", wireKey: row[0], field: row[1], text };
}

/** The value of a field's text; `undefined` when the text is not of the kind. */
export function parseField(text: string, kind: FieldKind): string | number | boolean | undefined {
  switch (kind) {
    case "string":
      return text;
    case "int":
      return parseInt32(text);
    case "long":
      return parseInt64(text);
    case "boolean":
      return parseBoolean(text);
    case "double": {
      const value = Number(text);
      return text.trim() === "" || Number.isNaN(value) ? undefined : value;
    }
  }
}

/** Like `Boolean.parseBoolean`: whatever is not "true" is false. */
export function parseBoolean(text: string): boolean {
  return text === "true" || (text.length === 4 && text.toLowerCase() === "true");
}

/** Like `Integer.parseInt`, `undefined` where that throws. */
export function parseInt32(text: string): number | undefined {
  const value = parseInt64(text);
  return value !== undefined && value <= INT_MAX && value >= -INT_MAX - 1 ? value : undefined;
}

/** Like `Long.parseLong`, `undefined` where that throws; beyond 2^53 the nearest number. */
export function parseInt64(text: string): number | undefined {
  const length = text.length;
  const first = text.charCodeAt(0);
  const start = first === MINUS || first === PLUS ? 1 : 0;
  const digits = length - start;
  if (digits < 1 || digits > LONG_DIGITS_MAX) return undefined;
  let value = 0;
  for (let at = start; at < length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (digits > EXACT_DIGITS_MAX) {
    // Texts of as many digits compare like their numbers; the sum above may be rounded twice.
    if (digits === LONG_DIGITS_MAX && text.slice(start) > LONG_MAX_TEXT) return undefined;
    value = Number(text.slice(start));
  }
  return first === MINUS && value !== 0 ? -value : value;
}
