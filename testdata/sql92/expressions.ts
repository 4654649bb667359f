/**
 * SQL92 expressions by chance, most of them readable and some of them not, and the messages they are
 * tried on. The same chance gives the same ones.
 *
 * @module
 */

import { between, oneOf } from "../random.ts";

/** Properties of a message. */
export type Properties = Readonly<Record<string, string>>;

/** The messages: every kind of text a property may hold, with some missing from each. */
export const MESSAGES: readonly Properties[] = [
  {},
  { a: "5", b: "x", c: "true", d: "-1.5" },
  { a: "5.5", b: "xyz", c: "TRUE", d: "0" },
  { a: "x", b: "5", c: "false" },
  { a: "-3", b: "-3.0", d: "1e3" },
  { a: "2147483647", b: "2147483648", c: "9007199254740993", d: "9223372036854775807" },
  { a: "-2147483648", b: "-9223372036854775808", c: "9223372036854775808" },
  { a: "3000000000", b: "", c: " 5 ", d: "5 " },
  { a: "+5", b: "005", c: "1.", d: ".5" },
  { a: "NaN", b: "Infinity", c: "-Infinity", d: "-0.0" },
  { a: "0", b: "0.0", c: "-0", d: "NaN" },
  { a: "1f", b: "0x1.8p1", c: "1e400", d: "1e-400" },
  { a: "５", b: "٣", c: "\u{1d7d3}", d: "é" },
  { a: "it's", b: "'", c: "%", d: "订单" },
  { a: "TagA", b: "TagB", c: "tAgA", d: "TagA || TagB" },
  { a: "1", b: "2", c: "3", d: "4" },
];

const NAMES = ["a", "b", "c", "d", "missing"];
const TEXTS = [
  "'x'",
  "'5'",
  "''",
  "'it''s'",
  "'true'",
  "'TagA'",
  "'Tag'",
  "'A'",
  "'5.5'",
  "'订单'",
];
const INTEGERS = [
  ..."0 1 5 3 5L 0L 2147483647 2147483648 3000000000 9007199254740992 9007199254740993".split(" "),
  "9223372036854775807",
];
const FLOATS = "1.5 5.0 5. .5 1e3 1E-2 2.147483647e9 9007199254740992.0 1.7976931348623157e308"
  .split(" ");
const BLANKS = [" ", " ", " ", " ", "\t", "\n", "\r\n", "\f", " /* - */ ", "/**/", " -- x\n"];
const ODD = "= <> > ( ) , + - AND NOT IS NULL IN 'x' 5 0 a # ' \" ; 007 0x10 1e400 0.0 like --"
  .split(" ");

const DIGITS = "0123456789";
const AROUND_NUMBERS = [
  "",
  "",
  "",
  "-",
  "+",
  " ",
  "0",
  "e5",
  "E-3",
  ".",
  "f",
  "d",
  "L",
  "0x",
  "p2",
  "５",
];

/** A message by chance, with numbers in all forms near the limits of their types. */
export function messageBy(random: () => number): Properties {
  const digits = () => {
    const length = between(random, 0, random() < 0.5 ? 4 : 21);
    return Array.from({ length }, () => oneOf(random, [...DIGITS])).join("");
  };
  const value = () => {
    if (random() < 0.1) return oneOf(random, TEXTS).slice(1, -1);
    const parts = [oneOf(random, AROUND_NUMBERS), digits(), oneOf(random, AROUND_NUMBERS)];
    if (random() < 0.3) parts.push(".", digits(), oneOf(random, AROUND_NUMBERS));
    return parts.join("");
  };
  const names = NAMES.filter((name) => name !== "missing" && random() < 0.9);
  return Object.fromEntries(names.map((name) => [name, value()]));
}

/** A source of expressions. */
export class Expressions {
  readonly #random: () => number;

