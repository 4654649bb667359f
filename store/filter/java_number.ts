/**
 * Numbers in text, read as Java's `Integer.valueOf`, `Long.valueOf` and `Double.valueOf` do. NaN is
 * text they refuse; a double may be NaN of itself, so that `parseDouble` says `undefined`.
 *
 * @module
 */

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;
/** Longest text whose digits fit a double for certain, with a sign. */
const SHORT_LENGTH_MAX = 15;
const [PLUS, MINUS, ZERO, NINE, SPACE] = [0x2b, 0x2d, 0x30, 0x39, 0x20];

/** An `int`, or NaN. */
export function parseInteger(text: string): number {
  const value = shortDigits(text);
  if (value === value) return value >= INT_MIN && value <= INT_MAX ? value : NaN;
  const exact = longDigits(text);
  if (exact === undefined) return NaN;
  return exact >= INT_MIN && exact <= INT_MAX ? Number(exact) : NaN;
}

/** A `long`, or NaN; a bigint where a double would round it. */
export function parseLong(text: string): number | bigint {
  const value = shortDigits(text);
  if (value === value) return value;
  const exact = longDigits(text);
  if (exact === undefined || exact < LONG_MIN || exact > LONG_MAX) return NaN;
  const rounded = Number(exact);
  return Number.isSafeInteger(rounded) ? rounded : exact;
}

/** ASCII digits with or without a sign, no more than surely fit; NaN for all else. */
function shortDigits(text: string): number {
  const length = text.length;
  if (length === 0 || length > SHORT_LENGTH_MAX) return NaN;
  const first = text.charCodeAt(0);
  const from = first === MINUS || first === PLUS ? 1 : 0;
  if (from === length) return NaN;
  let value = 0;
  for (let at = from; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) return NaN;
    value = value * 10 + (code - ZERO);
  }
  return first === MINUS ? 0 - value : value;
}

const SIGNED_DIGITS = /^[+-]?\d+$/;
const LEADING_ZEROS = /^[+-]?0*/;
/** Longer numbers fit no `long`; they are not worth an exact value. */
const LONG_DIGITS_MAX = 19;

/** Digits of any length and of any script: Java takes every one `Character.digit` knows. */
function longDigits(text: string): bigint | undefined {
  const ascii = text.replace(/\p{Nd}/gu, (digit) => String(digitOf(digit)));
  if (!SIGNED_DIGITS.test(ascii)) return undefined;
  const digits = ascii.replace(LEADING_ZEROS, "");
  if (digits.length > LONG_DIGITS_MAX) return LONG_MAX + 1n;
  return ascii.startsWith("-") ? -BigInt(digits) : BigInt(digits);
}

const DIGIT = /^\p{Nd}$/u;

/**
 * What a decimal digit stands for. A script's ten digits are neighbours and begin at a code that ends
 * in the hexadecimal digit 0 or 6. Java looks at UTF-16 units, so that digits beyond the first plane
 * are none and stay as they are.
 */
function digitOf(digit: string): number | string {
  if (digit.length > 1) return digit;
  const code = digit.charCodeAt(0);
  const row = code & ~0xf;
  return DIGIT.test(String.fromCharCode(row)) ? code - row : code - row - 6;
}

const DECIMAL = /^[+-]?(?:NaN|Infinity|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/;
const TYPE_SUFFIXES = "fFdD";
const HEXADECIMAL =
  /^([+-]?)0[xX](?:([0-9a-fA-F]+)\.?|([0-9a-fA-F]*)\.([0-9a-fA-F]+))[pP]([+-]?\d+)[fFdD]?$/;

/** A `double`, or `undefined`. Blanks around it are passed, which those around integers are not. */
export function parseDouble(text: string): number | undefined {
  const trimmed = trim(text);
  if (DECIMAL.test(trimmed)) return Number(withoutSuffix(trimmed));
  const parts = HEXADECIMAL.exec(trimmed);
  if (parts === null) return undefined;
  const [, sign, whole, before, fraction = "", exponent] = parts;
  const digits = BigInt(`0x${whole ?? `${before}${fraction}`}`);
  const value = scaled(digits, Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -value : value;
}

function withoutSuffix(text: string): string {
  return TYPE_SUFFIXES.includes(text[text.length - 1]!) ? text.slice(0, -1) : text;
}

const DOUBLE_BITS = 53;
const EXPONENT_MIN = -1074;
const EXPONENT_MAX = 1024;

/** The double nearest to `digits * 2 ** exponent`, the even one of two. */
function scaled(digits: bigint, exponent: number): number {
  if (digits === 0n) return 0;
  const length = digits.toString(2).length;
  const top = length + exponent;
  if (top > EXPONENT_MAX) return Infinity;
  if (top < EXPONENT_MIN) return 0;
  const drop = length - Math.min(DOUBLE_BITS, top - EXPONENT_MIN);
  if (drop <= 0) return Number(digits) * 2 ** exponent;
  const kept = digits >> BigInt(drop);
  const rest = digits - (kept << BigInt(drop));
  const half = 1n << BigInt(drop - 1);
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  return Number(up ? kept + 1n : kept) * 2 ** (exponent + drop);
}

/** As `String.trim()`: everything up to the blank is one. */
function trim(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text.charCodeAt(from) <= SPACE) from++;
  while (to > from && text.charCodeAt(to - 1) <= SPACE) to--;
  return text.slice(from, to);
}

/** Order of doubles as `Double.compare` has it: -0 is below 0, NaN is above all and equals itself. */
export function compareDoubles(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  if (left === right && left !== 0) return 0;
  if (left !== left || right !== right) return Number(left !== left) - Number(right !== right);
  return Number(Object.is(right, -0)) - Number(Object.is(left, -0));
}
