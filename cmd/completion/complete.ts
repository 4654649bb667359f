/**
 * What may follow on a command line, for the completion of shells: commands, options, their choices,
 * and names from the store at hand.
 *
 * @module
 */
import type { CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { storePaths } from "../../store/names.ts";
import { SUBSCRIPTION_GROUPS } from "../../store/config_tables.ts";
import { HELP_TOPICS } from "../help_topics.ts";
import { DEFAULT_STORE } from "../reading/store_path.ts";
import { knownTopics, readTable } from "../reading/topic_table.ts";
import { chosenProfile } from "../profile/chosen_profile.ts";
import { NO_PROFILE } from "../profile/profile.ts";
import { readProfiles } from "../profile/profile_file.ts";
import { lineText, type Terminal } from "../terminal.ts";
import type { RunLine } from "./field_names.ts";
import { isLiveKind, type LiveQuestion } from "./live_question.ts";
import { shellLine } from "./shell_line.ts";

/** First word of the command line that scripts of shells call, see `scripts.ts`. */
export const COMPLETE_WORD = "__complete";
/** The same for bash: behind it the characters it cuts words at, and its line up to the cursor. */
export const COMPLETE_LINE_WORD = "__complete_line";
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
  /** The command whose fields may follow; it has to be asked. */
  readonly fieldsOf?: CommandUnknownOpts | undefined;
  /** What stands in the word before what may follow, such as `--fields=topic,`. */
  readonly prefix?: string | undefined;
  /** The profile the line names. */
  readonly profile?: string | undefined;
}

/** Whether a command line asks what may follow on another. */
export function asksToComplete([first]: readonly string[]): boolean {
  return first === COMPLETE_WORD || first === COMPLETE_LINE_WORD;
}

/**
 * Prints what may follow: a line for each, what it is behind a tab. `asked` is a command line that
 * {@linkcode asksToComplete}; `run` runs another one.
 */
export async function printCompletion(
  terminal: Terminal,
  program: CommandUnknownOpts,
  { asked: [first, ...rest], run }: { readonly asked: readonly string[]; readonly run: RunLine },
): Promise<void> {
  const { words, kept } = first === COMPLETE_LINE_WORD
    ? shellLine(rest[1] ?? "", rest[0] ?? "")
    : { words: ["mq", ...rest], kept: "" };
  const completion = complete(terminal, program, words.slice(1));
  const candidates = [
    ...completion.candidates,
    ...await namesOfCluster(terminal, completion),
    ...await namesOfFields(terminal, completion, { current: words.at(-1) ?? "", run }),
  ];
  for (const { value, about } of candidates) {
    terminal.out.write(`${value.slice(kept.length)}\t${lineText(about)}\n`);
  }
  if (completion.files) terminal.out.write(`${FILES_LINE}\n`);
}

async function namesOfCluster(
  terminal: Terminal,
  { live, profile }: Completion,
): Promise<readonly Candidate[]> {
  if (live === undefined) return [];
  const { liveNames } = await import("./live_names.ts");
  const names = await liveNames({ ...terminal, ...(profile !== undefined && { profile }) }, live);
  return names.map((value) => ({ value, about: `${live.kind} of the cluster` }));
}

/** Those that are not named yet. */
async function namesOfFields(
  terminal: Terminal,
  { fieldsOf, prefix = "" }: Completion,
  { current, run }: { readonly current: string; readonly run: RunLine },
): Promise<readonly Candidate[]> {
  if (fieldsOf === undefined) return [];
  const { fieldNames } = await import("./field_names.ts");
  const named = current.slice(prefix.length).split(",").slice(0, -1);
  const before = prefix + named.map((name) => `${name},`).join("");
  return (await fieldNames(terminal, fieldsOf, run))
    .filter(({ name }) => !named.includes(name) && (before + name).startsWith(current))
    .map(({ name, about }) => ({ value: before + name, about }));
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
  const profile = line.values.get("profile");
  const found = possible(profile === undefined ? terminal : { ...terminal, profile }, program, {
    current,
    line,
  });
  return { ...startingWith(current, found), profile };
}

/** What may follow, whatever the present word begins with. */
function possible(
  terminal: Terminal,
  program: CommandUnknownOpts,
  { current, line }: { readonly current: string; readonly line: Line },
): Completion {
  const inline = /^(--[\w-]+)=(.*)$/s.exec(current);
  const name = line.open ?? inline?.[1];
  if (name !== undefined) {
    const prefix = line.open === undefined ? `${name}=` : "";
    const found = valuesOf(terminal, line, name);
    const candidates = found.candidates.map(({ value, about }) => {
      return { value: prefix + value, about };
    });
    return { ...found, candidates, live: found.live && { ...found.live, prefix }, prefix };
  }
  return wordsOf(terminal, line, { program, current });
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
  const end = words.includes("--") ? words.indexOf("--") : words.length;
  for (const [at, word] of words.entries()) {
    if (open !== undefined) {
      values.set(optionOf(command, open)?.attributeName() ?? open, word);
      open = undefined;
    } else if (at === end) continue;
    else if (at < end && word.startsWith("-")) {
      const [flag = "", ...value] = word.split("=");
      const option = optionOf(command, flag);
      if (option?.required !== true) continue;
      if (value.length > 0) values.set(option.attributeName(), value.join("="));
      else open = word;
    } else {
      const next = command.commands.find((it) => it.name() === word || it.aliases().includes(word));
      if (next === undefined || given.length > 0) given.push(word);
      else command = next;
    }
  }
  return { command, given, open, values };
}

/** The option of a flag, the command's own or one that all commands take. */
function optionOf(command: CommandUnknownOpts, flag: string): Option | undefined {
  return optionsOf(command).find((it) => it.long === flag || it.short === flag);
}

function optionsOf(command: CommandUnknownOpts): readonly Option[] {
  if (command.parent === null) return command.options;
  const program = rootOf(command);
  const version = program.options.find((it) => it.attributeName() === "version");
  return [...command.options, ...program.options.filter((it) => it !== version)];
}

function rootOf(command: CommandUnknownOpts): CommandUnknownOpts {
  return command.parent === null ? command : rootOf(command.parent);
}

/** What may stand in the place of a word that is no option's value. */
function wordsOf(
  terminal: Terminal,
  line: Line,
  { program, current }: { readonly program: CommandUnknownOpts; readonly current: string },
): Completion {
  const { command, given } = line;
  if (current.startsWith("-")) {
    const options = optionsOf(command).filter((it) => !it.hidden && it.long !== undefined)
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
  if (option.attributeName() === "fields") {
    return { candidates: [], files: false, fieldsOf: command };
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
    if (name === "profile" || (name === "name" && command.parent?.name() === "profile")) {
      const names = [...readProfiles(terminal).all.keys()].sort();
      const found = names.map((value) => ({ value, about: "profile" }));
      const none = { value: NO_PROFILE, about: "no profile" };
      return { candidates: name === "profile" ? [...found, none] : found };
    }
    if (!isLiveKind(name)) return { candidates: [] };
    if (command.options.some((it) => it.attributeName() === "namesrv")) {
      return { candidates: [], live: { kind: name, namesrv: values.get("namesrv") } };
    }
    if (name !== "topic" && name !== "group") return { candidates: [] };
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
    ...found,
    candidates: found.candidates.filter(({ value }) => value.startsWith(current)),
    ...(found.live !== undefined && { live: { ...found.live, current } }),
  };
}