  /** `random` gives numbers from 0 to less than 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The next one; one in eight has a word removed, changed or added somewhere. */
  next(): string {
    const words = this.#condition(between(this.#random, 0, 3)).split(" ");
    if (this.#oneIn(8)) {
      const odd = this.#oneIn(4) ? [] : [oneOf(this.#random, ODD)];
      words.splice(between(this.#random, 0, words.length), between(this.#random, 0, 1), ...odd);
    }
    const cased = words.map((word) => /^[A-Z]{2,}$/.test(word) ? this.#cased(word) : word);
    const blank = this.#oneIn(6) ? () => oneOf(this.#random, BLANKS) : () => " ";
    return cased.slice(1).reduce((text, word) => text + blank() + word, cased[0] ?? "");
  }

  #condition(depth: number): string {
    if (depth === 0) return this.#comparison();
    const inner = () => this.#condition(depth - 1);
    switch (between(this.#random, 0, 6)) {
      case 0:
      case 1:
        return `${inner()} AND ${inner()}`;
      case 2:
        return `${inner()} OR ${inner()}`;
      case 3:
        return `( ${inner()} ) ${oneOf(this.#random, ["AND", "OR"])} ${inner()}`;
      case 4:
        return `NOT ( ${inner()} )`;
      case 5:
        return this.#oneIn(2)
          ? `( ${inner()} ) ${this.#equals()} ${this.#value(depth)}`
          : `( ${inner()} ) IS ${this.#not()}NULL`;
      default:
        return inner();
    }
  }

  #comparison(): string {
    const name = this.#oneIn(8) ? this.#value(1) : oneOf(this.#random, NAMES);
    switch (between(this.#random, 0, 9)) {
      case 0:
      case 1:
        return `${name} ${this.#equals()} ${this.#value(1)}`;
      case 2:
      case 3:
        return `${name} ${oneOf(this.#random, [">", ">=", "<", "<="])} ${this.#number()}`;
      case 4:
        return `${this.#number()} ${oneOf(this.#random, [">", ">=", "<", "<=", "="])} ${name}`;
      case 5:
        return `${name} ${this.#not()}BETWEEN ${this.#number()} AND ${this.#number()}`;
      case 6:
        return `${name} ${this.#not()}IN ( ${this.#texts()} )`;
      case 7:
        return `${name} IS ${this.#not()}NULL`;
      case 8: {
        const search = oneOf(this.#random, ["CONTAINS", "STARTSWITH", "ENDSWITH"]);
        return `${name} ${this.#not()}${search} ${oneOf(this.#random, TEXTS)}`;
      }
      default:
        return this.#oneIn(2) ? `NOT ${name}` : oneOf(this.#random, ["TRUE", "FALSE", "NULL", "a"]);
    }
  }

  #value(depth: number): string {
    switch (between(this.#random, 0, depth > 0 ? 6 : 5)) {
      case 0:
      case 1:
        return oneOf(this.#random, TEXTS);
      case 2:
        return oneOf(this.#random, NAMES);
      case 3:
        return oneOf(this.#random, ["TRUE", "FALSE"]);
      case 6:
        return `( ${this.#condition(depth - 1)} )`;
      default:
        return this.#number();
    }
  }

  #number(): string {
    if (this.#oneIn(10)) return oneOf(this.#random, NAMES);
    const number = oneOf(this.#random, this.#oneIn(3) ? FLOATS : INTEGERS);
    return this.#oneIn(4) ? `${oneOf(this.#random, ["-", "- ", "+ ", "- - "])}${number}` : number;
  }

  #texts(): string {
    const count = between(this.#random, 1, 6);
    return Array.from({ length: count }, () => oneOf(this.#random, TEXTS)).join(" , ");
  }

  #equals(): string {
    return this.#oneIn(3) ? "<>" : "=";
  }

  #not(): string {
    return this.#oneIn(3) ? "NOT " : "";
  }

  #cased(word: string): string {
    return this.#oneIn(3) ? word.toLowerCase() : word;
  }

  #oneIn(count: number): boolean {
    return this.#random() * count < 1;
  }
}
