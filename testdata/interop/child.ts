/**
 * Processes the interoperability programs start. Each is remembered until it has ended, so that none
 * is left behind when a check throws or somebody presses Ctrl-C.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const LINES_KEPT = 200;
const LINES_SHOWN = 12;
const living = new Set<Child>();
/** What was started in the work that runs; several go on side by side. */
const ownChildren = new AsyncLocalStorage<Set<Child>>();

/** How to start a process. */
export interface ChildOptions {
  /** Working folder. */
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How many of the lines it prints are kept, 200 by default. */
  readonly linesKept?: number;
}

/** How a process ended. */
export interface Ending {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

interface Waiter {
  readonly matches: (line: string) => boolean;
  readonly resolve: (line: string) => void;
}

/** One running process and the lines it printed on standard output and standard error. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #lines: string[] = [];
  readonly #linesKept: number;
  readonly #waiters = new Set<Waiter>();
  #ended = false;
  /** Settles when the process has ended and all it printed was read; never fails. */
  readonly finished: Promise<Ending>;

  private constructor(command: string, args: readonly string[], options: ChildOptions) {
    this.#linesKept = options.linesKept ?? LINES_KEPT;
    this.#process = spawn(command, [...args], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.finished = this.#follow();
  }

  /** Starts `command`; its standard input stays open until `closeInput()`. */
  static start(command: string, args: readonly string[], options: ChildOptions = {}): Child {
    const child = new Child(command, args, options);
    living.add(child);
    ownChildren.getStore()?.add(child);
    return child;
  }

  /** The process id. */
  get pid(): number {
    return this.#process.pid ?? -1;
  }

  /** The last lines it printed. */
  get printed(): readonly string[] {
    return this.#lines;
  }

  /** The first printed line, past or future, that matches; fails when the process ends before it. */
  async line(matches: (line: string) => boolean, timeoutMs: number): Promise<string> {
    const past = this.#lines.find(matches);
    if (past !== undefined) return past;
    const { promise, resolve } = Promise.withResolvers<string>();
    const waiter = { matches, resolve };
    this.#waiters.add(waiter);
    try {
      const line = await within(Promise.race([promise, this.finished.then(() => null)]), timeoutMs);
      if (line === undefined) {
        throw this.#failure(`said nothing expected within ${timeoutMs} ms`);
      }
      if (line === null) throw this.#failure(`ended with ${await this.#ending()}`);
      return line;
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  /** Waits for the end of a process that is expected to succeed. */
  async succeeded(timeoutMs: number): Promise<void> {
    const ending = await within(this.finished, timeoutMs);
    if (ending === undefined) {
      await this.kill9();
      throw this.#failure(`did not end within ${timeoutMs} ms`);
    }
    if (ending.code !== 0) throw this.#failure(`ended with ${await this.#ending()}`);
  }

  /** Writes a line to standard input. */
  write(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** Ends standard input. */
  closeInput(): void {
    this.#process.stdin?.end();
  }

  /** Ends the process as a crash does. */
  async kill9(): Promise<void> {
    this.#signal("SIGKILL");
    await this.finished;
  }

  /** Asks the process to stop, and tells how it ended. */
  async stop(graceMs = 30_000): Promise<Ending> {
    this.#signal("SIGTERM");
    const ending = await within(this.finished, graceMs);
    if (ending !== undefined) return ending;
    await this.kill9();
    throw this.#failure(`did not stop within ${graceMs} ms after SIGTERM`);
  }

  /** Stops the process, in the hard way if it has to. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(10_000).catch(() => {});
  }

  // By process id: ChildProcess.kill() sends no second signal in Deno.
  #signal(name: "SIGTERM" | "SIGKILL"): void {
    const pid = this.#process.pid;
    if (this.#ended || pid === undefined) return;
    try {
      process.kill(pid, name);
    } catch {
      // It ended in this moment.
    }
  }

  async #follow(): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.#process.on("close", (code, signal) => resolve({ code, signal }));
    this.#process.on("error", (error) => {
      this.#take(String(error));
      // Without a process id it never ran, and nothing closes.
      if (this.#process.pid === undefined) resolve({ code: null, signal: "never started" });
    });
    this.#process.stdin?.on("error", () => {});
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream !== null) this.#read(stream);
    }
    const ending = await promise;
    this.#ended = true;
    living.delete(this);
    return ending;
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on("line", (line) => this.#take(line));
  }

  #take(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#linesKept) this.#lines.shift();
    for (const waiter of this.#waiters) if (waiter.matches(line)) waiter.resolve(line);
  }

  async #ending(): Promise<string> {
    const { code, signal } = await this.finished;
    return signal ?? `exit code ${code}`;
  }

  #failure(what: string): Error {
    const tail = this.#lines.slice(-LINES_SHOWN).map((line) => `  ${withoutAddresses(line)}`);
    return new Error([`Process ${this.pid} ${what}`, ...tail].join("\n"));
  }
}

/** Replaces web addresses: a build tool's error names the registry it asked. */
export function withoutAddresses(line: string): string {
  return line.replaceAll(/\bhttps?:\/\/[^\s)]+/g, "(address)");
}

/** Runs a command to its end and gives the last lines it printed. */
export async function run(
  command: string,
  args: readonly string[],
  options: ChildOptions & { readonly timeoutMs: number },
): Promise<readonly string[]> {
  const child = Child.start(command, args, options);
  child.closeInput();
  await child.succeeded(options.timeoutMs);
  return child.printed;
}

/** Does work and ends, at once, every process started in it that is still running. */
export async function leavingNone<T>(work: () => Promise<T>): Promise<T> {
  const own = new Set<Child>();
  try {
    return await ownChildren.run(own, work);
  } finally {
    await Promise.all([...own].map((child) => child.kill9()));
  }
}

/** Ends every process that is still running, at once. */
export async function endAll(): Promise<void> {
  await Promise.all([...living].map((child) => child.kill9()));
}

async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  const timeout = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => timeout.resolve(undefined), timeoutMs);
  try {
    return await Promise.race([promise, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
