/**
 * The fields of a command, for the completion of `--fields`: what it prints for `-o help`.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { MemoryFiles } from "../../store/file_memory.ts";
import { pathOf } from "../branch.ts";
import { Out } from "../output/out.ts";
import type { Terminal } from "../terminal.ts";

/** Runs a command line and returns its exit code. */
export type RunLine = (words: readonly string[], terminal: Terminal) => Promise<number>;

/** A field, and what it holds. */
export interface FieldName {
  readonly name: string;
  readonly about: string;
}

/**
 * The fields a command has without further options. It is called with nothing but `-o help` and what
 * it cannot do without, and sees neither files nor the environment: whatever the line says, nothing
 * happens at the Tab key.
 */
export async function fieldNames(
  terminal: Terminal,
  command: CommandUnknownOpts,
  run: RunLine,
): Promise<readonly FieldName[]> {
  const decoder = new TextDecoder();
  let text = "";
  const out = new Out((bytes) => {
    text += decoder.decode(bytes, { stream: true });
    return true;
  });
  const { stdin: _stdin, confirm: _confirm, ...rest } = terminal;
  const sealed: Terminal = {
    ...rest,
    out,
    err: new Out(() => true),
    files: new MemoryFiles(),
    env: () => undefined,
    profile: "none",
    isTty: false,
  };
  for (const more of WISHES) {
    if (more.length > 0 && !command.options.some((it) => it.long === more[0])) continue;
    if (await run([...neededWords(command), ...more, "-o", "help"], sealed) === 0) break;
  }
  return text.split("\n").filter(Boolean).map((line) => {
    const [name = "", , about = ""] = line.split("\t");
    return { name, about };
  });
}

/** What some commands have to be told before they tell their fields. */
const WISHES: readonly (readonly string[])[] = [[], ["--once"], ["--key", "1"]];

/** The command, with something in the place of all that is required. */
function neededWords(command: CommandUnknownOpts): string[] {
  const given = command.registeredArguments.filter((it) => it.required)
    .map((it) => it.argChoices?.[0] ?? "1");
  const options = command.options.filter((it) => it.mandatory && it.defaultValue === undefined)
    .flatMap((it) => [it.long!, it.argChoices?.[0] ?? "1"]);
  return [...pathOf(command).split(" ").slice(1), ...given, ...options];
}
