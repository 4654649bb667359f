/**
 * The progress of consumer groups as a store keeps it: `consumerOffset.json`, and what brokers with
 * light message queues keep in its place.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import { NAME, type StorePaths } from "../../store/names.ts";
import { readPackedOffsets } from "../../store/offset_json_reader.ts";
import { type PackedEntry, PackedOffsets } from "../../store/packed_offsets.ts";
import { flawsOf } from "./topic_table.ts";

/** How far a group is in a topic. */
export interface GroupOffsets {
  readonly group: string;
  readonly topic: string;
  /** By queue id, the offset consumed next. */
  readonly offsets: PackedEntry["offsets"];
}

/** What came of reading the offsets. */
export interface OffsetsRead {
  /** Sorted by group and topic; made one by one, as there may be millions. */
  readonly entries: Iterable<GroupOffsets>;
  /** All groups of the entries. */
  readonly groups: readonly string[];
  /** Files that were read. */
  readonly fileNames: readonly string[];
  /** What is damaged. */
  readonly flaws: readonly string[];
}

/** Reads both files; where both have an entry, the one for light queues counts, as for the broker. */
export function readOffsets(files: FileSystem, paths: StorePaths): OffsetsRead {
  let all = new PackedOffsets();
  const flaws: string[] = [];
  const fileNames: string[] = [];
  for (const fileName of [NAME.consumerOffsets, NAME.lmqConsumerOffsets]) {
    const path = join(paths.config, fileName);
    const read = readPackedOffsets(files, path);
    flaws.push(...flawsOf(files, path, read));
    if (read.state !== "ok") continue;
    fileNames.push(fileName);
    const { offsets, lights } = read.value;
    if (all.length === 0) all = offsets;
    else all.append(offsets);
    all.append(lights);
  }
  const entries = { [Symbol.iterator]: () => all.sorted() };
  return { entries, groups: all.groups(), fileNames, flaws };
}
