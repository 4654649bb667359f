/**
 * Bodies through a program of the user's own: one process a run, given a line of hexadecimal digits
 * for each body, answering with a line for each. It is started without a shell. The only place in
 * which `mq` runs another program.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Failure, usageFailure } from "../failure.ts";

/** Characters of an answer, and of what is kept of the program's complaints. */
const LINE_CHARS_MAX = 16 * 1024 * 1024;
const COMPLAINT_CHARS_MAX = 1024;
/** Time for one answer; the first one may wait for a virtual machine to start. */
const ANSWER_MS_MAX = 30_000;
/** Time for the program to go once its input has ended; one like `tail -f` never would. */
const END_MS_MAX = 5_000;

/** What is wrong with lines nobody waits for: which body each line before them is of is unknown. */
const MORE_LINES = "answered with more lines than it was given bodies: " +
  "it must answer each with one line, and say nothing else";

/** A body that waits for its answer. */
interface Waiting {
  readonly offset: number;
  readonly resolve: (line: string) => void;
  readonly reject: (reason: Error) => void;
}

/** A running decoder. Dispose of it to end its process. */
export class BodyDecoder implements AsyncDisposable {
  readonly #command: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers();
  #text = "";
  #complaint = "";
  #failure: Failure | undefined;
  #isDone = false;
  readonly #answerMsMax: number;
  readonly #endMsMax: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Starts a program: its name and arguments, separated by blanks, quoted where they have some. Throws
   * a failure where it cannot.
   */
  constructor(
    command: string,
    options: { readonly answerMsMax?: number; readonly endMsMax?: number } = {},
  ) {
    this.#command = command;
    this.#answerMsMax = options.answerMsMax ?? ANSWER_MS_MAX;
    this.#endMsMax = options.endMsMax ?? END_MS_MAX;
    const [program, ...args] = wordsOf(command);
    if (program === undefined) throw usageFailure("The command of --decoder is empty");
    try {
      this.#child = spawn(program, args, { stdio: "pipe", shell: false });
    } catch (error) {
      throw new Failure(`Cannot run decoder "${command}": ${reasonOf(error)}`, { cause: error });
    }
    this.#listen();
  }

  /** Has a body decoded; `offset` is that of its record, for people. Rejects with a failure. */
  decode(body: Uint8Array, offset: number): Promise<string> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const hex = Buffer.from(body.buffer, body.byteOffset, body.length).toString("hex");
    return new Promise((resolve, reject) => {
      this.#waiting.push({ offset, resolve, reject });
      if (this.#waiting.length === 1) this.#startTimer();
      this.#child.stdin.write(hex + "\n");
    });
  }

  /**
   * Ends the program's input and waits until it has said all it has to say. Rejects with a failure
   * where that is more than a line for each body, since then no line is known to be its body's.
   */
  async finish(): Promise<void> {
    await this.#end();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends the program's input and waits until it is gone; one that does not go is killed. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }

  async #end(): Promise<void> {
    this.#isDone = true;
    clearTimeout(this.#timer);
    if (this.#failure !== undefined) this.#child.kill();
    else this.#child.stdin.end();
    const late = setTimeout(() => this.#abandon(), this.#endMsMax);
    await this.#closed.promise;
    clearTimeout(late);
  }

  /** Waits no longer for the program, nor for others to which it gave its output. */
  #abandon(): void {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) this.#closed.resolve();
    else child.once("exit", () => this.#closed.resolve());
    child.kill("SIGKILL");
    for (const stream of [child.stdout, child.stderr]) stream.destroy();
  }

  #listen(): void {
    const child = this.#child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_CHARS_MAX);
    });
    // A program that does not read to the end is heard of through its exit.
    child.stdin.on("error", () => {});
    child.on("error", (error) => {
      this.#fail(`Cannot run decoder "${this.#command}": ${reasonOf(error)}`);
      this.#closed.resolve();
    });
    child.on("close", (code, signal) => {
      const how = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
      if (!this.#isDone || this.#waiting.length > 0) this.#fail(this.#early(how));
      else if (this.#text !== "") this.#stop(MORE_LINES);
      this.#closed.resolve();
    });
  }

  #early(how: string): string {
    const at = this.#waiting[0]?.offset;
    const when = at === undefined
      ? "before the last body"
      : `before it answered for the message at ${at}`;
    const last = this.#complaint.trim().split("\n").at(-1);
    return `Decoder "${this.#command}" ${how} ${when}${last === "" ? "" : `: ${last}`}`;
  }

  #take(text: string): void {
    const lines = (this.#text + text).split("\n");
    this.#text = lines.pop()!;
    for (const line of lines) {
      const first = this.#waiting.shift();
      if (first === undefined) return this.#stop(MORE_LINES);
      first.resolve(line.replace(/\r$/, ""));
    }
    if (lines.length > 0 && !this.#isDone) this.#startTimer();
    if (this.#text.length > LINE_CHARS_MAX) {
      this.#stop(`answers with more than ${LINE_CHARS_MAX} characters`);
    }
  }

  /** A program that gathers its output, as many do into a pipe, would be waited for without end. */
  #startTimer(): void {
    clearTimeout(this.#timer);
    const first = this.#waiting[0];
    if (first === undefined) return;
    this.#timer = setTimeout(() => {
      this.#fail(
        `Decoder "${this.#command}" did not answer for the message at ${first.offset} within ` +
          `${this.#answerMsMax} ms: it must answer each line at once and gather nothing`,
      );
      this.#child.kill();
    }, this.#answerMsMax);
  }

  #stop(what: string): void {
    this.#fail(`Decoder "${this.#command}" ${what}`);
    this.#child.kill();
  }

  #fail(message: string): void {
    clearTimeout(this.#timer);
    this.#failure ??= new Failure(message);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

/** Words of a command line: separated by blanks, with quotes around those that have some. */
export function wordsOf(command: string): string[] {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)];
  return words.map(([, single, double, plain]) => single ?? double ?? plain!);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such program";
  return message;
}
