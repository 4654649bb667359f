/**
 * Java properties text: the form of `broker.conf` and `namesrv.conf`, and of the bodies that carry
 * settings.
 *
 * @module
 */

/** One setting of a text. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Line it begins in, from 1. */
  readonly line: number;
  /** Last line of it; another one where lines are continued. */
  readonly endLine: number;
}

/**
 * Takes a text apart by the rules of `java.util.Properties`: comments with `#` or `!`, a key up to
 * `=`, `:` or white space, a backslash at the end of a line joins the next, `\uXXXX` and the like.
 * The last of equal keys wins. Throws SyntaxError at a broken `\u`.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsePropertiesText } from "./properties_text.ts";
 *
 * const [name] = parsePropertiesText("# a broker\nbrokerName = broker-a\n");
 * assert(name?.key === "brokerName" && name.value === "broker-a" && name.line === 2);
 * ```
 */
export function parsePropertiesText(text: string): Property[] {
  const properties = new Map<string, Property>();
  for (const { logical, line, endLine } of logicalLines(text)) {
    const end = keyEnd(logical);
    const key = unescaped(logical.slice(0, end), line);
    const rest = logical.slice(end).replace(/^[ \t\f]*(?:[=:][ \t\f]*)?/, "");
    properties.delete(key);
    properties.set(key, { key, value: unescaped(rest, line), line, endLine });
  }
  return [...properties.values()];
}

const LINE_END = /\r\n|\r|\n/;

/**
 * A text with other values for some keys. Comments and all other lines stay as they are; a key that
 * the text does not have is added at its end. Throws SyntaxError at a broken `\u`.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { replaceProperties } from "./properties_text.ts";
 *
 * const text = "# a broker\nbrokerPermission = 6\n";
 * assert.equal(
 *   replaceProperties(text, { brokerPermission: 4, traceOn: true }),
 *   "# a broker\nbrokerPermission=4\ntraceOn=true\n",
 * );
 * ```
 */
export function replaceProperties(
  text: string,
  values: Readonly<Record<string, string | number | boolean>>,
): string {
  const lines = text.split(LINE_END);
  const added: string[] = [];
  const found = new Map(parsePropertiesText(text).map((it) => [it.key, it]));
  const gone = new Set<number>();
  for (const [key, value] of Object.entries(values)) {
    const place = found.get(key);
    if (place === undefined) {
      added.push(`${escaped(key)}=${escaped(String(value))}`);
      continue;
    }
    lines[place.line - 1] = `${escaped(key)}=${escaped(String(value))}`;
    for (let line = place.line + 1; line <= place.endLine; line++) gone.add(line - 1);
  }
  const kept = lines.filter((_, index) => !gone.has(index));
  const tail = kept.at(-1) === "" ? [] : [""];
  kept.splice(kept.length - 1 + tail.length, 0, ...added);
  return [...kept, ...tail].join(/\r\n/.test(text) ? "\r\n" : "\n");
}

/** Only what would be read otherwise; a value keeps its spaces but for those it begins with. */
function escaped(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(
    /^ /,
    "\\ ",
  );
}

/**
 * The value a text stands for where `like` stands now, of the same type; `undefined` when it is no
 * whole number, or neither true nor false.
 */
export function settingValue(
  text: string,
  like: string | number | boolean,
): string | number | boolean | undefined {
  const value = text.trim();
  if (typeof like === "number") {
    return /^-?\d+$/.test(value) && Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  }
  if (typeof like === "boolean") {
    return /^(true|false)$/i.test(value) ? value.toLowerCase() === "true" : undefined;
  }
  return value;
}

/** Lines without comments and leading white space, continued ones joined. */
function* logicalLines(
  text: string,
): Generator<{ logical: string; line: number; endLine: number }> {
  const natural = text.replace(/^\ufeff/, "").split(LINE_END);
  for (let at = 0; at < natural.length; at++) {
    const line = at + 1;
    let logical = natural[at]!.replace(/^[ \t\f]+/, "");
    if (logical === "" || logical.startsWith("#") || logical.startsWith("!")) continue;
    while (endsOpen(logical)) {
      const next = natural[++at];
      logical = logical.slice(0, -1) + (next ?? "").replace(/^[ \t\f]+/, "");
      if (next === undefined) break;
    }
    yield { logical, line, endLine: Math.min(at + 1, natural.length) };
  }
}

/** Whether a line ends with a backslash that is not itself escaped. */
function endsOpen(line: string): boolean {
  return /\\*$/.exec(line)![0].length % 2 === 1;
}

/** Where the key ends: at the first separator that is not escaped. */
function keyEnd(logical: string): number {
  for (let at = 0; at < logical.length; at++) {
    const character = logical[at]!;
    if (character === "\\") at++;
    else if ("=: \t\f".includes(character)) return at;
  }
  return logical.length;
}

const ESCAPED: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

function unescaped(text: string, line: number): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|[^])/g, (_, escaped: string) => {
    if (escaped.length === 5) return String.fromCharCode(parseInt(escaped.slice(1), 16));
    if (escaped === "u") throw new SyntaxError(`line ${line} has a broken \\u escape`);
    return ESCAPED[escaped] ?? escaped;
  });
}
