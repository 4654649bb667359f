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
import type { Log } from "../rpc/limits.ts";

/** Where a table is kept. */
export interface TableFileOptions<Entries> {
  readonly fs: FileSystem;
  /** The folder `config`. */
  readonly directory: string;
  readonly format: ConfigFormat<Entries>;
  /** Takes what an operator should know. */
  readonly log: Log;
}

/** Reads and writes the file of one table. */
export class TableFile<Entries> implements AsyncDisposable {
  readonly #options: TableFileOptions<Entries>;
  readonly #path: string;
  #saving: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  constructor(options: TableFileOptions<Entries>) {
    this.#options = options;
    this.#path = join(options.directory, options.format.fileName);
  }

  /**
   * The table of the last run, `undefined` when there is none.
   *
   * @throws {Error} if neither the file nor its backup can be read: to start without it would
   * overwrite it.
   */
  read(): ConfigTable<Entries> | undefined {
    const { fs, format, log } = this.#options;
    const read = readConfigFile(fs, this.#path, (value) => format.decode(value));
    if (read.state === "absent") return undefined;
    if (read.state === "damaged") {
      throw new Error(`Cannot load "${this.#path}": ${read.flaws.join("; ")}`);
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
    this.#queued ??= this.#saving.then(() => {
      this.#queued = undefined;
      const saving = this.#write(content());
      this.#saving = saving.catch((cause) => this.#options.log((cause as Error).message, cause));
      return saving;
    });
    this.#queued.catch(() => {});
    return this.#queued;
  }

  /** Waits for the saves under way; a second call is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    // A failure is logged already.
    await this.#queued?.catch(() => {});
    await this.#saving;
  }

  async #write(table: ConfigTable<Entries>): Promise<void> {
    const { fs, format } = this.#options;
    try {
      await writeConfigFile(fs, this.#path, format.encode(table));
    } catch (cause) {
      throw new Error(`Cannot save "${this.#path}": ${(cause as Error).message}`, { cause });
    }
  }
}
