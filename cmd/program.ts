/**
 * The tree of commands and the one place where a command line is run. What a command does is loaded
 * when it is called, so that `mq --help` costs nothing of the rest.
 *
 * @module
 */
import { Command, CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { UnreadableFiles } from "../store/unreadable_files.ts";
import { addBenchCommands } from "./bench/command.ts";
import { type Branch, describe, goingOn, GROUP, pathOf } from "./branch.ts";
import { addClusterCommands } from "./cluster/command.ts";
import { addCompletionCommand } from "./completion/command.ts";
import { asksToComplete, printCompletion } from "./completion/complete.ts";
import { addDiffCommand } from "./diff/command.ts";
import { EXIT } from "./exit_code.ts";
import { addExportCommand } from "./export/command.ts";
import { addExplainCommand } from "./explain/command.ts";
import { describeFailure, stackOf, usageFailure } from "./failure.ts";
import { fieldsOption, headerOption, outputOption } from "./output/format_option.ts";
import { colorChoice, colorOption, takeColor } from "./option/color_option.ts";
import { takeFlag, takeOption } from "./option/global_option.ts";
import { hasColors } from "./output/tone.ts";
import { asksForJsonHelp, helpOf } from "./help_json.ts";
import { HELP_TOPICS } from "./help_topics.ts";
import { addGroupCommands } from "./group/command.ts";
import { addInspectCommands } from "./inspect/commands.ts";
import { addDlqCommands } from "./dlq/command.ts";
import { addMessageCommands } from "./message/command.ts";
import { addProfileCommands } from "./profile/command.ts";
import { addQueryCommand } from "./query/command.ts";
import { addRecoverCommand } from "./recover/command.ts";
import { addReplayCommand } from "./replay/command.ts";
import { addServeCommand } from "./serve/command.ts";
import { addServerCommands } from "./server/server_commands.ts";
import { tellUnreadable } from "./reading/unreadable_notes.ts";
import { nearWord, suggestion } from "./near_word.ts";
import { lineText, type Terminal } from "./terminal.ts";
import { addTopicCommands } from "./topic/command.ts";
import { addTopCommand } from "./top/command.ts";
import { addVerifyCommand } from "./verify/command.ts";
import { VERSION } from "./version.ts";
import { addWhyCommand } from "./why/command.ts";

/** Which profile a command line is under. */
const PROFILE_FLAG = "--profile";

/** No notes, whatever the command. */
const QUIET_FLAGS = ["-q", "--quiet"];
const VERSION_FLAGS = ["-V", "--version"];

/** Runs one command line and returns its exit code. Never throws what a command threw. */
export async function run(words: readonly string[], surroundings: Terminal): Promise<number> {
  let exitCode: number = EXIT.ok;
  // The words of a line that is still being written are looked at, and not followed.
  const isAsked = asksToComplete(words);
  const { args: colorless, color } = takeColor(isAsked ? [] : words);
  const { args: rest, value: profile } = takeOption(colorless, PROFILE_FLAG);
  const terminal = {
    ...surroundings,
    colors: hasColors(color, surroundings),
    ...(profile !== undefined && { profile }),
    quiet: false,
  };
  const unreadable = new UnreadableFiles(terminal.files);
  const program = makeProgram({ terminal, finish: (code) => exitCode = code }, unreadable);
  const takes = (flag: string) => isValued(program, flag);
  const { args: loud, isGiven: isQuiet } = takeFlag(rest, QUIET_FLAGS, takes);
  const { isGiven: asksVersion } = takeFlag(loud, VERSION_FLAGS, takes);
  const args = asksVersion ? VERSION_FLAGS : loud;
  terminal.quiet = isQuiet;
  terminal.isErrTty &&= !isQuiet;
  try {
    colorChoice(color);
    if (isAsked) await printCompletion(terminal, program, { asked: words, run });
    else if (args.length === 0) program.outputHelp();
    else if (asksForJsonHelp(args)) {
      const { command } = walk(program, args.filter((word) => !word.startsWith("-")));
      terminal.out.write(`${JSON.stringify(helpOf(command))}\n`);
    } else await program.parseAsync(args, { from: "user" });
    terminal.out.flush();
    if (terminal.out.failure !== undefined) throw terminal.out.failure;
  } catch (error) {
    exitCode = report(error, { program, args, terminal });
  }
  exitCode = tellUnreadable(terminal, unreadable, exitCode);
  terminal.err.flush();
  return exitCode;
}

/** The whole tree. Commands that look at a store go on behind what of its files is `unreadable`. */
export function makeProgram(
  branch: Branch,
  unreadable: UnreadableFiles = new UnreadableFiles(branch.terminal.files),
): CommandUnknownOpts {
  const looking = goingOn(branch, unreadable);
  const program = rootCommand(branch.terminal);
  addServerCommands(program, branch);
  addInspectCommands(program, looking);
  addQueryCommand(program, looking);
  addServeCommand(program, looking);
  addDiffCommand(program, looking);
  addExportCommand(program, looking);
  addWhyCommand(program, looking);
  addVerifyCommand(program, looking);
  addExplainCommand(program, branch);
  addRecoverCommand(program, looking);
  addReplayCommand(program, branch);
  addMessageCommands(program, branch);
  addTopicCommands(program, branch);
  addGroupCommands(program, branch);
  addClusterCommands(program, branch);
  addDlqCommands(program, branch);
  addBenchCommands(program, branch);
  addTopCommand(program, branch);
  addProfileCommands(program, branch);
  addVersionCommand(program, branch);
  addCompletionCommand(program, branch);
  addHelpCommand(program, branch.terminal);
  return program;
}

/** What holds on every line, whichever command stands on it. */
function rootCommand(terminal: Terminal): CommandUnknownOpts {
  return new Command("mq")
    .description(
      "Runs an Apache RocketMQ compatible name server and broker, and inspects, verifies and " +
        "recovers the stores such brokers leave on disk.",
    )
    .version(`mq ${VERSION}`, VERSION_FLAGS.join(", "), "print the version of mq")
    .helpOption("-h, --help", "explain a command")
    .addOption(colorOption())
    .option(`${PROFILE_FLAG} <name>`, "use the settings of this profile; none: of no profile")
    .option(QUIET_FLAGS.join(", "), "no notes on standard error, only failures")
    // Behind a command they may be values; where they are none, they have been taken already.
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({
      // What a command takes stands in its own help.
      subcommandTerm: (command) => [command.name(), ...command.aliases()].join(", "),
    })
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      outputError: () => {},
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .helpCommand(false)
    .addHelpText("after", topicsText);
}

function addVersionCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const version = program.command("version")
    .helpGroup(GROUP.other)
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (options) => {
      finish((await import("./version.ts")).printVersion(terminal, options));
    });
  describe(version, {
    summary: "print the versions of mq and of what runs it",
    examples: ["mq version -o json"],
    readsOnly: true,
  });
}

