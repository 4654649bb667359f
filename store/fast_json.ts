/**
 * The JSON dialect of fastjson 1.2, in which RocketMQ writes its configuration files and the bodies
 * of most commands. Beyond JSON it has bare integer keys (`{0:5}`) and whole objects as keys
 * (`{{"brokerName":"b","queueId":0,"topic":"T"}:7}`); its reader also takes single quotes, bare
 * identifiers as keys and superfluous commas.
 *
 * Numbers are doubles: integers beyond 2^53 are read as the nearest one. The ends of Java's long are
 * written as Java spells them, so that it can read them back. References (`{"$ref":"$.a"}`) are not
 * followed: they stay objects with the member `$ref`.
 *
 * @module
 */

/** How deep objects and arrays may be nested where the text is not plain JSON. */
const DEPTH_MAX = 64;

/** The double that stands for `Long.MAX_VALUE`, which is one less. */
const LONG_MAX = 2 ** 63;
const LONG_MAX_TEXT = "9223372036854775807";
const LONG_MIN_TEXT = "-9223372036854775808";

const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  F: "\f",
  r: "\r",
  '"': '"',
  "'": "'",
  "/": "/",
  "\\": "\\",
};

const HEX_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4 };

/** A text that is not JSON, not even in the dialect of fastjson. */
export class FastJsonError extends SyntaxError {
  override readonly name = "FastJsonError";
  /** Where in the text, in UTF-16 units. */
  readonly at: number;

  /** What is wrong, and where. */
  constructor(reason: string, at: number) {
    super(`Cannot parse JSON at ${at}: ${reason}`);
    this.at = at;
  }
}

/**
 * Parses JSON or its fastjson dialect. Objects become plain objects, whatever their keys were: a bare
 * integer key becomes its digits, an object as key its compact text with sorted members. A member
 * named `__proto__` is a member like any other.
 *
 * ```ts
 * import { parseFastJson } from "./fast_json.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseFastJson("{'a':{0:5,1:6,},b:true}"), { a: { "0": 5, "1": 6 }, b: true });
 * assert.deepEqual(parseFastJson('{{"topic":"T","queueId":0}:7}'), {
 *   '{"queueId":0,"topic":"T"}': 7,
 * });
 * ```
 *
 * @throws {FastJsonError} if the text is neither.
 */
export function parseFastJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return new Parser(text).whole();
  }
}

/** Settings of {@linkcode writeFastJson}. */
export interface WriteFastJsonOptions {
  /** One member a line, indented by tabs, as RocketMQ 5.x lays out its configuration files. */
  pretty?: boolean;
}

/**
 * Writes a value as fastjson does: members sorted by name, absent ones (`undefined`, `null`) left
 * out, no white space. A `Map` chooses the dialect's keys: numbers are written bare, objects as
 * objects, texts quoted; its entries are sorted too. Arrays of numbers stay on one line.
 *
 * ```ts
 * import { writeFastJson } from "./fast_json.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(writeFastJson({ b: new Map([[0, 5]]), a: null }), '{"b":{0:5}}');
 * const queue = { topic: "T", queueId: 0 };
 * assert.equal(writeFastJson(new Map([[queue, 7]])), '{{"queueId":0,"topic":"T"}:7}');
 * assert.equal(writeFastJson({ a: ["x"] }, { pretty: true }), '{\n\t"a":[\n\t\t"x"\n\t]\n}');
 * ```
 */
export function writeFastJson(value: unknown, options: WriteFastJsonOptions = {}): string {
  return write(value, options.pretty ? "\n" : "");
}

/** `line` is a line break and the current indent, or empty where all is one line. */
function write(value: unknown, line: string): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return writeNumber(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value === null || typeof value !== "object") return "null";
  if (Array.isArray(value)) return writeArray(value, line);
  const inner = line === "" ? "" : `${line}\t`;
  const members = value instanceof Map ? mapMembers(value, inner) : objectMembers(value, inner);
  return members.length === 0 ? "{}" : `{${inner}${members.join(`,${inner}`)}${line}}`;
}

function writeNumber(value: number): string {
  if (value === LONG_MAX) return LONG_MAX_TEXT;
  if (value === -LONG_MAX) return LONG_MIN_TEXT;
  return Number.isFinite(value) ? String(value) : "null";
}

function writeArray(items: readonly unknown[], line: string): string {
  if (items.length === 0) return "[]";
  const spread = line !== "" && items.some((item) => typeof item !== "number");
  const inner = spread ? `${line}\t` : "";
  const texts = items.map((item) => write(item, inner));
  return `[${inner}${texts.join(`,${inner}`)}${spread ? line : ""}]`;
}

function objectMembers(value: object, line: string): string[] {
  const members: string[] = [];
  const table = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(table).sort()) {
    const member = table[key];
    if (member === undefined || member === null) continue;
    members.push(`${JSON.stringify(key)}:${write(member, line)}`);
  }
  return members;
}

