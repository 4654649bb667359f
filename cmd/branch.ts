/**
 * What the branches of the command tree share: headings, help texts, groups.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { UnreadableFiles } from "../store/unreadable_files.ts";
import { type Impact, type ImpactAbout, impactAt } from "./impact.ts";
import type { Terminal } from "./terminal.ts";

/** What every branch of the tree is given. */
export interface Branch {
  readonly terminal: Terminal;
  /** Takes a command's exit code. */
  readonly finish: (exitCode: number) => void;
}

/** A branch whose commands go on behind what the disk cannot read. */
export function goingOn(branch: Branch, unreadable: UnreadableFiles): Branch {
  const { terminal } = branch;
  // Whether notes are wanted is known once the whole tree is: options may have values.
  const later = {
    get quiet() {
      return terminal.quiet === true;
    },
    get isErrTty() {
      return terminal.isErrTty;
    },
  };
  const looking = Object.defineProperties(
    { ...terminal, files: unreadable, unreadable },
    Object.getOwnPropertyDescriptors(later),
  );
  return { ...branch, terminal: looking };
}

/** Headings under which `mq --help` lists the commands. */
export const GROUP = {
  run: "Run:",
  look: "Look at a store:",
  mend: "Check and mend a store:",
  cluster: "Work with a cluster:",
  settings: "Settings:",
  other: "Help:",
} as const;

/** What the argument of a command on a store says in its help. */
export const STORE_ABOUT = "a store; default: MQ_STORE, the profile's, ./mq-data";

/** What a command's help says. */
export interface CommandAbout {
  /** One line for the list of commands. */
  readonly summary: string;
  /** More than the summary says. */
  readonly text?: string;
  /** Command lines, without the prompt. */
  readonly examples: readonly string[];
  /** Whether the command never writes. */
  readonly readsOnly?: boolean;
}

/** What programs are told of a command besides. */
export interface KeptAbout {
  readonly examples: readonly string[];
  readonly impact: Impact | undefined;
}

const KEPT = new WeakMap<CommandUnknownOpts, KeptAbout>();

/** What {@linkcode describe} was told of a command; `undefined` where it was not called. */
export function aboutOf(command: CommandUnknownOpts): KeptAbout | undefined {
  return KEPT.get(command);
}

const READER: ImpactAbout = { impact: "reads", text: "Reads only; works under --allow-read." };

/** Sets a command's help. */
export function describe(command: CommandUnknownOpts, about: CommandAbout): void {
  const impact = about.readsOnly ? READER : impactAt(pathOf(command));
  KEPT.set(command, { examples: about.examples, impact: impact?.impact });
  const tag = impact === undefined ? "" : `\n\n${impact.text}`;
  const text = about.text ?? `${about.summary.charAt(0).toUpperCase()}${about.summary.slice(1)}.`;
  const examples = about.examples.map((line) => `  $ ${line}\n`).join("");
  command.summary(about.summary).description(text + tag)
    .addHelpText("after", `\nExamples:\n${examples.trimEnd()}`);
}

/** Makes a command that only has others under it. */
export function addGroup(
  parent: CommandUnknownOpts,
  group: { readonly name: string; readonly summary: string; readonly heading: string },
): CommandUnknownOpts {
  return parent.command(group.name).summary(group.summary)
    .description(`${group.summary.charAt(0).toUpperCase()}${group.summary.slice(1)}.`)
    .helpGroup(group.heading).helpCommand(false);
}

/** The words that call a command. */
export function pathOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
