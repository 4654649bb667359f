/**
 * The JSON files under `config/` as files: which of `X` and `X.bak` counts, and how a new content
 * replaces the old one. What stands in them is `config_tables.ts`'s business.
 *
 * @module
 */
import { dirname } from "node:path";
import { parseFastJson, writeFastJson } from "./fast_json.ts";
import { type FileSystem, readWholeFile } from "./file.ts";

/** What came of reading a configuration file. */
export type ConfigRead<T> =
  /** `path` is the file that counted; `flaw` says why the main file did not. */
  | { readonly state: "ok"; readonly value: T; readonly path: string; readonly flaw?: string }
  /** Neither file is there, or both are empty: the broker starts with its defaults. */
  | { readonly state: "absent" }
  /** Something is there and none of it can be read. */
  | { readonly state: "damaged"; readonly flaws: readonly string[] };

/** Name of the previous content. */
export function backupPath(path: string): string {
  return `${path}.bak`;
}

/**
 * Reads `path`, or `path.bak` where the main file is missing, empty or not to be read (Java:
 * `ConfigManager.load`). `decode` gets the parsed JSON and throws where it does not fit.
 *
 * ```ts
 * import { readConfigFile } from "./config_file.ts";
 * import { MemoryFiles } from "./file_memory.ts";
 *
 * const fs = new MemoryFiles();
 * fs.put("config/a.json", new TextEncoder().encode('{"offsetTable":{'));
 * fs.put("config/a.json.bak", new TextEncoder().encode('{"offsetTable":{0:7}}'));
 * const read = readConfigFile(fs, "config/a.json");
 * console.assert(read.state === "ok" && read.path === "config/a.json.bak");
 * ```
 */
export function readConfigFile(fs: FileSystem, path: string): ConfigRead<unknown>;
export function readConfigFile<T>(
  fs: FileSystem,
  path: string,
  decode: (value: unknown) => T,
): ConfigRead<T>;
export function readConfigFile(
  fs: FileSystem,
  path: string,
  decode: (value: unknown) => unknown = (value) => value,
): ConfigRead<unknown> {
  const flaws: string[] = [];
  for (const candidate of [path, backupPath(path)]) {
    const bytes = readWholeFile(fs, candidate);
    if (bytes === undefined || bytes.length === 0) continue;
    try {
      const value = decode(parseFastJson(new TextDecoder().decode(bytes)));
      const [flaw] = flaws;
      return { state: "ok", value, path: candidate, ...(flaw === undefined ? {} : { flaw }) };
    } catch (error) {
      flaws.push(`${candidate}: ${(error as Error).message}`);
    }
  }
  return flaws.length === 0 ? { state: "absent" } : { state: "damaged", flaws };
}

/**
 * Replaces a configuration file; what it held becomes `path.bak`. At every moment one of the two is
 * whole, which is all a broker needs to load. Calls for one path must not overlap.
 *
 * Written as RocketMQ writes it, so that every release reads it.
 */
export async function writeConfigFile(fs: FileSystem, path: string, value: object): Promise<void> {
  const temporary = `${path}.tmp`;
  fs.makeDirectory(dirname(path));
  const file = fs.openWrite(temporary);
  try {
    const bytes = new TextEncoder().encode(writeFastJson(value, { pretty: true }));
    file.truncate(0);
    file.write(bytes, 0);
    await file.sync();
  } finally {
    file.close();
  }
  if ((fs.stat(path)?.size ?? 0) > 0) fs.rename(path, backupPath(path));
  fs.rename(temporary, path);
  fs.syncDirectory(dirname(path));
}
