/**
 * Makes a function of an SQL92 filter expression, with Java's results: three-valued logic, NULL where a
 * property is missing, and failure where text is compared with a number it is not. A failure ends the
 * whole evaluation, as the exception does in Java; `OR` behind a true term never meets it.
 *
 * @module
 */

import { compareDoubles, parseDouble, parseInteger } from "./java_number.ts";
import type { Comparison, Search, SqlExpression } from "./sql_expression.ts";
import {
  compareTexts,
  compareValues,
  Double,
  isInteger,
  negated,
  type SqlValue,
} from "./sql_value.ts";

/** What an evaluation ends with where Java throws. */
export const NOT_COMPARABLE: unique symbol = Symbol("not comparable");

/** True, false, NULL or failed. */
export type SqlResult = boolean | undefined | typeof NOT_COMPARABLE;

/**
 * The value of a property. A message's properties are text; numbers are compared as such, and
 * `undefined` is NULL.
 */
export type ValueOf = (name: string) => string | number | boolean | undefined;

/** An expression as a function. */
export type Evaluation = (valueOf: ValueOf) => SqlResult;

type ValueEvaluation = (valueOf: ValueOf) => SqlValue | typeof NOT_COMPARABLE;

/** Makes the function of a condition. */
export function evaluationOf(part: SqlExpression): Evaluation {
  switch (part.kind) {
    case "and":
      return joined(part.terms, false);
    case "or":
      return joined(part.terms, true);
    case "not": {
      const of = evaluationOf(part.of);
      return (valueOf) => {
        const result = of(valueOf);
        return typeof result === "boolean" ? !result : result;
      };
    }
    case "compare":
      return compared(part);
    case "isNull": {
      const of = valueEvaluationOf(part.of);
      return (valueOf) => {
        const value = of(valueOf);
        return value === NOT_COMPARABLE ? value : value === undefined;
      };
    }
    case "in": {
      const { name, texts } = part;
      return (valueOf) => {
        const value = valueOf(name);
        return typeof value === "string" ? texts.has(value) : undefined;
      };
    }
    case "search":
      return searched(part);
    case "truth":
      return truth(part);
    default:
      return constant(part);
  }
}

/** `and` ends at the first false term, `or` at the first true one. */
function joined(terms: readonly SqlExpression[], decisive: boolean): Evaluation {
  const evaluations = terms.map(evaluationOf);
  return (valueOf) => {
    let result: SqlResult = !decisive;
    for (const evaluation of evaluations) {
      const term = evaluation(valueOf);
      if (term === decisive || term === NOT_COMPARABLE) return term;
      if (term === undefined) result = undefined;
    }
    return result;
  };
}

/** Only a value that is a boolean is true; the text `true` is not (`UnaryExpression.createBooleanCast`). */
function truth(part: SqlExpression & { kind: "truth" }): Evaluation {
  const of = valueEvaluationOf(part.of);
  return (valueOf) => {
    const value = of(valueOf);
    return value === undefined || value === NOT_COMPARABLE ? value : value === true;
  };
}

function constant(part: SqlExpression): Evaluation {
  const value = part.kind === "constant" && typeof part.value === "boolean"
    ? part.value
    : undefined;
  return () => value;
}

/** Nothing is found in what is no text, and no text is empty: both are false even with `NOT`. */
function searched({ of, text, search, negated }: SqlExpression & { kind: "search" }): Evaluation {
  const evaluation = valueEvaluationOf(of);
  const found = FOUND[search];
  return (valueOf) => {
    if (text === "") return false;
    const value = evaluation(valueOf);
    if (value === NOT_COMPARABLE) return value;
    return typeof value === "string" && found(value, text) !== negated;
  };
}

const FOUND: Readonly<Record<Search, (value: string, text: string) => boolean>> = {
  CONTAINS: (value, text) => value.includes(text),
  STARTSWITH: (value, text) => value.startsWith(text),
  ENDSWITH: (value, text) => value.endsWith(text),
};

/** The result of a comparison by the order of its sides. */
interface Outcome {
  readonly below: boolean;
  readonly same: boolean;
  readonly above: boolean;
}

const OUTCOME: Readonly<Record<Comparison, Outcome>> = {
  "=": { below: false, same: true, above: false },
  ">": { below: false, same: false, above: true },
  ">=": { below: false, same: true, above: true },
  "<": { below: true, same: false, above: false },
  "<=": { below: true, same: true, above: false },
};

