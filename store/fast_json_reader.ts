/**
 * Reads JSON and the dialect of fastjson (`fast_json.ts`) from bytes that need not all be in memory:
 * whoever reads a table of millions of entries takes them one by one, and passes over the rest.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { writeFastJson } from "./fast_json_writer.ts";

/** Fills `into` from position `at` of the text; returns the bytes read, 0 at its end. */
export type ByteSource = (into: Uint8Array, at: number) => number;

/** How deep objects and arrays may be nested. */
const DEPTH_MAX = 64;
const WINDOW_BYTES = 64 * 1024;
/** Bytes that an escape, or a character for a complaint, may have. */
const LOOK_AHEAD_BYTES = 24;
/** Digits that surely make an exact number. */
const EXACT_DIGITS = 15;

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const ARRAY_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const END = -1;

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
  /** Byte of the text. */
  readonly at: number;

  /** What is wrong, and where. */
  constructor(reason: string, at: number) {
    super(`Cannot parse JSON at ${at}: ${reason}`);
    this.at = at;
  }
}

/**
 * One pass over a text. Every method reads the value that comes next and throws a
 * {@linkcode FastJsonError} where there is none.
 *
 * ```ts
 * import { FastJsonReader } from "./fast_json_reader.ts";
 * import assert from "node:assert/strict";
 *
 * const json = new FastJsonReader(new TextEncoder().encode("{a:[1,2],0:7}"));
 * const found: unknown[] = [];
 * json.whole(() => json.members((key) => key === "a" ? json.skip() : found.push(json.value())));
 * assert.deepEqual(found, [7]);
 * ```
 */
export class FastJsonReader {
  readonly #source: ByteSource | undefined;
  #bytes: Buffer;
  /** Where in the text the window begins, how much of it is filled, and whether nothing follows. */
  #start = 0;
  #length = 0;
  #isLast = false;
  #at = 0;
  /** First byte of the window that is still needed; −1 where nothing before `#at` is. */
  #mark = -1;
  #depth = 0;
  #insideKey = false;

  /** Reads a text that is in memory, or in a window over what `text` gives. */
  constructor(text: Uint8Array | ByteSource) {
    if (typeof text === "function") {
      this.#source = text;
      this.#bytes = Buffer.alloc(WINDOW_BYTES);
    } else {
      this.#bytes = Buffer.from(text.buffer, text.byteOffset, text.length);
      this.#length = text.length;
      this.#isLast = true;
    }
  }

