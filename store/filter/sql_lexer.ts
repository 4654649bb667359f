/**
 * The words of an SQL92 filter expression, as Java's `SelectorParserTokenManager` tells them apart:
 * keywords in any case, names, numbers, quoted text and operators; blanks and comments lie between.
 *
 * Tokens are read one at a time because Java looks no further than one token ahead: what follows a
 * complete expression is not even looked at there.
 *
 * @module
 */

/** Longest expression in UTF-16 units. Java has no limit but that of a frame. */
export const TEXT_LENGTH_MAX = 65_536;

/** What a token is: a keyword or an operator is named by itself. */
export type TokenKind =
  | Keyword
  | Operator
  | "name"
  | "text"
  | "integer"
  | "float"
  | "end";

/** One word of an expression. */
export interface Token {
  readonly kind: TokenKind;
  /** As it was written; of quoted text what it stands for. */
  readonly text: string;
  /** Index of its first UTF-16 unit. */
  readonly at: number;
}

const KEYWORDS = [
  "NOT",
  "AND",
  "OR",
  "BETWEEN",
  "IN",
  "TRUE",
  "FALSE",
  "NULL",
  "IS",
  "CONTAINS",
  "STARTSWITH",
  "ENDSWITH",
] as const;
const OPERATORS = ["<>", ">=", "<=", "=", ">", "<", "(", ",", ")", "+", "-"] as const;

type Keyword = typeof KEYWORDS[number];
type Operator = typeof OPERATORS[number];

/** Java releases whose dialects differ: `CONTAINS`, `STARTSWITH` and `ENDSWITH` came with 5.x. */
export type SqlRelease = "5.5.0" | "4.9.7";

const KEYWORDS_5 = new Map<string, Keyword>(KEYWORDS.map((word) => [word, word]));
const KEYWORDS_4 = new Map([...KEYWORDS_5].filter(([word]) => !/^(CONTAINS|.*WITH)$/.test(word)));

const BLANKS = /[ \t\n\r\f]+/y;
const LINE_COMMENT = /--[^\n\r]*(?:\r\n|\n|\r)/y;
const FLOAT = /\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/y;
const INTEGER = /0|[1-9]\d*[lL]?/y;
const NAME = /[A-Za-z_$][A-Za-z0-9_$]*/y;

/** What people write who think of another language. */
const HINTS: Readonly<Record<string, string>> = {
  '"': `text stands in single quotes`,
  "!": `"not equal" is written <>`,
  "&": `"and" is written AND`,
  "|": `"or" is written OR`,
};

/** An expression that cannot be read. */
export class SqlSyntaxError extends Error {
  override readonly name = "SqlSyntaxError";
  /** Index of the UTF-16 unit where reading ended; the message counts characters from 1. */
  readonly at: number;

  /** `reason` completes "Cannot read the expression at character N: ". */
  constructor(reason: string, { text, at }: { readonly text: string; readonly at: number }) {
    const character = [...text.slice(0, at)].length + 1;
    super(`Cannot read the expression at character ${character}: ${reason}`);
    this.at = at;
  }
}

/** Reads the tokens of one expression. */
export class SqlLexer {
  readonly #text: string;
  readonly #keywords: ReadonlyMap<string, Keyword>;
  #at = 0;

  /** Throws `SqlSyntaxError` where the text is longer than `TEXT_LENGTH_MAX`. */
  constructor(text: string, release: SqlRelease) {
    this.#text = text;
    this.#keywords = release === "4.9.7" ? KEYWORDS_4 : KEYWORDS_5;
    if (text.length > TEXT_LENGTH_MAX) {
      this.fail(TEXT_LENGTH_MAX, `it is ${text.length} long, limit is ${TEXT_LENGTH_MAX}`);
    }
  }

  /** The next token; `end` at the end, however often. Throws `SqlSyntaxError`. */
  next(): Token {
    this.#skip();
    const at = this.#at;
    if (at === this.#text.length) return { kind: "end", text: "", at };
    if (this.#text[at] === "'") return this.#quoted(at);
    const float = this.#match(FLOAT);
    if (float !== undefined) return { kind: "float", text: float, at };
    const integer = this.#match(INTEGER);
    if (integer !== undefined) return { kind: "integer", text: integer, at };
    const word = this.#match(NAME);
    if (word !== undefined) {
      return { kind: this.#keywords.get(word.toUpperCase()) ?? "name", text: word, at };
    }
    const operator = OPERATORS.find((it) => this.#text.startsWith(it, at));
    if (operator === undefined) return this.#unknown(at);
    this.#at += operator.length;
    return { kind: operator, text: operator, at };
  }

  /** Throws what is wrong at a place. */
  fail(at: number, reason: string): never {
    throw new SqlSyntaxError(reason, { text: this.#text, at });
  }

  /** Passes blanks and comments. A line comment that no line ends is none, but two minus signs. */
  #skip(): void {
    while (true) {
      if (this.#match(BLANKS) !== undefined || this.#match(LINE_COMMENT) !== undefined) continue;
      if (!this.#text.startsWith("/*", this.#at)) return;
      const end = this.#text.indexOf("*/", this.#at + 2);
      if (end < 0) this.fail(this.#at, "this comment has no end");
      this.#at = end + 2;
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** Two quotes stand for one; where no single one follows, the first of the last two is the end. */
  #quoted(at: number): Token {
    let [end, pair] = [this.#text.indexOf("'", at + 1), -1];
    while (end >= 0 && this.#text[end + 1] === "'") {
      [end, pair] = [this.#text.indexOf("'", end + 2), end];
    }
    if (end < 0) end = pair;
    if (end < 0) this.fail(at, "this text has no closing quote");
    this.#at = end + 1;
    return { kind: "text", text: this.#text.slice(at + 1, end).replaceAll("''", "'"), at };
  }

  #unknown(at: number): never {
    const character = String.fromCodePoint(this.#text.codePointAt(at) ?? 0);
    const hint = HINTS[character];
    this.fail(at, `${JSON.stringify(character)} has no meaning${hint ? `, ${hint}` : ""}`);
  }
}
