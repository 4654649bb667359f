/**
 * A program of this runtime that is started to be killed.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** How it ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it wrote to standard error. */
  readonly errors: string;
}

/** The running program. */
export class Victim implements AsyncDisposable {
  readonly #process: ChildProcess;
  /** The first line it prints; `undefined` when it ends before. Never fails. */
  readonly said: Promise<string | undefined>;
  /** Never fails. */
  readonly ended: Promise<Ended>;
  #hasEnded = false;

  private constructor(script: string, order: unknown) {
    const runner = "Bun" in globalThis ? [] : ["run", "--quiet", "-A"];
    const path = fileURLToPath(new URL(script, import.meta.url));
    const started = this.#process = spawn(
      process.execPath,
      [...runner, path, JSON.stringify(order)],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const said = Promise.withResolvers<string | undefined>();
    const ended = Promise.withResolvers<Ended>();
    this.said = said.promise;
    this.ended = ended.promise;
    let printed = "";
    let errors = "";
    started.stdout!.on("data", (chunk) => {
      printed += chunk;
      if (printed.includes("\n")) said.resolve(printed.slice(0, printed.indexOf("\n")));
    });
    started.stderr!.on("data", (chunk) => errors += chunk);
    started.on("error", (error) => errors += error);
    started.on("close", (code, signal) => {
      this.#hasEnded = true;
      said.resolve(undefined);
      ended.resolve({ code, signal, errors });
    });
  }

  /** Starts a program of this folder. */
  static start(script: string, order: unknown): Victim {
    return new Victim(script, order);
  }

  /** How it ended by itself; kills it and fails when it does not in that time. */
  async endedWithin(timeoutMs: number): Promise<Ended> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.kill();
    }, timeoutMs);
    const ended = await this.ended;
    clearTimeout(timer);
    if (late) throw new Error(`The program did not end within ${timeoutMs} ms: ${ended.errors}`);
    return ended;
  }

  /** Kills it, unless it has ended. */
  async kill(): Promise<Ended> {
    const { pid } = this.#process;
    try {
      // By process id: ChildProcess.kill() sends nothing once the signal was asked for in Deno.
      if (!this.#hasEnded && pid !== undefined) process.kill(pid, "SIGKILL");
    } catch {
      // It ended in this moment.
    }
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
