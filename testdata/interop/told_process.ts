/**
 * A process of clients that is told line by line what to do, and answers each line.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "./child.ts";

const TIMEOUT_MS = 60_000;
const LOOK_MS = 100;

/** The process. */
export class ToldProcess implements AsyncDisposable {
  readonly #child: Child;
  #told = 0;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Starts it, and waits until it listens. */
  static async start(...options: Parameters<typeof Child.start>): Promise<ToldProcess> {
    const child = Child.start(...options);
    await child.line((line) => line === `{"event":"ready"}`, TIMEOUT_MS);
    return new ToldProcess(child);
  }

  /** Has a command carried out, and gives what comes of it. Throws what the process says failed. */
  async tell(command: string, args: readonly string[]): Promise<unknown> {
    const id = this.#told++;
    const answer = this.#child.line((line) => line.startsWith(`{"reply":${id},`), TIMEOUT_MS);
    this.#child.write([id, command, ...args].join("\t"));
    const { value, error } = JSON.parse(await answer);
    if (error !== undefined) throw new Error(`${command} ${args.join(" ")}: ${error}`);
    return value;
  }

  /** Ends it at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.kill9();
  }
}

/** Waits until there is nothing to complain about any more, and gives what there still is at the deadline. */
export async function settled(
  complaints: () => readonly string[] | Promise<readonly string[]>,
  timeoutMs: number,
): Promise<readonly string[]> {
  for (const end = Date.now() + timeoutMs;;) {
    const left = await complaints();
    if (left.length === 0 || Date.now() > end) return left;
    await sleep(LOOK_MS);
  }
}
