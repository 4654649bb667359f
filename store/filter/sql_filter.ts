/**
 * SQL92 filter expressions: what a consumer subscribes with (`MessageSelector.bySql`) and what selects
 * records when a store is read. The dialect is that of Apache RocketMQ's `SelectorParser`, down to what
 * it refuses and what it makes of a property that is missing or no number.
 *
 * Java's behaviour is kept where one may not expect it:
 *
 * - Properties are text. Beside an integer they are read as an integer of the same size: for
 *   `a = 5.5` or `a = 3000000000` the comparison `a > 5` fails. `a > 5.0` reads both.
 * - A comparison that fails ends the evaluation; a broker does not deliver the message.
 * - NULL on the left of `=` is NULL, on the right it is false, and `5 <> missing` is true.
 * - `a = TRUE` reads text, `TRUE = a` always fails; a property alone is never true.
 * - `NOT CONTAINS` is false for a missing property, as `CONTAINS` is.
 *
 * @module
 */

import { type Evaluation, evaluationOf, NOT_COMPARABLE } from "./sql_evaluator.ts";
import type { SqlResult, ValueOf } from "./sql_evaluator.ts";
import { parseExpression, type SqlParseOptions } from "./sql_parser.ts";

export { NOT_COMPARABLE, type SqlResult, type ValueOf } from "./sql_evaluator.ts";
export { DEPTH_MAX } from "./sql_expression.ts";
export { type SqlRelease, SqlSyntaxError, TEXT_LENGTH_MAX } from "./sql_lexer.ts";
export type { SqlParseOptions } from "./sql_parser.ts";

/**
 * A filter made of an SQL92 expression.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { NOT_COMPARABLE, SqlFilter } from "./sql_filter.ts";
 *
 * const filter = SqlFilter.parse("price BETWEEN 10 AND 20 AND region IN ('eu', 'us')");
 * const message = new Map([["price", "12"], ["region", "eu"]]);
 * assert.equal(filter.matches((name) => message.get(name)), true);
 *
 * message.delete("region");
 * assert.equal(filter.matches((name) => message.get(name)), undefined);
 *
 * message.set("price", "twelve");
 * assert.equal(filter.evaluate((name) => message.get(name)), NOT_COMPARABLE);
 *
 * assert.throws(() => SqlFilter.parse("price > 2 AND"), {
 *   message: "Cannot read the expression at character 14: expected a value, found the end",
 * });
 * ```
 */
export class SqlFilter {
  /** The expression as it was given. */
  readonly text: string;
  readonly #evaluation: Evaluation;

  private constructor(text: string, evaluation: Evaluation) {
    this.text = text;
    this.#evaluation = evaluation;
  }

  /**
   * Reads an expression. Throws `SqlSyntaxError`, whose message says where and what was expected, for
   * everything Java refuses, for text behind the expression unless it is to be ignored, and for what
   * is longer than `TEXT_LENGTH_MAX` or nested deeper than `DEPTH_MAX`.
   */
  static parse(text: string, options: SqlParseOptions = {}): SqlFilter {
    return new SqlFilter(text, evaluationOf(parseExpression(text, options)));
  }

  /** True, false, NULL (`undefined`), or `NOT_COMPARABLE` where Java throws. */
  evaluate(valueOf: ValueOf): SqlResult {
    return this.#evaluation(valueOf);
  }

  /** Whether a message is wanted: only where it is true; `undefined` where that cannot be told. */
  matches(valueOf: ValueOf): boolean | undefined {
    const result = this.#evaluation(valueOf);
    return result === NOT_COMPARABLE ? undefined : result;
  }
}