function mapMembers(map: ReadonlyMap<unknown, unknown>, line: string): string[] {
  const entries: { order: number | string; key: string; member: unknown }[] = [];
  for (const [key, member] of map) {
    if (member === undefined || member === null) continue;
    const text = write(key, "");
    entries.push({ order: typeof key === "number" ? key : text, key: text, member });
  }
  entries.sort((a, b) => a.order < b.order ? -1 : a.order > b.order ? 1 : 0);
  return entries.map(({ key, member }) => `${key}:${write(member, line)}`);
}

/** One pass over a text that plain JSON does not cover. */
class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #insideKey = false;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const value = this.#value();
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#unexpected("the end");
    return value;
  }

  #value(): unknown {
    this.#skipBlanks();
    const first = this.#text[this.#at];
    if (first === "{") return this.#object();
    if (first === "[") return this.#array();
    if (first === '"' || first === "'") return this.#string(first);
    if (first !== undefined && /[-+.\d]/.test(first)) return this.#number();
    const start = this.#at;
    const word = this.#word();
    if (word === "true") return true;
    if (word === "false") return false;
    if (word === "null" || word === "undefined" || word === "NaN") return null;
    this.#at = start;
    throw this.#unexpected("a value");
  }

  #object(): Record<string, unknown> {
    this.#enter();
    const members: Record<string, unknown> = {};
    for (;;) {
      this.#skipCommas();
      if (this.#text[this.#at] === "}") break;
      const key = this.#key();
      this.#skipBlanks();
      if (this.#text[this.#at] !== ":") throw this.#unexpected("':'");
      this.#at++;
      const value = this.#value();
      if (key === "__proto__") {
        const own = { value, writable: true, enumerable: true, configurable: true };
        Object.defineProperty(members, key, own);
      } else members[key] = value;
      this.#endOfItem("}");
    }
    this.#leave();
    return members;
  }

  #array(): unknown[] {
    this.#enter();
    const items: unknown[] = [];
    for (;;) {
      this.#skipCommas();
      if (this.#text[this.#at] === "]") break;
      items.push(this.#value());
      this.#endOfItem("]");
    }
    this.#leave();
    return items;
  }

  #key(): string {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") return this.#string(first);
    if (first === "{") return this.#objectKey();
    if (first !== undefined && /[-\d]/.test(first)) return this.#match(/-?\d+/y, "an integer key");
    const word = this.#word();
    if (word === "") throw this.#unexpected("a key");
    return word;
  }

  /** A key inside a key would be quoted twice, its text doubling with every level. */
  #objectKey(): string {
    if (this.#insideKey) throw new FastJsonError("found an object as key inside a key", this.#at);
    this.#insideKey = true;
    const key = writeFastJson(this.#object());
    this.#insideKey = false;
    return key;
  }

  #string(quote: string): string {
    const start = this.#at++;
    let value = "";
    let from = this.#at;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) throw new FastJsonError("the text ends inside a string", start);
      if (char === quote) break;
      if (char === "\\") {
        value += this.#text.slice(from, this.#at) + this.#escape();
        from = this.#at;
      } else this.#at++;
    }
    value += this.#text.slice(from, this.#at++);
    return value;
  }

  #escape(): string {
    const start = this.#at;
    const char = this.#text[start + 1] ?? "";
    const plain = ESCAPES[char];
    this.#at += 2;
    if (plain !== undefined) return plain;
    if (char >= "0" && char <= "7") return String.fromCharCode(Number(char));
    const digits = this.#text.slice(this.#at, this.#at + (HEX_LENGTHS[char] ?? 0));
    if (digits.length === HEX_LENGTHS[char] && /^[\da-fA-F]+$/.test(digits)) {
      this.#at += digits.length;
      return String.fromCharCode(parseInt(digits, 16));
    }
    throw new FastJsonError(`"${this.#text.slice(start, start + 6)}" is no escape`, start);
  }

  #number(): number {
    return Number(this.#match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y, "a number"));
  }

  #word(): string {
    const pattern = /[A-Za-z_$][\w$]*/y;
    pattern.lastIndex = this.#at;
    const word = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += word.length;
    return word;
  }

  #match(pattern: RegExp, expected: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw this.#unexpected(expected);
    this.#at += found.length;
    return found;
  }

  #endOfItem(close: string): void {
    this.#skipBlanks();
    const char = this.#text[this.#at];
    if (char !== "," && char !== close) throw this.#unexpected(`',' or '${close}'`);
  }

  #enter(): void {
    if (++this.#depth > DEPTH_MAX) {
      throw new FastJsonError(`nesting is deeper than ${DEPTH_MAX}`, this.#at);
    }
    this.#at++;
  }

  #leave(): void {
    this.#depth--;
    this.#at++;
  }

  #skipBlanks(): void {
    while (isBlank(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #skipCommas(): void {
    for (;;) {
      this.#skipBlanks();
      if (this.#text[this.#at] !== ",") return;
      this.#at++;
    }
  }

  #unexpected(expected: string): FastJsonError {
    const char = this.#text[this.#at];
    const found = char === undefined ? "the text ends" : `found '${char}'`;
    return new FastJsonError(`${found}, expected ${expected}`, this.#at);
  }
}

/** Blank, line breaks, tab, form feed, back space, as fastjson skips them; and a byte order mark. */
function isBlank(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x08 && unit <= 0x0d && unit !== 0x0b) || unit === 0xfeff;
}
