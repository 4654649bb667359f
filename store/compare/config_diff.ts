/**
 * What two stores' configuration files say differently: topics, groups, offsets.
 *
 * @module
 */
import { join } from "node:path";
import { readConfigFile } from "../config_file.ts";
import type { FileSystem } from "../file.ts";

/** One value that is not the same on both sides. */
export interface ConfigDifference {
  /** Name of the file in the folder `config`. */
  readonly file: string;
  /** Keys that lead to the value, joined by slashes. */
  readonly path: string;
  /** The value as JSON; absent where the side has none. */
  readonly a?: string;
  readonly b?: string;
}

/** Counts changes of the file and not what is in it: never the same on two brokers. */
const DATA_VERSION = "dataVersion";

/**
 * Compares files of two folders `config`. A file that cannot be read is named with the whole of it:
 * its path is empty and the side that has it says why.
 */
export function* diffConfigs(
  a: { readonly fs: FileSystem; readonly folder: string },
  b: { readonly fs: FileSystem; readonly folder: string },
  files: readonly string[],
): Generator<ConfigDifference, void> {
  for (const file of files) {
    const left = read(a.fs, join(a.folder, file));
    const right = read(b.fs, join(b.folder, file));
    if (typeof left === "string" || typeof right === "string") {
      if (left !== right) {
        yield {
          file,
          path: "",
          a: typeof left === "string" ? left : "readable",
          b: typeof right === "string" ? right : "readable",
        };
      }
    } else {
      yield* diffValues(file, [], { a: left.value, b: right.value });
    }
  }
}

/** The value of a file, or why there is none. */
function read(fs: FileSystem, path: string): { readonly value: unknown } | string {
  const found = readConfigFile(fs, path);
  if (found.state === "absent") return "absent";
  return found.state === "ok" ? { value: found.value } : "unreadable";
}

function* diffValues(
  file: string,
  path: readonly string[],
  { a, b }: { readonly a: unknown; readonly b: unknown },
): Generator<ConfigDifference, void> {
  if (isTable(a) && isTable(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (path.length === 0 && key === DATA_VERSION) continue;
      yield* diffValues(file, [...path, key], { a: a[key], b: b[key] });
    }
    return;
  }
  const left = JSON.stringify(a);
  const right = JSON.stringify(b);
  if (left === right) return;
  yield {
    file,
    path: path.join("/"),
    ...(left !== undefined && { a: left }),
    ...(right !== undefined && { b: right }),
  };
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
