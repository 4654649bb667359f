/**
 * This project's program, run by its command line as an operator would.
 *
 * @module
 */

import path from "node:path";
import process from "node:process";
import { Child, type ChildOptions, run } from "./child.ts";

const PROGRAM = path.join(import.meta.dirname ?? ".", "..", "..", "cmd", "main.ts");
const TIMEOUT_MS = 60_000;
const BUN_TIMEOUT_MS = 120_000;

/** A runtime with the arguments that make it run the program. */
export type MqCommand = readonly [string, ...string[]];

/** `mq` under Deno, the one that runs this. */
export function mqOnDeno(): MqCommand {
  return [process.execPath, "run", "-A", "--quiet", PROGRAM];
}

/** `mq` under Bun: the very binary, since a signal to npx would not reach it. */
export async function mqOnBun(): Promise<MqCommand> {
  const printed = await run("npx", ["-y", "bun@1.4.5", "-p", "process.execPath"], {
    timeoutMs: BUN_TIMEOUT_MS,
  });
  // npm may warn of this and that before.
  const bun = printed.findLast((line) => path.isAbsolute(line));
  if (bun === undefined) throw new Error("Cannot find Bun: npx printed nothing");
  return [bun, PROGRAM];
}

/** Starts `mq` with arguments. */
export function startMq(
  mq: MqCommand,
  args: readonly string[],
  options: ChildOptions = {},
): Child {
  const [program, ...first] = mq;
  return Child.start(program, [...first, ...args], options);
}

/** Runs a command that prints JSON lines and must succeed. */
export async function mqLines<T>(mq: MqCommand, args: readonly string[]): Promise<T[]> {
  const child = startMq(mq, [...args, "-o", "jsonl"], { linesKept: Infinity });
  child.closeInput();
  await child.succeeded(TIMEOUT_MS);
  return child.printed.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

/** Runs a command; says what it printed where it does not end with one of the codes. */
export async function notEnding(
  mq: MqCommand,
  args: readonly string[],
  codes: readonly number[],
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const child = startMq(mq, args, { env });
  child.closeInput();
  const timer = setTimeout(() => child.kill9(), TIMEOUT_MS);
  const { code, signal } = await child.finished;
  clearTimeout(timer);
  if (code !== null && codes.includes(code)) return [];
  const tail = child.printed.slice(-5).join("\n");
  return [`mq ${args[0]} ended with ${signal ?? code}, expected ${codes.join(" or ")}\n${tail}`];
}
