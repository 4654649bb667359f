/**
 * The file of `mq verify --state`: how far a verification came, so that the same command goes on
 * there. One line says what it is and the CRC-32 of the rest.
 *
 * @module
 */
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { FINDINGS_KEPT_MAX } from "../../store/check/finding_stream.ts";
import type { VerifyState } from "../../store/check/verify_state.ts";
import { type FileSystem, readWholeFile, replaceWholeFile } from "../../store/file.ts";
import { Failure } from "../failure.ts";

const FIRST_WORD = "mq-verify-state";
/** Writing a state of many queues takes a while. */
const SAVE_EVERY_MS = 5_000;

/** What a state file needs. */
export interface StateFileOptions {
  readonly now: () => number;
  /** Told when states are no longer written. */
  readonly note: (text: string) => void;
}

/** One file, written now and then. */
export class StateFile {
  readonly path: string;
  readonly #files: FileSystem;
  readonly #options: StateFileOptions;
  #savedAt = -Infinity;
  #isGivenUp = false;

  constructor(files: FileSystem, path: string, options: StateFileOptions) {
    this.#files = files;
    this.path = path;
    this.#options = options;
  }

  /** Whether a run could go on from it. */
  get isThere(): boolean {
    return this.#files.stat(this.path) !== undefined;
  }

  /** Reads it; `undefined` where there is none yet. Throws a failure for what is no state. */
  read(): VerifyState | undefined {
    const bytes = readWholeFile(this.#files, this.path);
    if (bytes === undefined && !this.isThere) return undefined;
    const text = new TextDecoder().decode(bytes);
    const [head = ""] = text.split("\n", 1);
    const body = text.slice(head.length + 1);
    if (bytes === undefined || !head.startsWith(`${FIRST_WORD} `)) {
      throw new Failure(`"${this.path}" is no state: it was not written by --state`);
    }
    if (head !== headOf(body)) {
      throw new Failure(`The state "${this.path}" is damaged; remove it to begin anew`);
    }
    return JSON.parse(body);
  }

  /** Takes the state at the end of a piece where it is time to, or the last chance. */
  keep(stateOf: () => VerifyState | undefined, isLast: boolean): void {
    const now = this.#options.now();
    if (this.#isGivenUp || (!isLast && now - this.#savedAt < SAVE_EVERY_MS)) return;
    const state = stateOf();
    if (state === undefined) {
      this.#isGivenUp = true;
      this.#options.note(
        `more than ${FINDINGS_KEPT_MAX} findings: no further state goes to "${this.path}"`,
      );
      return;
    }
    this.#write(state);
    this.#savedAt = now;
  }

  /** Removes it: there is nothing to go on with. */
  remove(): void {
    if (this.isThere) this.#files.remove(this.path);
  }

  #write(state: VerifyState): void {
    const body = `${JSON.stringify(state)}\n`;
    const bytes = new TextEncoder().encode(`${headOf(body)}\n${body}`);
    try {
      replaceWholeFile(this.#files, this.path, { bytes, directory: dirname(this.path) });
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`Cannot write state "${this.path}": ${message}`, { cause: error });
    }
  }
}

function headOf(body: string): string {
  return `${FIRST_WORD} ${crc32(body)}`;
}
