/**
 * Reads Java properties files, the form of `broker.conf` and `namesrv.conf`.
 *
 * @module
 */
import { type FileSystem, readWholeFile } from "../../store/file.ts";
import { Failure } from "../failure.ts";

/** One setting of a file. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Line it begins in, from 1. */
  readonly line: number;
}

/** Reads a file. Throws a failure when it is missing or holds a broken escape. */
export function readProperties(files: FileSystem, path: string): Property[] {
  const stat = files.stat(path);
  if (stat?.isDirectory) throw new Failure(`Cannot read "${path}": it is a directory`);
  const bytes = readWholeFile(files, path);
  if (bytes === undefined) throw new Failure(`Cannot read "${path}": no such file or directory`);
  if (bytes.some(isControl)) throw new Failure(`Cannot read "${path}": it is no text file`);
  try {
    return parsePropertiesText(textOf(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failure(`Cannot read "${path}": ${error.message}`);
    throw error;
  }
}

/** Whether a byte stands in no text: a control character that is no tab, line end or page end. */
function isControl(byte: number): boolean {
  return byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].includes(byte);
}

/** UTF-8, or Latin 1, in which Java reads these files. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}

/**
 * Takes a text apart by the rules of `java.util.Properties`: comments with `#` or `!`, a key up to
 * `=`, `:` or white space, a backslash at the end of a line joins the next, `\uXXXX` and the like.
 * The last of equal keys wins. Throws SyntaxError at a broken `\u`.
 *
 * ```ts
 * import { parsePropertiesText } from "./properties_file.ts";
 *
 * const [name] = parsePropertiesText("# a broker\nbrokerName = broker-a\n");
 * console.assert(name?.key === "brokerName" && name.value === "broker-a" && name.line === 2);
 * ```
 */
export function parsePropertiesText(text: string): Property[] {
  const properties = new Map<string, Property>();
  for (const { logical, line } of logicalLines(text)) {
    const end = keyEnd(logical);
    const key = unescaped(logical.slice(0, end), line);
    const rest = logical.slice(end).replace(/^[ \t\f]*(?:[=:][ \t\f]*)?/, "");
    properties.delete(key);
    properties.set(key, { key, value: unescaped(rest, line), line });
  }
  return [...properties.values()];
}

/** Lines without comments and leading white space, continued ones joined. */
function* logicalLines(text: string): Generator<{ logical: string; line: number }> {
  const natural = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  for (let at = 0; at < natural.length; at++) {
    const line = at + 1;
    let logical = natural[at]!.replace(/^[ \t\f]+/, "");
    if (logical === "" || logical.startsWith("#") || logical.startsWith("!")) continue;
    while (endsOpen(logical)) {
      const next = natural[++at];
      logical = logical.slice(0, -1) + (next ?? "").replace(/^[ \t\f]+/, "");
      if (next === undefined) break;
    }
    yield { logical, line };
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