function addHelpCommand(program: CommandUnknownOpts, terminal: Terminal): void {
  program.command("help [topic...]")
    .summary("explain a command or a topic")
    .description("Explains a command or a topic.")
    .helpGroup(GROUP.other)
    .addHelpText("after", topicsText)
    .action((words: string[]) => {
      const topic = HELP_TOPICS.find((it) => it.name === words.join("-"));
      if (topic !== undefined) return terminal.out.write(topic.text());
      const { command, rest } = walk(program, words);
      if (rest.length === 0) return command.outputHelp();
      const topics = command === program ? HELP_TOPICS.map((it) => it.name) : [];
      const known = [...command.commands.map((it) => it.name()), ...topics];
      const meant = suggestion(rest[0]!, known);
      const there = known.length === 0 ? "" : `; there is ${known.join(", ")}`;
      throw usageFailure(`No help for "${words.join(" ")}"${meant}${there}`);
    });
}

function topicsText(): string {
  const lines = HELP_TOPICS.map((it) => `  mq help ${it.name.padEnd(12)}  ${it.about}`);
  return `\nTopics:\n${lines.join("\n")}\n\nFor programs: mq [command] --help --json`;
}

/** Whether any command has an option of this name that takes a value. */
function isValued(command: CommandUnknownOpts, flag: string): boolean {
  return command.options.some((it) => it.required && (it.long === flag || it.short === flag)) ||
    command.commands.some((it) => isValued(it, flag));
}

/** Follows words down the tree as far as they are commands. */
function walk(program: CommandUnknownOpts, words: readonly string[]) {
  let command = program;
  for (const [at, word] of words.entries()) {
    const next = command.commands.find((it) => {
      return it.name() === word || it.aliases().includes(word);
    });
    if (next === undefined) return { command, rest: words.slice(at) };
    command = next;
  }
  return { command, rest: [] };
}

/** Commander's codes for help that was asked for or is missing a command; the help is printed. */
const HELP_PRINTED: ReadonlySet<string> = new Set([
  "commander.help",
  "commander.helpDisplayed",
  "commander.version",
]);

function report(
  error: unknown,
  run: {
    readonly program: CommandUnknownOpts;
    readonly args: readonly string[];
    readonly terminal: Terminal;
  },
): number {
  const { program, args, terminal } = run;
  // What was printed before the failure stays before it.
  terminal.out.complete();
  terminal.out.flush();
  const unwritten = terminal.out.failure;
  if (error instanceof CommanderError && HELP_PRINTED.has(error.code)) {
    if (unwritten !== undefined) return report(unwritten, run);
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (unwritten !== undefined && unwritten !== error) {
    terminal.err.write(`mq: ${lineText(unwritten.message)}\n`);
  }
  const { line, exitCode } = error instanceof CommanderError
    ? describeFailure(usageFailure(commanderText(error, program)))
    : describeFailure(error);
  const command = walk(program, args.filter((word) => !word.startsWith("-"))).command;
  const hint = exitCode === EXIT.usage ? `; see ${pathOf(command)} --help` : "";
  terminal.err.write(`mq: ${lineText(line)}${hint}\n`);
  if (terminal.env("MQ_DEBUG") === "1") terminal.err.write(`${stackOf(error)}\n`);
  return exitCode;
}

/** Commander's words without its prefix and with a suggestion in the same line. */
function commanderText(error: CommanderError, program: CommandUnknownOpts): string {
  const text = error.message.replace(/^error: /, "").replace(/\n\((.*)\)$/, " ($1)")
    .replace(/\.$/, "");
  // Commander looks among the options of the command alone.
  const unknown = /^unknown option '--([\w-]+)(?:=.*)?'$/s.exec(text)?.[1] ?? "";
  const near = nearWord(unknown, program.options.map((it) => it.attributeName()));
  const more = near === undefined ? "" : ` (Did you mean --${near}?)`;
  return text.charAt(0).toUpperCase() + text.slice(1) + more;
}
