/**
 * What `mq verify --state` adds to a verification: it goes on from a file, keeps the file up to date,
 * and lets Ctrl-C end the run where it can go on later.
 *
 * @module
 */
import { StateRefusal, type VerifyState } from "../../store/check/verify_state.ts";
import type { VerifyOptions } from "../../store/check/verify.ts";
import { Failure } from "../failure.ts";
import { note, type Terminal } from "../terminal.ts";
import { StateFile } from "./state_file.ts";

/** A verification that may be interrupted. */
export class Keeping {
  readonly #terminal: Terminal;
  readonly #file: StateFile;
  readonly #signal: AbortSignal;

  constructor(terminal: Terminal, path: string) {
    this.#terminal = terminal;
    this.#signal = terminal.stopSignal();
    const told = (text: string) => note(terminal, text);
    this.#file = new StateFile(terminal.files, path, { now: terminal.now, note: told });
  }

  /** What the verification is told; reads the file, and throws a failure for what is no state. */
  get options(): Pick<VerifyOptions, "resume" | "onPiece" | "signal"> {
    const resume = this.#file.read();
    if (resume !== undefined) {
      note(this.#terminal, `going on from log offset ${resume.pass.position}`);
    }
    return {
      ...(resume && { resume }),
      signal: this.#signal,
      onPiece: (stateOf: () => VerifyState | undefined) => {
        this.#file.keep(stateOf, this.#signal.aborted);
      },
    };
  }

  /** Hands on what a verification yields; once all was taken, there is nothing to go on with. */
  async *watched<T>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
    try {
      yield* items;
    } catch (error) {
      throw this.#failureOf(error);
    }
    this.#file.remove();
  }

  #failureOf(error: unknown): unknown {
    const { path } = this.#file;
    if (error instanceof StateRefusal) {
      return new Failure(`${error.message}; remove "${path}" to begin anew`, { cause: error });
    }
    if (!this.#signal.aborted || error !== this.#signal.reason || !this.#file.isThere) return error;
    const { message, exitCode } = error as Failure;
    const words = `${message}; the same command goes on from what "${path}" holds`;
    return new Failure(words, { exitCode, cause: error });
  }
}
