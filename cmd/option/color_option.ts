/**
 * `--color`, which every command takes, wherever on the line it stands.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { usageFailure } from "../failure.ts";
import { COLOR_CHOICES, type ColorChoice } from "../output/tone.ts";
import { takeOption } from "./global_option.ts";

/** The option as help and completion show it; {@linkcode takeColor} reads it. */
export function colorOption(): Option {
  return new Option("--color <when>", "colour tables").choices(COLOR_CHOICES);
}

/** A command line without the option, and what it said. */
export interface ColoredArgs {
  readonly args: readonly string[];
  /** The value as it was given; empty where it is missing. */
  readonly color: string;
}

/** Takes the option out of a command line; what stands behind `--` is none. */
export function takeColor(words: readonly string[]): ColoredArgs {
  const { args, value } = takeOption(words, "--color");
  return { args, color: value ?? "auto" };
}

/** The choice that was made. Throws a usage failure for what is none. */
export function colorChoice(value: string): ColorChoice {
  const choice = COLOR_CHOICES.find((it) => it === value);
  if (choice !== undefined) return choice;
  throw usageFailure(`--color is ${COLOR_CHOICES.join(", ")}, not "${value}"`);
}
