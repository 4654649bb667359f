/**
 * A command line as bash hands it over, with its quotes. Bash itself cuts words at the characters of
 * `COMP_WORDBREAKS`, among them `:` and `=`, so that its own list of words is not that of the command;
 * and what it puts in replaces what stands behind the last of these.
 *
 * @module
 */

/** The words of a line up to the cursor. */
export interface ShellLine {
  /** Without their quotes; the last is the one being written, empty where a new one begins. */
  readonly words: readonly string[];
  /** What of the last word stays as it is, and is not to be given again. */
  readonly kept: string;
}

const BLANKS = " \t\n";
const QUOTES = "\"'";

/** Splits a line as a shell does, without expanding anything. */
export function shellLine(line: string, breaks: string): ShellLine {
  const words: string[] = [];
  let word = "";
  let isBegun = false;
  let kept = "";
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const it = line[at]!;
    if (it === "\\" && quote !== "'" && at + 1 < line.length) {
      word += line[++at];
      isBegun = true;
    } else if (quote !== "") {
      if (it === quote) quote = "";
      else word += it;
    } else if (QUOTES.includes(it)) {
      quote = it;
      isBegun = true;
      kept = word;
    } else if (BLANKS.includes(it)) {
      if (isBegun) words.push(word);
      [word, kept, isBegun] = ["", "", false];
    } else {
      word += it;
      isBegun = true;
      if (breaks.includes(it)) kept = word;
    }
  }
  return { words: [...words, word], kept };
}
