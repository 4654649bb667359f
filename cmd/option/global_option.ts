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

/**
 * Takes a flag without a value out of a command line, and tells whether it was there. What stands
 * behind `--` is none, and neither is what stands behind an option that takes a value, `isValued`.
 */
export function takeFlag(
  words: readonly string[],
  flags: readonly string[],
  isValued: (flag: string) => boolean,
): { readonly args: readonly string[]; readonly isGiven: boolean } {
  const end = words.includes("--") ? words.indexOf("--") : words.length;
  const args = words.filter((word, at) => {
    return at >= end || !flags.includes(word) || isValued(words[at - 1] ?? "");
  });
  return { args, isGiven: args.length < words.length };
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
