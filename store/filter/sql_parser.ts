/**
 * Reads SQL92 filter expressions as Java's `SelectorParser` does:
 *
 *     or          = and { OR and }
 *     and         = equality { AND equality }
 *     equality    = comparison { ("=" | "<>") comparison | IS [NOT] NULL }
 *     comparison  = unary { (">" | ">=" | "<" | "<=") unary
 *                         | [NOT] BETWEEN unary AND unary
 *                         | [NOT] IN "(" text { "," text } ")"
 *                         | [NOT] (CONTAINS | STARTSWITH | ENDSWITH) text }
 *     unary       = ("+" | "-" | NOT) unary | value
 *     value       = text | integer | float | TRUE | FALSE | NULL | name | "(" or ")"
 *
 * `NOT` binds closer than any comparison: `NOT a = 5` asks whether `NOT a` equals 5.
 *
 * @module
 */

import { parseLong } from "./java_number.ts";
import {
  type Comparison,
  DEPTH_MAX,
  isCondition,
  type Search,
  type SqlExpression,
  whyNoEquality,
  whyNoOrder,
  whyNoRange,
} from "./sql_expression.ts";
import { SqlLexer, type SqlRelease, type Token, type TokenKind } from "./sql_lexer.ts";
import { Double, type SqlValue } from "./sql_value.ts";

/** How an expression is read. */
export interface SqlParseOptions {
  /** Whose dialect, "5.5.0" by default. */
  readonly release?: SqlRelease;
  /**
   * What happens to text behind a complete expression. Java never looks for the end: it ignores
   * whatever follows (`a = 007` is `a = 0`). That hides mistakes, hence "refused" is the default.
   */
  readonly trailing?: "refused" | "ignored";
}

/** The expression of a text. Throws `SqlSyntaxError` with the place and what was expected there. */
export function parseExpression(text: string, options: SqlParseOptions = {}): SqlExpression {
  const parser = new SqlParser(new SqlLexer(text, options.release ?? "5.5.0"));
  return parser.parse(options.trailing ?? "refused");
}

const ORDERS: ReadonlySet<TokenKind> = new Set([">", ">=", "<", "<="] as const);
const SEARCHES: ReadonlySet<TokenKind> = new Set(["CONTAINS", "STARTSWITH", "ENDSWITH"] as const);
const OPERATOR_OR_END = "an operator or the end";

/** A part without its depth, which follows from the parts below it. */
type Unplaced = SqlExpression extends infer Part
  ? Part extends SqlExpression ? Omit<Part, "depth"> : never
  : never;

class SqlParser {
  readonly #lexer: SqlLexer;
  #token: Token;
  #nesting = 0;

  constructor(lexer: SqlLexer) {
    this.#lexer = lexer;
    this.#token = lexer.next();
  }

  parse(trailing: "refused" | "ignored"): SqlExpression {
    const expression = this.#condition(this.#or());
    if (trailing === "refused" && this.#token.kind !== "end") this.#unexpected(OPERATOR_OR_END);
    return expression;
  }

  #or(): SqlExpression {
    return this.#joined("or", "OR", () => this.#joined("and", "AND", () => this.#equality()));
  }

