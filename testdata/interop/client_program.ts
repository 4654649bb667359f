/**
 * A client program, `java/Interop.java` or `go/main.go`, that runs one verb and writes what it finds as
 * JSON lines.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { Child } from "./child.ts";

const LINE_FEED = 10;
const TIMEOUT_MS = 180_000;

/** The command line of a client program, before its verb. */
export interface ProgramCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One of several verbs of a run. */
export interface Verb {
  readonly verb: string;
  readonly args: readonly string[];
}

/** A verb that still runs. */
export interface Running<T> extends AsyncDisposable {
  /** How many lines it has written so far. */
  count(): number;
  /** Ends a load; a consumer ends by itself. Gives its lines. */
  result(): Promise<T[]>;
}

/** Runs the verbs of one program against one name server. */
export class ClientProgram {
  readonly #program: ProgramCommand;
  readonly #namesrv: string;
  readonly #folder: string;
  #files = 0;

  /** `folder` takes the files the program reads and writes. */
  constructor(
    program: ProgramCommand,
    options: { readonly namesrv: string; readonly folder: string },
  ) {
    this.#program = program;
    this.#namesrv = options.namesrv;
    this.#folder = options.folder;
    fs.mkdirSync(options.folder, { recursive: true });
  }

  /** Runs a verb to its end and gives its lines. */
  async run<T>(verb: string, args: readonly string[]): Promise<T[]> {
    const [rows] = await this.runAll([{ verb, args }]);
    return rows as T[];
  }

  /** Runs verbs one after another in one process, and gives the lines of each. */
  async runAll(verbs: readonly Verb[]): Promise<unknown[][]> {
    const { child, outs } = this.#launch(verbs);
    child.closeInput();
    await child.succeeded(TIMEOUT_MS);
    return outs.map((out) => readLines(out));
  }

  /** Starts a verb and gives it back once it printed the event that says it works. */
  async start<T>(
    verb: string,
    options: { readonly args: readonly string[]; readonly event: string },
  ): Promise<Running<T>> {
    const { child, outs: [out = ""] } = this.#launch([{ verb, args: options.args }]);
    await child.line((line) => line.includes(`"event":"${options.event}"`), TIMEOUT_MS);
    return {
      count: () => fs.readFileSync(out).filter((byte) => byte === LINE_FEED).length,
      async result(): Promise<T[]> {
        child.closeInput();
        await child.succeeded(TIMEOUT_MS);
        return readLines<T>(out);
      },
      [Symbol.asyncDispose]: () => child.kill9(),
    };
  }

  /** Writes lines to a file for a verb to read, and gives its path. */
  file(lines: readonly string[]): string {
    const file = path.join(this.#folder, `in-${this.#files++}.txt`);
    fs.writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
    return file;
  }

  #launch(verbs: readonly Verb[]): { child: Child; outs: string[] } {
    const { command, args: first, env } = this.#program;
    const outs: string[] = [];
    const all = verbs.flatMap(({ verb, args }, index) => {
      const out = path.join(this.#folder, `${verb}-${this.#files++}.jsonl`);
      outs.push(out);
      const own = [verb, `ns=${this.#namesrv}`, `out=${out}`, ...args];
      return index === 0 ? own : ["--", ...own];
    });
    return {
      child: Child.start(command, [...first, ...all], env === undefined ? {} : { env }),
      outs,
    };
  }
}

/** The complete JSON lines of a file. */
export function readLines<T>(file: string): T[] {
  if (!fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, "utf8").split("\n");
  // What follows the last line feed is still being written.
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

/** `key=value` arguments. */
export function keyValues(options: object): string[] {
  return Object.entries(options).map(([key, value]) => `${key}=${value}`);
}
