/**
 * What an SQL92 filter expression is made of, and which operand may stand where. The rules are those of
 * the `create…` methods of Java's `ComparisonExpression` and `UnaryExpression`, which refuse when an
 * expression is read, not when it is evaluated.
 *
 * @module
 */

import { compareValues, Double, type JavaNumber, type SqlValue } from "./sql_value.ts";

/** Deepest nesting of an expression. Java reads on until its stack overflows. */
export const DEPTH_MAX = 256;

/** Comparisons that ask for an order, and equality. `<>` is `NOT` of `=`. */
export type Comparison = "=" | ">" | ">=" | "<" | "<=";

/** How `CONTAINS` and its like look for text. */
export type Search = "CONTAINS" | "STARTSWITH" | "ENDSWITH";

/** A part of an expression, by what it does. */
export type SqlExpression =
  & { readonly at: number; readonly depth: number }
  & (
    | { readonly kind: "constant"; readonly value: SqlValue }
    | { readonly kind: "property"; readonly name: string }
    | { readonly kind: "negate"; readonly of: SqlExpression }
    | { readonly kind: "not"; readonly of: SqlExpression }
    /** A property where a condition is asked for. */
    | { readonly kind: "truth"; readonly of: SqlExpression }
    | { readonly kind: "isNull"; readonly of: SqlExpression }
    | { readonly kind: "and" | "or"; readonly terms: readonly SqlExpression[] }
    | {
      readonly kind: "compare";
      readonly comparison: Comparison;
      readonly left: SqlExpression;
      readonly right: SqlExpression;
    }
    | { readonly kind: "in"; readonly name: string; readonly texts: ReadonlySet<string> }
    | {
      readonly kind: "search";
      readonly search: Search;
      readonly negated: boolean;
      readonly of: SqlExpression;
      readonly text: string;
    }
  );

/** Whether a part is a condition by its form: a literal `TRUE`, `FALSE` or `NULL` is, too. */
export function isCondition(part: SqlExpression): boolean {
  if (part.kind === "constant") return typeof part.value === "boolean" || part.value === undefined;
  return part.kind !== "property" && part.kind !== "negate";
}

/** Why a part may not stand beside `>`, `>=`, `<`, `<=` or `BETWEEN`. */
export function whyNoOrder(part: SqlExpression): string | undefined {
  if (part.kind === "constant") {
    if (isNumber(part.value)) return undefined;
    if (typeof part.value !== "string") return `${shown(part.value)} has no order`;
    return "text has no order, it is compared with = and <>";
  }
  if (part.kind === "not") return "NOT binds closer than comparisons, write NOT (…)";
  return isCondition(part) ? "a condition has no order" : undefined;
}

/** Why two parts may not stand beside `=` or `<>`. */
export function whyNoEquality(left: SqlExpression, right: SqlExpression): string | undefined {
  for (const part of [left, right]) {
    if (part.kind === "constant" && part.value === undefined) {
      return "NULL is asked for with IS NULL";
    }
  }
  if (left.kind !== "constant" || right.kind !== "constant") return undefined;
  // Only the left side is asked: `5 = TRUE` is accepted and false.
  if (!isCondition(left) || isCondition(right)) return undefined;
  return `${shown(left.value)} cannot equal a literal that is not TRUE or FALSE`;
}

/** Why two parts may not be the bounds of `BETWEEN`; `NOT BETWEEN` is not asked. */
export function whyNoRange(low: SqlExpression, high: SqlExpression): string | undefined {
  // `-1` is an operation and no literal: `BETWEEN -1 AND -5` is accepted and never true.
  if (low.kind !== "constant" || high.kind !== "constant") return undefined;
  if (!isNumber(low.value) || !isNumber(high.value)) return undefined;
  const order = compareValues(low.value, high.value);
  if (order !== undefined && order <= 0) return undefined;
  return `the lower bound ${shown(low.value)} is above the upper bound ${shown(high.value)}`;
}

function isNumber(value: SqlValue): value is JavaNumber {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Double;
}

function shown(value: SqlValue): string {
  if (value === undefined) return "NULL";
  return value instanceof Double ? String(value.value) : String(value).toUpperCase();
}
