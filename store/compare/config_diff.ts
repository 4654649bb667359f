/**
 * What two stores' configuration files say differently: topics, groups, offsets.
 *
 * @module
 */
import { join } from "node:path";
import { type ConfigRead, readConfigFile } from "../config_file.ts";
import type { FileSystem } from "../file.ts";
import { NAME } from "../names.ts";
import { type PackedOffsetFile, readPackedOffsets } from "../offset_json_reader.ts";
import { keyOf, type PackedOffsets } from "../packed_offsets.ts";

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

/** Files that are compared packed, as they may be larger than anybody wants to have in memory. */
const OFFSET_FILES: ReadonlySet<string> = new Set([NAME.consumerOffsets, NAME.lmqConsumerOffsets]);

/** What is read of a file. */
interface Content {
  readonly value: unknown;
  /** Tables that are packed, by the member they are. */
  readonly tables?: Readonly<Record<string, PackedOffsets>>;
}

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
    const left = read(a.fs, a.folder, file);
    const right = read(b.fs, b.folder, file);
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
      for (const [member, table] of Object.entries(left.tables ?? {})) {
        yield* diffOffsets(file, member, { a: table, b: right.tables![member]! });
      }
    }
  }
}

/** What stands in a file, or why nothing does. */
function read(fs: FileSystem, folder: string, file: string): Content | string {
  const path = join(folder, file);
  const found: ConfigRead<Content> = OFFSET_FILES.has(file)
    ? contentOf(readPackedOffsets(fs, path))
    : readConfigFile(fs, path, (value) => ({ value }));
  if (found.state === "absent") return "absent";
  return found.state === "ok" ? found.value : "unreadable";
}

function contentOf(read: ConfigRead<PackedOffsetFile>): ConfigRead<Content> {
  if (read.state !== "ok") return read;
  const { rest, offsets, lights } = read.value;
  return {
    ...read,
    value: { value: rest, tables: { offsetTable: offsets, lmqOffsetTable: lights } },
  };
}

/** Compares two packed tables, topic by topic. */
function* diffOffsets(
  file: string,
  member: string,
  { a, b }: { readonly a: PackedOffsets; readonly b: PackedOffsets },
): Generator<ConfigDifference, void> {
  for (const topic of new Set([...a.topics(), ...b.topics()])) {
    const left = entriesOf(a, topic);
    const right = entriesOf(b, topic);
    for (const key of new Set([...left.keys(), ...right.keys()])) {
      yield* diffValues(file, [member, key], { a: left.get(key), b: right.get(key) });
    }
  }
}

function entriesOf(table: PackedOffsets, topic: string): ReadonlyMap<string, object> {
  return new Map(
    Array.from(table.of(topic), (it) => [keyOf(it), Object.fromEntries(it.offsets)]),
  );
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
