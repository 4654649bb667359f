/**
 * Values by namespace and key that operators keep in a name server (Java: `KVConfigManager`), such as
 * the queues of ordered topics. With a path every change is saved as a whole, in the file format of
 * Java: `{"configTable":{"NAMESPACE":{"key":"value"}}}`. Without one they live in memory only.
 *
 * @module
 */

import { readConfigFile, writeConfigFile } from "../../store/config_file.ts";
import type { FileSystem } from "../../store/file.ts";
import { diskFiles } from "../../store/file_disk.ts";
import { SaveTurn } from "../../store/save_turn.ts";
import type { Log } from "../rpc/limits.ts";

/** Namespace that names the queues of ordered topics: topic → `broker-a:4;broker-b:4`. */
export const ORDER_TOPIC_CONFIG = "ORDER_TOPIC_CONFIG";

/** Where values are kept. */
export interface KvConfigOptions {
  /** File to load and save; without it nothing is saved. */
  readonly path?: string | undefined;
  readonly fs?: FileSystem | undefined;
  /** Takes what an operator should know. */
  readonly log?: Log | undefined;
}

type Table = Map<string, Map<string, string>>;

/** The values of a name server. */
export class KvConfig {
  readonly #table: Table;
  readonly #turn: SaveTurn;

  private constructor(table: Table, save: () => Promise<void>) {
    this.#table = table;
    this.#turn = new SaveTurn(save);
  }

  /**
   * Reads the file; there may be none yet.
   *
   * @throws {Error} if neither the file nor its backup can be read: starting with an empty table would
   * overwrite them with the next change.
   */
  static open({ path, fs = diskFiles, log = () => {} }: KvConfigOptions = {}): KvConfig {
    if (path === undefined) return new KvConfig(new Map(), () => Promise.resolve());
    const read = readConfigFile(fs, path, tableOf);
    if (read.state === "damaged") {
      throw new Error(`Cannot load KV config "${path}": ${read.flaws.join("; ")}`);
    }
    if (read.state === "ok" && read.flaw !== undefined) {
      log(`Loaded KV config "${read.path}" instead: ${read.flaw}`);
    }
    const table: Table = read.state === "ok" ? read.value : new Map();
    return new KvConfig(table, async () => {
      try {
        await writeConfigFile(fs, path, { configTable: table });
      } catch (cause) {
        throw new Error(`Cannot save KV config "${path}": ${(cause as Error).message}`, { cause });
      }
    });
  }

  /** The value, if there is one. */
  get(namespace: string, key: string): string | undefined {
    return this.#table.get(namespace)?.get(key);
  }

  /** All values of a namespace; `undefined` when none was ever put. */
  list(namespace: string): ReadonlyMap<string, string> | undefined {
    return this.#table.get(namespace);
  }

  /**
   * Sets a value and resolves once it is saved.
   *
   * @throws {Error} if it cannot be saved; in memory it is set all the same.
   */
  put(namespace: string, { key, value }: { key: string; value: string }): Promise<void> {
    const values = this.#table.get(namespace);
    if (values === undefined) this.#table.set(namespace, new Map([[key, value]]));
    else values.set(key, value);
    return this.#turn.changed();
  }

  /**
   * Removes a value, if it is there, and resolves once that is saved. The namespace stays.
   *
   * @throws {Error} if it cannot be saved; in memory it is removed all the same.
   */
  delete(namespace: string, key: string): Promise<void> {
    const removed = this.#table.get(namespace)?.delete(key) ?? false;
    // What an earlier call removed may not be saved yet, or have failed to be.
    return removed ? this.#turn.changed() : this.#turn.saved();
  }
}

function tableOf(json: unknown): Table {
  const { configTable } = (json ?? {}) as { configTable?: unknown };
  if (!isObject(configTable)) throw new TypeError("it has no object configTable");
  return new Map(
    Object.entries(configTable).map(([namespace, values]) => {
      if (!isObject(values) || !Object.values(values).every((value) => typeof value === "string")) {
        throw new TypeError(`namespace "${namespace}" is not an object of texts`);
      }
      return [namespace, new Map(Object.entries(values as Record<string, string>))];
    }),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
