/**
 * Values by namespace and key that operators keep in a name server (Java: `KVConfigManager`), such as
 * the queues of ordered topics. With a path every change is saved as a whole, in the file format of
 * Java: `{"configTable":{"NAMESPACE":{"key":"value"}}}`. Without one they live in memory only.
 *
 * @module
 */

import fs from "node:fs/promises";
import path from "node:path";

/** Namespace that names the queues of ordered topics: topic → `broker-a:4;broker-b:4`. */
export const ORDER_TOPIC_CONFIG = "ORDER_TOPIC_CONFIG";

type Table = Map<string, Map<string, string>>;

/** The values of a name server. */
export class KvConfig {
  readonly #table: Table;
  readonly #path: string | undefined;
  #saving: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  private constructor(table: Table, path: string | undefined) {
    this.#table = table;
    this.#path = path;
  }

  /**
   * Reads the file at `path`; there may be none yet.
   *
   * @throws {Error} if the file cannot be read, or is not what {@linkcode KvConfig} writes: starting
   * with an empty table would overwrite it with the next change.
   */
  static async open(path?: string): Promise<KvConfig> {
    return new KvConfig(path === undefined ? new Map() : await load(path), path);
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
    return this.#save();
  }

  /**
   * Removes a value, if it is there, and resolves once that is saved. The namespace stays.
   *
   * @throws {Error} if it cannot be saved; in memory it is removed all the same.
   */
  delete(namespace: string, key: string): Promise<void> {
    const removed = this.#table.get(namespace)?.delete(key);
    return removed ? this.#save() : this.#saving;
  }

  /** One save at a time; changes that arrive during it share the next. */
  #save(): Promise<void> {
    const path = this.#path;
    if (path === undefined) return Promise.resolve();
    this.#queued ??= this.#saving.catch(() => {}).then(() => {
      this.#queued = undefined;
      const saving = save(path, this.#table);
      // Whoever waits sees the failure; nobody may be waiting any more.
      this.#saving = saving.catch(() => {});
      return saving;
    });
    return this.#queued;
  }
}

async function load(path: string): Promise<Table> {
  let text: string;
  try {
    text = await fs.readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw new Error(`Cannot load KV config "${path}": ${(cause as Error).message}`, { cause });
  }
  try {
    return tableOf(JSON.parse(text));
  } catch (cause) {
    throw new Error(`Cannot load KV config "${path}": ${(cause as Error).message}`, { cause });
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

/** Leaves either the old file or the new one, whatever happens in between. */
async function save(file: string, table: Table): Promise<void> {
  const configTable = Object.fromEntries(
    Array.from(table, ([namespace, values]) => [namespace, Object.fromEntries(values)]),
  );
  const temporary = `${file}.tmp`;
  try {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(temporary, JSON.stringify({ configTable }, null, "\t"), { flush: true });
    await fs.rename(temporary, file);
    await syncDirectory(path.dirname(file));
  } catch (cause) {
    throw new Error(`Cannot save KV config "${file}": ${(cause as Error).message}`, { cause });
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
