/**
 * Values of SQL92 filter expressions and how Java compares two of them: `ComparisonExpression.__compare`
 * with the conversion of text that `SelectorParser` always asks for.
 *
 * @module
 */

import { compareDoubles, parseDouble, parseInteger, parseLong } from "./java_number.ts";

/**
 * A value: `undefined` is NULL. A whole number is Java's `Integer` or, beyond 31 bits, `Long` (a bigint
 * where a double would round it); one with a fraction is a `Double`. The type of a number says how text
 * beside it is read, so that a `Double` which happens to be whole needs a class.
 */
export type SqlValue = string | number | bigint | boolean | Double | undefined;

/** A value that is there. */
export type PresentValue = Exclude<SqlValue, undefined>;

/** A value that is a number. */
export type JavaNumber = number | bigint | Double;

/** A number that was written with a fraction or an exponent. */
export class Double {
  readonly value: number;

  /** Whole or not. */
  constructor(value: number) {
    this.value = value;
  }
}

/** Java's answer for two types that it does not bring together: the left one is below. */
const UNRELATED = -1;

/**
 * The order of two values: below 0, 0 or above 0; `undefined` where Java throws because text is no such
 * number. Text that is compared with a number is read as the type of that number: `5.5` beside the
 * literal `5` is no `Integer`, and neither is `3000000000`.
 */
export function compareValues(left: PresentValue, right: PresentValue): number | undefined {
  if (typeof left === "string") {
    if (typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
    if (typeof right === "boolean") return compareBooleans(toBoolean(left), right);
    const number = textBeside(right, left);
    return number === undefined ? undefined : compareNumbers(number, right);
  }
  if (typeof left === "boolean") {
    if (typeof right === "boolean") return compareBooleans(left, right);
    // Java casts the wrong side to text here and fails, whatever the text says.
    return typeof right === "string" ? undefined : UNRELATED;
  }
  if (typeof right === "boolean") return UNRELATED;
  if (typeof right !== "string") return compareNumbers(left, right);
  const number = textBeside(left, right);
  return number === undefined ? undefined : compareNumbers(left, number);
}

/** The order of two texts beside `<` and its like: both are read as doubles. */
export function compareTexts(left: string, right: string): number | undefined {
  const [one, other] = [parseDouble(left), parseDouble(right)];
  return one === undefined || other === undefined ? undefined : compareDoubles(one, other);
}

/** What `-` makes of a value: text and conditions become NULL. */
export function negated(value: SqlValue): SqlValue {
  if (typeof value === "number") return 0 - value;
  if (typeof value === "bigint") return -value;
  return value instanceof Double ? new Double(-value.value) : undefined;
}

/**
 * Whether a number is Java's `Integer`. The lowest one is not: it can only be written as a minus sign
 * before 2147483648, which is a `Long`.
 */
export function isInteger(value: number): boolean {
  return (value | 0) === value && value !== -(2 ** 31);
}

/** Text as a number of the type of `beside`. */
function textBeside(beside: JavaNumber, text: string): JavaNumber | undefined {
  if (isDouble(beside)) {
    const value = parseDouble(text);
    return value === undefined ? undefined : new Double(value);
  }
  const value = typeof beside === "number" && isInteger(beside)
    ? parseInteger(text)
    : parseLong(text);
  return value === value ? value : undefined;
}

/** Whole numbers are compared exactly, a double with anything as doubles. */
function compareNumbers(left: JavaNumber, right: JavaNumber): number {
  if (isDouble(left) || isDouble(right)) return compareDoubles(toDouble(left), toDouble(right));
  const [one, other] = [left as number | bigint, right as number | bigint];
  return one < other ? -1 : one > other ? 1 : 0;
}

function isDouble(value: JavaNumber): boolean {
  return typeof value === "number" ? !Number.isInteger(value) : value instanceof Double;
}

function toDouble(value: JavaNumber): number {
  return value instanceof Double ? value.value : Number(value);
}

function compareBooleans(left: boolean, right: boolean): number {
  return Number(left) - Number(right);
}

/** As `Boolean.valueOf`: everything that is not `true` in some case is false. */
function toBoolean(text: string): boolean {
  return text.length === 4 && text.toLowerCase() === "true";
}