  /** A chain is one part with many terms, so that a long one is not a deep one. */
  #joined(
    kind: "and" | "or",
    word: "AND" | "OR",
    term: () => SqlExpression,
  ): SqlExpression {
    const first = term();
    if (this.#token.kind !== word) return first;
    const terms = [this.#condition(first)];
    while (this.#accept(word)) terms.push(this.#condition(term()));
    return this.#part({ kind, terms, at: first.at }, terms);
  }

  #equality(): SqlExpression {
    let left = this.#comparison();
    while (true) {
      const { at } = left;
      if (this.#accept("IS")) {
        const negated = this.#accept("NOT");
        this.#expect("NULL", negated ? "NULL" : "NULL or NOT NULL");
        left = this.#negatedIf(negated, this.#part({ kind: "isNull", of: left, at }, [left]));
        continue;
      }
      const operator = this.#token;
      if (!this.#accept("=") && !this.#accept("<>")) return left;
      const right = this.#comparison();
      const reason = whyNoEquality(left, right);
      if (reason !== undefined) this.#lexer.fail(operator.at, reason);
      left = this.#negatedIf(operator.kind === "<>", this.#compared("=", left, right));
    }
  }

  #comparison(): SqlExpression {
    let left = this.#unary();
    while (true) {
      const operator = this.#token;
      if (ORDERS.has(operator.kind)) {
        this.#advance();
        left = this.#ordered(operator.kind as Comparison, left, this.#unary());
        continue;
      }
      const negated = this.#accept("NOT");
      if (this.#accept("BETWEEN")) {
        left = this.#between(negated, left);
      } else if (this.#accept("IN")) {
        left = this.#in(negated, left);
      } else if (SEARCHES.has(this.#token.kind)) {
        left = this.#search(negated, left);
      } else if (negated) {
        this.#unexpected("BETWEEN, IN, CONTAINS, STARTSWITH or ENDSWITH");
      } else {
        return left;
      }
    }
  }

  #between(negated: boolean, left: SqlExpression): SqlExpression {
    const low = this.#unary();
    this.#expect("AND", "AND and the upper bound");
    const high = this.#unary();
    const reason = negated ? undefined : whyNoRange(low, high);
    if (reason !== undefined) this.#lexer.fail(low.at, reason);
    const terms = negated
      ? [this.#ordered("<", left, low), this.#ordered(">", left, high)]
      : [this.#ordered(">=", left, low), this.#ordered("<=", left, high)];
    return this.#part({ kind: negated ? "or" : "and", terms, at: left.at }, terms);
  }

  #in(negated: boolean, left: SqlExpression): SqlExpression {
    this.#expect("(", `"("`);
    const texts = new Set<string>();
    do texts.add(this.#text()); while (this.#accept(","));
    this.#expect(")", `"," or ")"`);
    if (left.kind !== "property") this.#lexer.fail(left.at, "IN needs a property on its left");
    const { at, name } = left;
    return this.#negatedIf(negated, this.#part({ kind: "in", name, texts, at }, []));
  }

  #search(negated: boolean, left: SqlExpression): SqlExpression {
    const search = this.#token.kind as Search;
    this.#advance();
    const text = this.#text();
    const { at } = left;
    return this.#part({ kind: "search", search, negated, of: left, text, at }, [left]);
  }

  #unary(): SqlExpression {
    const { at } = this.#token;
    if (++this.#nesting > DEPTH_MAX) this.#tooDeep(at);
    let part: SqlExpression;
    if (this.#accept("+")) {
      part = this.#unary();
    } else if (this.#accept("-")) {
      const of = this.#unary();
      part = this.#part({ kind: "negate", of, at }, [of]);
    } else if (this.#accept("NOT")) {
      const of = this.#condition(this.#unary());
      part = this.#part({ kind: "not", of, at }, [of]);
    } else {
      part = this.#value();
    }
    this.#nesting--;
    return part;
  }

  #value(): SqlExpression {
    const { kind, text, at } = this.#token;
    if (kind === "(") {
      this.#advance();
      const inner = this.#or();
      this.#expect(")", `an operator or ")"`);
      return inner;
    }
    if (kind === "name") {
      this.#advance();
      return this.#part({ kind: "property", name: text, at }, []);
    }
    const value = this.#literal();
    this.#advance();
    return this.#part({ kind: "constant", value, at }, []);
  }

  #literal(): SqlValue {
    const { kind, text, at } = this.#token;
    switch (kind) {
      case "text":
        return text;
      case "integer": {
        const value = parseLong(text.replace(/[lL]$/, ""));
        if (value !== value) this.#lexer.fail(at, `${text} is no 64-bit integer`);
        return value;
      }
      case "float": {
        const value = Number(text);
        // Java's smallest double is positive, so that 0.0 is refused, too.
        if (value === 0) {
          this.#lexer.fail(at, `${text} is below ${Number.MIN_VALUE}, the smallest float`);
        }
        if (value === Infinity) this.#lexer.fail(at, `${text} is above ${Number.MAX_VALUE}`);
        return new Double(value);
      }
      case "TRUE":
      case "FALSE":
        return kind === "TRUE";
      case "NULL":
        return undefined;
      default:
        return this.#unexpected("a value");
    }
  }

  #ordered(comparison: Comparison, left: SqlExpression, right: SqlExpression): SqlExpression {
    for (const part of [left, right]) {
      const reason = whyNoOrder(part);
      if (reason !== undefined) this.#lexer.fail(part.at, reason);
    }
    return this.#compared(comparison, left, right);
  }

  #compared(comparison: Comparison, left: SqlExpression, right: SqlExpression): SqlExpression {
    return this.#part({ kind: "compare", comparison, left, right, at: left.at }, [left, right]);
  }

  #negatedIf(negated: boolean, of: SqlExpression): SqlExpression {
    return negated ? this.#part({ kind: "not", of, at: of.at }, [of]) : of;
  }

  /** The part as a condition, as `SelectorParser.asBooleanExpression` has it. */
  #condition(part: SqlExpression): SqlExpression {
    if (isCondition(part)) return part;
    if (part.kind === "property") {
      return this.#part({ kind: "truth", of: part, at: part.at }, [part]);
    }
    return this.#lexer.fail(
      part.at,
      "a value alone is no condition",
    );
  }

  #part(part: Unplaced, below: readonly SqlExpression[]): SqlExpression {
    const depth = below.reduce((depth, it) => Math.max(depth, it.depth), 0) + 1;
    if (depth > DEPTH_MAX) this.#tooDeep(part.at);
    return { ...part, depth };
  }

  #tooDeep(at: number): never {
    this.#lexer.fail(at, `it is nested more than ${DEPTH_MAX} deep`);
  }

  #text(): string {
    const { text } = this.#token;
    this.#expect("text", "text in single quotes");
    return text;
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #accept(kind: TokenKind): boolean {
    if (this.#token.kind !== kind) return false;
    this.#advance();
    return true;
  }

  #expect(kind: TokenKind, what: string): void {
    if (!this.#accept(kind)) this.#unexpected(what);
  }

  #unexpected(what: string): never {
    const { kind, text, at } = this.#token;
    const found = kind === "end" ? "the end" : kind === "text" ? "text" : JSON.stringify(text);
    const hint = /^like$/i.test(text) && kind === "name"
      ? "; there is no LIKE, but CONTAINS, STARTSWITH and ENDSWITH"
      : "";
    this.#lexer.fail(at, `expected ${what}, found ${found}${hint}`);
  }
}