  /** Reads a text that is one value, as `read` does it. */
  whole<T>(read: () => T): T {
    const value = read();
    this.skipBlanks();
    if (this.#byte() !== END) throw this.#unexpected("the end");
    return value;
  }

  /** Byte of the text that comes next. */
  get position(): number {
    return this.#start + this.#at;
  }

  /** Whether the next value is an object. */
  isObject(): boolean {
    this.skipBlanks();
    return this.#byte() === OBJECT;
  }

  /** Reads an object: `member` gets each key and must read the value, in whatever way. */
  members(member: (key: string) => void): void {
    this.skipBlanks();
    if (this.#byte() !== OBJECT) throw this.#unexpected("an object");
    this.#enter();
    for (;;) {
      this.#skipCommas();
      if (this.#byte() === OBJECT_END) break;
      const key = this.#key();
      this.skipBlanks();
      if (this.#byte() !== COLON) throw this.#unexpected("':'");
      this.#at++;
      member(key);
      this.#endOfItem(OBJECT_END);
    }
    this.#leave();
  }

  /** Reads a value of any kind. Objects are plain ones, as {@linkcode parseFastJson} makes them. */
  value(): unknown {
    this.skipBlanks();
    const first = this.#byte();
    if (first === OBJECT) return this.#object();
    if (first === ARRAY) {
      const items: unknown[] = [];
      this.#items(() => items.push(this.value()));
      return items;
    }
    return this.#scalar(first);
  }

  /** Passes over a value of any kind. */
  skip(): void {
    this.skipBlanks();
    const first = this.#byte();
    if (first === OBJECT) this.members(() => this.skip());
    else if (first === ARRAY) this.#items(() => this.skip());
    else this.#scalar(first);
  }

  #scalar(first: number): unknown {
    if (first === QUOTE || first === APOSTROPHE) return this.#string(first);
    if (isDigit(first) || first === MINUS || first === PLUS || first === DOT) return this.#number();
    const word = this.#word();
    if (word === "true") return true;
    if (word === "false") return false;
    if (word === "null" || word === "undefined" || word === "NaN") return null;
    this.#at -= word.length;
    throw this.#unexpected("a value");
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.members((key) => {
      const value = this.value();
      if (key === "__proto__") {
        const own = { value, writable: true, enumerable: true, configurable: true };
        Object.defineProperty(object, key, own);
      } else object[key] = value;
    });
    return object;
  }

  #items(item: () => void): void {
    this.#enter();
    for (;;) {
      this.#skipCommas();
      if (this.#byte() === ARRAY_END) break;
      item();
      this.#endOfItem(ARRAY_END);
    }
    this.#leave();
  }

  #key(): string {
    const first = this.#byte();
    if (first === QUOTE || first === APOSTROPHE) return this.#string(first);
    if (first === OBJECT) return this.#objectKey();
    if (isDigit(first) || first === MINUS) return this.#integerKey();
    const word = this.#word();
    if (word === "") throw this.#unexpected("a key");
    return word;
  }

  /** A key inside a key would be quoted twice, its text doubling with every level. */
  #objectKey(): string {
    if (this.#insideKey) {
      throw new FastJsonError("found an object as key inside a key", this.#start + this.#at);
    }
    this.#insideKey = true;
    const key = writeFastJson(this.#object());
    this.#insideKey = false;
    return key;
  }

  #integerKey(): string {
    this.#mark = this.#at;
    const isNegative = this.#byte() === MINUS;
    if (isNegative) this.#at++;
    const first = this.#byte();
    const value = this.#digits();
    const count = this.#at - this.#mark;
    if (!isNegative && count <= EXACT_DIGITS && (first !== ZERO || count === 1)) {
      this.#mark = -1;
      return String(value);
    }
    if (isDigit(first)) return this.#taken();
    this.#at = this.#mark;
    throw this.#unexpected("an integer key");
  }

  /** Passes over digits; their value is exact as long as they are few. */
  #digits(): number {
    let value = 0;
    for (let byte = this.#byte(); isDigit(byte); byte = this.#byte()) {
      value = value * 10 + byte - ZERO;
      this.#at++;
    }
    return value;
  }

  #number(): number {
    this.#mark = this.#at;
    const value = this.#digits();
    const isPlain = this.#at - this.#mark <= EXACT_DIGITS && !isOfNumber(this.#byte());
    if (isPlain) {
      this.#mark = -1;
      return value;
    }
    while (isOfNumber(this.#byte())) this.#at++;
    const text = this.#taken();
    const number = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(text)?.[0];
    this.#at -= text.length - (number?.length ?? 0);
    if (number !== undefined) return Number(number);
    throw this.#unexpected("a number");
  }

  #word(): string {
    this.#mark = this.#at;
    if (!isDigit(this.#byte())) { while (isOfWord(this.#byte())) this.#at++; }
    return this.#taken();
  }

  #string(quote: number): string {
    const start = this.#start + this.#at++;
    let value = "";
    this.#mark = this.#at;
    for (;;) {
      const bytes = this.#bytes;
      let at = this.#at;
      while (at < this.#length && bytes[at] !== quote && bytes[at] !== BACKSLASH) at++;
      this.#at = at;
      const byte = this.#byte();
      if (byte === quote) break;
      if (byte === END) throw new FastJsonError("the text ends inside a string", start);
      if (byte !== BACKSLASH) continue;
      value += this.#taken() + this.#escape();
      this.#mark = this.#at;
    }
    value += this.#taken();
    this.#at++;
    return value;
  }

  #escape(): string {
    const text = this.#ahead();
    const char = text[1] ?? "";
    const plain = ESCAPES[char];
    this.#at += 2;
    if (plain !== undefined) return plain;
    if (char >= "0" && char <= "7") return String.fromCharCode(Number(char));
    const digits = text.slice(2, 2 + (HEX_LENGTHS[char] ?? 0));
    if (digits.length === HEX_LENGTHS[char] && /^[\da-fA-F]+$/.test(digits)) {
      this.#at += digits.length;
      return String.fromCharCode(parseInt(digits, 16));
    }
    throw new FastJsonError(`"${text.slice(0, 6)}" is no escape`, this.#start + this.#at - 2);
  }

  #endOfItem(close: number): void {
    this.skipBlanks();
    const byte = this.#byte();
    if (byte === COMMA || byte === close) return;
    throw this.#unexpected(`',' or '${String.fromCharCode(close)}'`);
  }

  #enter(): void {
    if (++this.#depth > DEPTH_MAX) {
      throw new FastJsonError(`nesting is deeper than ${DEPTH_MAX}`, this.#start + this.#at);
    }
    this.#at++;
  }

  #leave(): void {
    this.#depth--;
    this.#at++;
  }

  /** Blank, line breaks, tab, form feed, back space, as fastjson does; and a byte order mark. */
  skipBlanks(): void {
    for (let byte = this.#byte(); byte !== END; byte = this.#byte()) {
      if (byte === 0x20 || (byte >= 0x08 && byte <= 0x0d && byte !== 0x0b)) this.#at++;
      else if (byte === 0xef && this.#ahead()[0] === "\ufeff") this.#at += 3;
      else return;
    }
  }

  #skipCommas(): void {
    for (;;) {
      this.skipBlanks();
      if (this.#byte() !== COMMA) return;
      this.#at++;
    }
  }

  /** The byte that comes next. */
  #byte(): number {
    if (this.#at < this.#length || this.#fill()) return this.#bytes[this.#at]!;
    return END;
  }

  /** The text from the mark, which is taken away. */
  #taken(): string {
    const text = this.#bytes.toString("utf8", this.#mark, this.#at);
    this.#mark = -1;
    return text;
  }

  /** The next few characters. */
  #ahead(): string {
    while (this.#length - this.#at < LOOK_AHEAD_BYTES && this.#fill());
    return this.#bytes.toString(
      "utf8",
      this.#at,
      Math.min(this.#length, this.#at + LOOK_AHEAD_BYTES),
    );
  }

  /** Reads more behind what is needed still; false at the end of the text. */
  #fill(): boolean {
    if (this.#isLast) return false;
    const from = this.#mark < 0 ? this.#at : this.#mark;
    if (from > 0) {
      this.#bytes.copyWithin(0, from, this.#length);
      this.#start += from;
      this.#length -= from;
      this.#at -= from;
      if (this.#mark >= 0) this.#mark = 0;
    } else if (this.#length === this.#bytes.length) {
      const larger = Buffer.alloc(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const room = this.#bytes.subarray(this.#length);
    const count = this.#source?.(room, this.#start + this.#length) ?? 0;
    this.#length += count;
    this.#isLast = count === 0;
    return count > 0;
  }

  #unexpected(expected: string): FastJsonError {
    const [char] = this.#ahead();
    const found = char === undefined ? "the text ends" : `found '${char}'`;
    return new FastJsonError(`${found}, expected ${expected}`, this.#start + this.#at);
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** Digits, signs, points, and `e`. */
function isOfNumber(byte: number): boolean {
  return isDigit(byte) || byte === PLUS || byte === MINUS || byte === DOT || (byte | 0x20) === 0x65;
}

function isOfWord(byte: number): boolean {
  return isDigit(byte) || byte === 0x24 || byte === 0x5f ||
    ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
}
