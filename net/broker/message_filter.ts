/**
 * Which messages of a queue a subscription keeps, of whatever kind it is: by tags, which the consume
 * queue tells, or by properties, for which records are looked at (Java: `ExpressionMessageFilter`).
 *
 * @module
 */

import { SqlFilter, SqlSyntaxError } from "../../store/filter/sql_filter.ts";
import type { RecordMatches, TagsCodeMatches } from "../../store/get.ts";
import { propertyOf } from "../../store/properties.ts";
import { propertiesOf } from "../../store/record_text.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { TagFilter } from "./tag_filter.ts";

/** Keeps messages. */
export interface MessageFilter extends TagFilter {
  /** Whether a message may be wanted, where more than its tag tells; absent goes by the tag. */
  readonly unitMatches?: TagsCodeMatches | undefined;
  /** Whether a message is wanted that was not left out before; absent keeps it. */
  readonly recordMatches?: RecordMatches | undefined;
}

/** The one language of expressions besides tags (Java: `ExpressionType`). */
const SQL_TYPE = "SQL92";

/** Expressions that pulls brought along and that are kept for the next pull. */
const PARSED_MAX = 1024;

/** In the order of use, the oldest first. */
const parsed = new Map<string, SqlFilter>();

/**
 * The filter of an expression, as Java's broker reads it: text behind a complete expression is ignored.
 * A filter is made once for the many pulls that bring the same expression.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { expressionFilter } from "./message_filter.ts";
 *
 * assert.equal(expressionFilter("SQL92", "a > 1"), expressionFilter("SQL92", "a > 1"));
 * assert.throws(() => expressionFilter("SQL92", "a >"), /expected a value, found the end/);
 * ```
 *
 * @throws {SqlSyntaxError} if it is none, or in another language.
 */
export function expressionFilter(expressionType: string, expression: string): SqlFilter {
  if (expressionType !== SQL_TYPE) {
    const reason = `it is in ${expressionType}, and only ${SQL_TYPE} is known`;
    throw new SqlSyntaxError(reason, { text: expression, at: 0 });
  }
  const filter = parsed.get(expression) ?? SqlFilter.parse(expression, { trailing: "ignored" });
  parsed.delete(expression);
  parsed.set(expression, filter);
  if (parsed.size > PARSED_MAX) {
    const [oldest] = parsed.keys();
    parsed.delete(oldest!);
  }
  return filter;
}

/** As {@linkcode expressionFilter}; `undefined` where that throws. */
export function readExpression(expressionType: string, expression: string): SqlFilter | undefined {
  try {
    return expressionFilter(expressionType, expression);
  } catch (error) {
    if (error instanceof SqlSyntaxError) return undefined;
    throw error;
  }
}

/** Whether the properties of a record are as an expression wants them; not where that fails. */
export function wants(filter: SqlFilter, record: RecordView): boolean {
  const properties = propertiesOf(record);
  return filter.matches((name) => propertyOf(properties, name)) === true;
}
