/**
 * The progress of consumer groups as a store keeps it: `consumerOffset.json`, and what brokers with
 * light message queues keep in its place.
 *
 * @module
 */
import {
  CONSUMER_OFFSETS,
  type JsonObject,
  LMQ_CONSUMER_OFFSETS,
  type OffsetMap,
} from "../../store/config_tables.ts";
import type { FileSystem } from "../../store/file.ts";
import type { StorePaths } from "../../store/names.ts";
import { readConfig } from "./topic_table.ts";

/** How far a group is in a topic. */
export interface GroupOffsets {
  readonly group: string;
  readonly topic: string;
  /** By queue id, the offset consumed next. */
  readonly offsets: OffsetMap;
}

/** What came of reading the offsets. */
export interface OffsetsRead {
  /** Sorted by group and topic. */
  readonly entries: readonly GroupOffsets[];
  /** Files that were read. */
  readonly fileNames: readonly string[];
  /** What is damaged. */
  readonly flaws: readonly string[];
}

/** Between topic and group in the keys. */
const SEPARATOR = "@";
/** Member with the offsets of light queues, a number each, as they have one queue (4.9.3 and later). */
const LMQ_MEMBER = "lmqOffsetTable";

/** Reads both files; where both have an entry, the one for light queues counts, as for the broker. */
export function readOffsets(files: FileSystem, paths: StorePaths): OffsetsRead {
  const all = new Map<string, OffsetMap>();
  const flaws: string[] = [];
  const fileNames: string[] = [];
  for (const format of [CONSUMER_OFFSETS, LMQ_CONSUMER_OFFSETS]) {
    const { table, flaws: own } = readConfig(files, paths, format);
    flaws.push(...own);
    if (table === undefined) continue;
    fileNames.push(format.fileName);
    for (const [key, offsets] of table.entries) all.set(key, offsets);
    for (const [key, offset] of lightOffsets(table.rest)) all.set(key, new Map([[0, offset]]));
  }
  const entries = [...all].map(([key, offsets]) => {
    const at = key.lastIndexOf(SEPARATOR);
    return { topic: key.slice(0, Math.max(0, at)), group: key.slice(at + 1), offsets };
  });
  entries.sort((a, b) => compare(a.group, b.group) || compare(a.topic, b.topic));
  return { entries, fileNames, flaws };
}

function lightOffsets(rest: JsonObject): [string, number][] {
  const member = rest[LMQ_MEMBER];
  if (typeof member !== "object" || member === null) return [];
  return Object.entries(member).filter((it): it is [string, number] => Number.isInteger(it[1]));
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
