/**
 * The JSON files under `config/` as files: which of `X` and `X.bak` counts, and how a new content
 * replaces the old one. What stands in them is `config_tables.ts`'s business.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { parseFastJson, writeFastJson } from "./fast_json.ts";
import { FastJsonReader } from "./fast_json_reader.ts";
import { type FileSystem, readWholeFile, type WritableFile } from "./file.ts";

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
 * import assert from "node:assert/strict";
 * import { readConfigFile } from "./config_file.ts";
 * import { MemoryFiles } from "./file_memory.ts";
 *
 * const fs = new MemoryFiles();
 * fs.put("config/a.json", new TextEncoder().encode('{"offsetTable":{'));
 * fs.put("config/a.json.bak", new TextEncoder().encode('{"offsetTable":{0:7}}'));
 * const read = readConfigFile(fs, "config/a.json");
 * assert(read.state === "ok" && read.path === "config/a.json.bak");
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
  return readEither(path, (candidate) => {
    const bytes = readWholeFile(fs, candidate);
    if (bytes === undefined || bytes.length === 0) return undefined;
    return judged(() => decode(parseFastJson(new TextDecoder().decode(bytes))));
  });
}

/**
 * As {@linkcode readConfigFile}, of a file that may be larger than memory should be: `read` takes from
 * it what it needs. It gets the name of the main file, too, for its complaints.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { streamConfigFile } from "./config_file.ts";
 * import { MemoryFiles } from "./file_memory.ts";
 *
 * const fs = new MemoryFiles();
 * fs.put("config/a.json", new TextEncoder().encode('{"large":{},"dataVersion":{"counter":7}}'));
 * const read = streamConfigFile(fs, "config/a.json", (json) => json.whole(() => json.skip()));
 * assert(read.state === "ok" && read.path === "config/a.json");
 * ```
 */
export function streamConfigFile<T>(
  fs: FileSystem,
  path: string,
  read: (json: FastJsonReader, name: string) => T,
): ConfigRead<T> {
  return readEither(path, (candidate) =>
    streamFile(fs, candidate, (json) => {
      return read(json, basename(path));
    }));
}

/** What was read from one file, or why it cannot be. */
export type FileRead<T> = { readonly value: T } | { readonly flaw: string };

/** Reads one file, not its backup; `undefined` where there is none, or an empty one. */
export function streamFile<T>(
  fs: FileSystem,
  path: string,
  read: (json: FastJsonReader) => T,
): FileRead<T> | undefined {
  const stat = fs.stat(path);
  if (stat === undefined || stat.isDirectory || stat.size === 0) return undefined;
  const file = fs.openRead(path);
  // A disk that fails is no flaw of the text.
  let failure: { readonly error: unknown } | undefined;
  const json = new FastJsonReader((into, at) => {
    try {
      return file.read(into, at);
    } catch (error) {
      failure = { error };
      return 0;
    }
  });
  try {
    const found = judged(() => read(json));
    if (failure !== undefined) throw failure.error;
    return found;
  } finally {
    file.close();
  }
}

function judged<T>(read: () => T): FileRead<T> {
  try {
    return { value: read() };
  } catch (error) {
    return { flaw: (error as Error).message };
  }
}

/** The main file counts if it can be read, else its backup. */
function readEither<T>(
  path: string,
  read: (candidate: string) => FileRead<T> | undefined,
): ConfigRead<T> {
  const flaws: string[] = [];
  for (const candidate of [path, backupPath(path)]) {
    const found = read(candidate);
    if (found === undefined) continue;
    if ("flaw" in found) {
      flaws.push(`${candidate}: ${found.flaw}`);
      continue;
    }
    const [flaw] = flaws;
    const { value } = found;
    return { state: "ok", value, path: candidate, ...(flaw === undefined ? {} : { flaw }) };
  }
  return flaws.length === 0 ? { state: "absent" } : { state: "damaged", flaws };
}

/**
 * Replaces a configuration file; what it held becomes `path.bak`. At every moment one of the two is
 * whole, which is all a broker needs to load. Calls for one path must not overlap.
 *
 * Written as RocketMQ writes it, so that every release reads it.
 */
export function writeConfigFile(fs: FileSystem, path: string, value: object): Promise<void> {
  const bytes = new TextEncoder().encode(writeFastJson(value, { pretty: true }));
  return replaceConfigFile(fs, path, (file) => file.write(bytes, 0));
}

/** As {@linkcode writeConfigFile}, with what `write` puts into an empty file. */
export async function replaceConfigFile(
  fs: FileSystem,
  path: string,
  write: (file: WritableFile) => void,
): Promise<void> {
  const temporary = `${path}.tmp`;
  fs.makeDirectory(dirname(path));
  const file = fs.openWrite(temporary);
  try {
    file.truncate(0);
    write(file);
    await file.sync();
  } finally {
    file.close();
  }
  if ((fs.stat(path)?.size ?? 0) > 0) fs.rename(path, backupPath(path));
  fs.rename(temporary, path);
  await fs.syncDirectoryAsync(dirname(path));
}
