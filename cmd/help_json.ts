/**
 * `--help --json`: what the help says, as one object for programs.
 *
 * @module
 */
import type { Argument, CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { aboutOf, pathOf } from "./branch.ts";
import type { Impact } from "./impact.ts";

/** A command as programs are told of it. Fields may be added, and none is renamed. */
export interface CommandHelp {
  /** The words that call it. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly text: string;
  /** Whether it changes anything but its output; absent where it only has others under it. */
  readonly impact?: Impact | undefined;
  readonly arguments: readonly ArgumentHelp[];
  /** Options of all commands stand in the help of `mq` itself. */
  readonly options: readonly OptionHelp[];
  readonly examples: readonly string[];
  readonly subcommands: readonly CommandHelp[];
}

/** An argument. */
export interface ArgumentHelp {
  readonly name: string;
  readonly about: string;
  readonly required: boolean;
  /** Whether it may be given more than once. */
  readonly variadic: boolean;
  readonly choices?: readonly string[] | undefined;
  readonly default?: unknown;
}

/** An option. */
export interface OptionHelp {
  /** As the help shows it, such as `-o, --output <format>`. */
  readonly flags: string;
  readonly long?: string | undefined;
  readonly short?: string | undefined;
  readonly about: string;
  /** Whether it takes a value. */
  readonly value: "required" | "optional" | "none";
  /** Whether the command goes without it. */
  readonly required: boolean;
  readonly choices?: readonly string[] | undefined;
  readonly default?: unknown;
}

/** Whether a command line asks for it. */
export function asksForJsonHelp(args: readonly string[]): boolean {
  const before = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  return before.includes("--json") && (before.includes("--help") || before.includes("-h"));
}

/** A command with all that is under it. */
export function helpOf(command: CommandUnknownOpts): CommandHelp {
  const { examples = [], impact } = aboutOf(command) ?? {};
  return {
    name: pathOf(command),
    aliases: command.aliases(),
    summary: command.summary(),
    text: command.description(),
    impact,
    arguments: command.registeredArguments.map(argumentHelp),
    options: command.options.filter((it) => !it.hidden).map(optionHelp),
    examples,
    subcommands: command.commands.map(helpOf),
  };
}

function argumentHelp(argument: Argument): ArgumentHelp {
  return {
    name: argument.name(),
    about: argument.description,
    required: argument.required,
    variadic: argument.variadic,
    choices: argument.argChoices,
    default: argument.defaultValue,
  };
}

function optionHelp(option: Option): OptionHelp {
  return {
    flags: option.flags,
    long: option.long,
    short: option.short,
    about: option.description,
    value: option.required ? "required" : option.optional ? "optional" : "none",
    required: option.mandatory,
    choices: option.argChoices,
    default: option.defaultValue,
  };
}
