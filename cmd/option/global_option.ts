/**
 * Options that every command takes, wherever on the line they stand. They are taken out of the line
 * before commander reads it.
 *
 * @module
 */

/** A command line without an option, and what the option said. */
export interface TakenOption {
  readonly args: readonly string[];
  /** The value as it was given, empty where it is missing; `undefined` without the option. */
  readonly value: string | undefined;
}

/** Takes `--flag value` and `--flag=value` out of a command line; what stands behind `--` is none. */
export function takeOption(words: readonly string[], flag: string): TakenOption {
  const end = words.includes("--") ? words.indexOf("--") : words.length;
  const args: string[] = [];
  let value: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (at >= end || (word !== flag && !word.startsWith(`${flag}=`))) args.push(word);
    else value = word === flag ? words[++at] ?? "" : word.slice(flag.length + 1);
  }
  return { args, value };
}
