/**
 * What may follow on a command line, for the completion of shells: commands, options, their choices,
 * and names from the store at hand.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { storePaths } from "../../store/names.ts";
import { SUBSCRIPTION_GROUPS } from "../../store/config_tables.ts";
import { HELP_TOPICS } from "../help_topics.ts";
import { DEFAULT_STORE } from "../reading/store_path.ts";
import { knownTopics, readTable } from "../reading/topic_table.ts";
import { chosenProfile } from "../profile/chosen_profile.ts";
import { readProfiles } from "../profile/profile_file.ts";
import { lineText, type Terminal } from "../terminal.ts";
import type { LiveQuestion } from "./live_names.ts";

/** First word of the command line that scripts of shells call, see `scripts.ts`. */
export const COMPLETE_WORD = "__complete";
/** A line that says that names of files may follow. */
export const FILES_LINE = ":files";

/** One thing that may follow. */
export interface Candidate {
  readonly value: string;
  readonly about: string;
}

/** What may follow; with `files`, names of files, too. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly files: boolean;
  /** Names of a cluster that may follow as well; it has to be asked. */
  readonly live?: LiveQuestion | undefined;
}

/** Prints what may follow: a line for each, what it is behind a tab. */
export async function printCompletion(
  terminal: Terminal,
  program: CommandUnknownOpts,
  words: readonly string[],
): Promise<void> {
  const { candidates, files, live } = complete(terminal, program, words);
  const names = live === undefined
    ? []
    : await (await import("./live_names.ts")).liveNames(terminal, live);
  const known = names.map((value) => ({ value, about: `${live?.kind} of the cluster` }));
  for (const { value, about } of [...candidates, ...known]) {
    terminal.out.write(`${value}\t${lineText(about)}\n`);
  }
  if (files) terminal.out.write(`${FILES_LINE}\n`);
}

/**
 * Finds what may follow. Words are those behind `mq`; the last is the one being written, empty where
 * a new one begins. Never throws: a store that cannot be read has no names.
 */
export function complete(
  terminal: Terminal,
  program: CommandUnknownOpts,
  words: readonly string[],
): Completion {
  const current = words.at(-1) ?? "";
  const line = parse(program, words.slice(0, -1));
  const inline = /^(--[\w-]+)=(.*)$/s.exec(current);
  const name = line.open ?? inline?.[1];
  if (name !== undefined) {
    const prefix = line.open === undefined ? `${name}=` : "";
    const found = valuesOf(terminal, line, name);
    const candidates = found.candidates.map(({ value, about }) => {
      return { value: prefix + value, about };
    });
    const live = found.live && { ...found.live, prefix };
    return startingWith(current, { ...found, candidates, live });
  }
  return startingWith(current, wordsOf(terminal, line, { program, current }));
}

/** What the words before the present one say. */
interface Line {
  readonly command: CommandUnknownOpts;
  /** Words that are neither commands nor options nor their values. */
  readonly given: readonly string[];
  /** Flag of the option whose value the present word is. */
  readonly open: string | undefined;
  /** Values of options so far, by their names. */
  readonly values: ReadonlyMap<string, string>;
}

function parse(program: CommandUnknownOpts, words: readonly string[]): Line {
  let command = program;
  const given: string[] = [];
  const values = new Map<string, string>();
  let open: string | undefined;
  for (const word of words) {
    if (open !== undefined) {
      values.set(optionOf(command, open)?.attributeName() ?? open, word);
      open = undefined;
    } else if (word.startsWith("-")) {
      const option = optionOf(command, word);
      if (option?.required === true) open = word;
    } else {
      const next = command.commands.find((it) => it.name() === word || it.aliases().includes(word));
      if (next === undefined || given.length > 0) given.push(word);
      else command = next;
    }
  }
  return { command, given, open, values };
}

function optionOf(command: CommandUnknownOpts, flag: string) {
  return command.options.find((it) => it.long === flag || it.short === flag);
}

/** What may stand in the place of a word that is no option's value. */
function wordsOf(
  terminal: Terminal,
  line: Line,
  { program, current }: { readonly program: CommandUnknownOpts; readonly current: string },
): Completion {
  const { command, given } = line;
  if (current.startsWith("-")) {
    const options = command.options.filter((it) => !it.hidden && it.long !== undefined)
      .map((it) => ({ value: it.long!, about: it.description }));
    return { candidates: [...options, { value: "--help", about: "explain it" }], files: false };
  }
  if (command.commands.length > 0) {
    return { candidates: given.length > 0 ? [] : commandsOf(command), files: false };
  }
  if (command.name() === "help") {
    const topics = HELP_TOPICS.map(({ name, about }) => ({ value: name, about }));
    return {
      candidates: given.length > 0 ? [] : [...topics, ...commandsOf(program)],
      files: false,
    };
  }
  const argument = command.registeredArguments[given.length] ??
    command.registeredArguments.findLast((it) => it.variadic);
  if (argument === undefined) return { candidates: [], files: false };
  if (argument.argChoices === undefined) {
    const { candidates, live } = dynamic(terminal, argument.name(), line);
    const isPath = candidates.length === 0 && live === undefined;
    return { candidates, live, files: isPath };
  }
  const candidates = argument.argChoices.map((value) => ({ value, about: argument.description }));
  return { candidates, files: false };
}

function commandsOf(command: CommandUnknownOpts): Candidate[] {
  return command.createHelp().visibleCommands(command)
    .map((it) => ({ value: it.name(), about: it.summary() }));
}

/** What an option may be given. */
function valuesOf(terminal: Terminal, line: Line, flag: string): Completion {
  const { command } = line;
  const option = optionOf(command, flag);
  if (option === undefined) return { candidates: [], files: false };
  if (option.argChoices !== undefined) {
    const about = option.description;
    return { candidates: option.argChoices.map((value) => ({ value, about })), files: false };
  }
  const isPath = /<(file|folder|path|folders)>/.test(option.flags);
  return { ...dynamic(terminal, option.attributeName(), line), files: isPath };
}

/** Names of what the line speaks of: a cluster, a store, the profiles. */
function dynamic(
  terminal: Terminal,
  name: string,
  { command, given, values }: Line,
): Omit<Completion, "files"> {
  try {
    if (name === "name" && command.parent?.name() === "profile") {
      const names = [...readProfiles(terminal).all.keys()].sort();
      return { candidates: names.map((value) => ({ value, about: "profile" })) };
    }
    if (name !== "topic" && name !== "group") return { candidates: [] };
    if (command.options.some((it) => it.attributeName() === "namesrv")) {
      return { candidates: [], live: { kind: name, namesrv: values.get("namesrv") } };
    }
    return { candidates: namesInStore(terminal, name, given[0]) };
  } catch {
    return { candidates: [] };
  }
}

function namesInStore(
  terminal: Terminal,
  name: "topic" | "group",
  given: string | undefined,
): Candidate[] {
  const ofProfile = chosenProfile(terminal)?.profile.store;
  const root = given ?? (terminal.env("MQ_STORE") || (ofProfile ?? DEFAULT_STORE));
  const paths = storePaths(root);
  const names = name === "topic"
    ? knownTopics(terminal.files, paths)
    : [...readTable(terminal.files, paths, SUBSCRIPTION_GROUPS).entries?.keys() ?? []].sort();
  return names.map((value) => ({ value, about: `${name} of ${root}` }));
}

function startingWith(current: string, found: Completion): Completion {
  return {
    candidates: found.candidates.filter(({ value }) => value.startsWith(current)),
    files: found.files,
    ...(found.live !== undefined && { live: { ...found.live, current } }),
  };
}
