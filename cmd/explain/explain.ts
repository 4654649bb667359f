/**
 * `mq explain`: what a finding of `mq verify` means, what a Java broker makes of it, and what to do.
 *
 * @module
 */
import { type FindingAbout, type FindingCode, FINDINGS } from "../../store/check/findings.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { suggestion } from "../near_word.ts";
import { type Field, formatOf, openRows, type OutputOptions } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";

const FIELDS: readonly Field[] = [
  { name: "code", type: "string", about: "what was found; codes never change", width: 29 },
  { name: "severity", type: "string", about: "info, warning or error", width: 8 },
  { name: "kind", type: "string", about: "files it speaks of", width: 16 },
  {
    name: "about",
    type: "string",
    about: "what it means for a broker and its consumers",
    width: 0,
  },
  { name: "java", type: "string", about: "what a Java broker does where it meets it" },
  { name: "fix", type: "string", about: "what can be done" },
  { name: "example", type: "string", about: "the message of one such finding" },
];

const CODES = Object.keys(FINDINGS) as FindingCode[];

/** Prints the page of each code, or a list of all. */
export function explain(
  terminal: Terminal,
  codes: readonly string[],
  options: OutputOptions,
): number {
  const known = codes.map(knownCode);
  const isPage = known.length > 0 && options.fields === undefined &&
    formatOf(terminal, options) === "table";
  if (isPage) {
    terminal.out.write(known.map((code) => pageOf(code, terminal.columns)).join("\n"));
    return EXIT.ok;
  }
  const rows = openRows(terminal, FIELDS, options);
  for (const code of known.length > 0 ? known : CODES) rows?.row({ code, ...FINDINGS[code] });
  rows?.end();
  return EXIT.ok;
}

/** A code as it was typed. Throws for one that is none. */
export function knownCode(word: string): FindingCode {
  if (Object.hasOwn(FINDINGS, word)) return word as FindingCode;
  throw usageFailure(
    `There is no code "${word}"${suggestion(word, CODES)}; mq explain lists all`,
  );
}

/** The page of a code, for a terminal of so many columns. */
export function pageOf(code: FindingCode, columns: number): string {
  const { severity, kind, about, java, fix, example }: FindingAbout = FINDINGS[code];
  const parts: readonly (readonly [head: string, text: string])[] = [
    ["What it means", sentence(about)],
    ["What Java does", sentence(java)],
    ["What to do", sentence(fix)],
    ["For example", example],
  ];
  const body = parts.map(([head, text]) => `${head}\n${wrapped(text, columns)}`);
  return `${code}  (${severity}, ${kind})\n\n${body.join("\n")}`;
}

/** Names of commands and files keep their first letter. */
function sentence(text: string): string {
  const isWord = /^(?!mq )[a-z]+[ ,:]/.test(text);
  return `${isWord ? text.charAt(0).toUpperCase() + text.slice(1) : text}.`;
}

const INDENT = "  ";

/** Lines that end at words. One longer word has a line of its own. */
function wrapped(text: string, columns: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && INDENT.length + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].map((it) => `${INDENT}${it}\n`).join("");
}