function compared(part: SqlExpression & { kind: "compare" }): Evaluation {
  const { left, right, comparison } = part;
  if (left.kind === "property") {
    const value = foldedOf(right);
    if (typeof value === "number" && isInteger(value)) {
      return comparedWithInteger(left.name, value, OUTCOME[comparison]);
    }
    if (value instanceof Double) {
      return comparedWithDouble(left.name, value.value, OUTCOME[comparison]);
    }
    if (typeof value === "string") return equalText(left.name, value);
  }
  const [one, other] = [valueEvaluationOf(left), valueEvaluationOf(right)];
  return comparison === "=" ? equal(one, other) : ordered(one, other, OUTCOME[comparison]);
}

/** A property and a small whole number. */
function comparedWithInteger(name: string, number: number, outcome: Outcome): Evaluation {
  const { below, same, above } = outcome;
  return (valueOf) => {
    const value = valueOf(name);
    if (value === undefined) return undefined;
    if (typeof value === "boolean") return below;
    const read = typeof value === "string" ? parseInteger(value) : value;
    if (read < number) return below;
    if (read > number) return above;
    if (read === number) return same;
    // NaN: text that is no number, or a number that is above all others.
    return typeof value === "string" ? NOT_COMPARABLE : above;
  };
}

/** A property and a number with a fraction: what reads prices and shares. */
function comparedWithDouble(name: string, number: number, outcome: Outcome): Evaluation {
  const { below, same, above } = outcome;
  return (valueOf) => {
    const value = valueOf(name);
    if (value === undefined) return undefined;
    if (typeof value === "boolean") return below;
    const read = typeof value === "string" ? parseDouble(value) : value;
    if (read === undefined) return NOT_COMPARABLE;
    const order = compareDoubles(read, number);
    return order < 0 ? below : order > 0 ? above : same;
  };
}

/** A property is a text. */
function equalText(name: string, text: string): Evaluation {
  return (valueOf) => {
    const value = valueOf(name);
    if (typeof value === "string") return value === text;
    if (value === undefined) return undefined;
    const order = compareValues(value, text);
    return order === undefined ? NOT_COMPARABLE : order === 0;
  };
}

/** Both sides are always asked. NULL on the left gives NULL, on the right it gives false. */
function equal(left: ValueEvaluation, right: ValueEvaluation): Evaluation {
  return (valueOf) => {
    const one = left(valueOf);
    if (one === NOT_COMPARABLE) return one;
    const other = right(valueOf);
    if (other === NOT_COMPARABLE) return other;
    if (one === undefined) return other === undefined ? true : undefined;
    if (other === undefined) return false;
    const order = compareValues(one, other);
    return order === undefined ? NOT_COMPARABLE : order === 0;
  };
}

/** The right side is asked only where the left one is not NULL. Two texts are compared as doubles. */
function ordered(left: ValueEvaluation, right: ValueEvaluation, outcome: Outcome): Evaluation {
  const { below, same, above } = outcome;
  return (valueOf) => {
    const one = left(valueOf);
    if (one === undefined || one === NOT_COMPARABLE) return one;
    const other = right(valueOf);
    if (other === undefined || other === NOT_COMPARABLE) return other;
    const order = typeof one === "string" && typeof other === "string"
      ? compareTexts(one, other)
      : compareValues(one, other);
    if (order === undefined) return NOT_COMPARABLE;
    return order < 0 ? below : order > 0 ? above : same;
  };
}

/** The value of a part that has always the same one, so that `-5` costs what `5` does. */
function foldedOf(part: SqlExpression): SqlValue {
  if (part.kind === "constant") return part.value;
  return part.kind === "negate" ? negated(foldedOf(part.of)) : undefined;
}

function valueEvaluationOf(part: SqlExpression): ValueEvaluation {
  if (part.kind === "property") {
    const { name } = part;
    return (valueOf) => valueOf(name);
  }
  const value = foldedOf(part);
  if (value !== undefined) return () => value;
  if (part.kind !== "negate") return evaluationOf(part);
  const of = valueEvaluationOf(part.of);
  return (valueOf) => {
    const value = of(valueOf);
    return value === NOT_COMPARABLE ? value : negated(value);
  };
}
