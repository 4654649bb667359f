/**
 * The file in which a table of the broker survives. Changes come in any number and at any time; the
 * file is replaced as a whole, one replacement at a time, and changes made meanwhile share the next.
 *
 * @module
 */

import { join } from "node:path";
import { readConfigFile, writeConfigFile } from "../../store/config_file.ts";
import type { ConfigFormat, ConfigTable } from "../../store/config_tables.ts";
import type { FileSystem } from "../../store/file.ts";
import { SaveTurn } from "../../store/save_turn.ts";
import type { Log } from "../rpc/limits.ts";

/** Where a table is kept. */
export interface TableFileOptions<Entries> {
  readonly fs: FileSystem;
  /** The folder `config`. */
  readonly directory: string;
  readonly format: ConfigFormat<Entries>;
  /** Takes what an operator should know. */
  readonly log: Log;
  /** Whether what cannot be read is told and taken for absent. Default: it is an error. */
  readonly isLenient?: boolean | undefined;
}

/** Reads and writes the file of one table. */
export class TableFile<Entries> implements AsyncDisposable {
  readonly #options: TableFileOptions<Entries>;
  readonly #path: string;
  readonly #turn = new SaveTurn(() => this.#write());
  #content: (() => ConfigTable<Entries>) | undefined;

  constructor(options: TableFileOptions<Entries>) {
    this.#options = options;
    this.#path = join(options.directory, options.format.fileName);
  }

  /**
   * The table of the last run, `undefined` when there is none.
   *
   * @throws {Error} if neither the file nor its backup can be read: to start without it would
   * overwrite it. Not where that was allowed.
   */
  read(): ConfigTable<Entries> | undefined {
    const { fs, format, log, isLenient } = this.#options;
    const read = readConfigFile(fs, this.#path, (value) => format.decode(value));
    if (read.state === "absent") return undefined;
    if (read.state === "damaged") {
      const reason = `Cannot load "${this.#path}": ${read.flaws.join("; ")}`;
      if (isLenient !== true) throw new Error(reason);
      log(reason);
      return undefined;
    }
    if (read.flaw !== undefined) log(`Loaded "${read.path}" instead: ${read.flaw}`);
    return read.value;
  }

  /**
   * Writes the table as `content` gives it when it is its turn, and resolves when it is on the disk.
   * Who does not wait for the promise may drop it: a failure is logged in any case.
   *
   * @throws {Error} if it cannot be written; the file is then as it was.
   */
  save(content: () => ConfigTable<Entries>): Promise<void> {
    this.#content = content;
    return this.#turn.changed();
  }

  /**
   * Resolves when what was to be saved is on the disk; a save that failed is tried once more.
   *
   * @throws {Error} as {@linkcode save}.
   */
  saved(): Promise<void> {
    return this.#turn.saved();
  }

  /** Waits for the saves under way; a second call is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#turn.idle();
  }

  async #write(): Promise<void> {
    const { fs, format, log } = this.#options;
    if (this.#content === undefined) return;
    try {
      await writeConfigFile(fs, this.#path, format.encode(this.#content()));
    } catch (cause) {
      const error = new Error(`Cannot save "${this.#path}": ${(cause as Error).message}`, {
        cause,
      });
      log(error.message, cause);
      throw error;
    }
  }
}
