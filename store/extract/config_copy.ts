/**
 * The configuration of a store made of some of another's messages: the topics it has, all groups, and
 * the offsets that still lead to the same messages.
 *
 * @module
 */
import { join } from "node:path";
import { readConfigFile } from "../config_file.ts";
import {
  type ConfigFormat,
  DELAY_OFFSETS,
  type OffsetMap,
  SUBSCRIPTION_GROUPS,
  type TopicEntry,
  TOPICS,
} from "../config_tables.ts";
import { SCHEDULE_TOPIC } from "../dispatch.ts";
import { writeFastJson } from "../fast_json.ts";
import type { FileSystem } from "../file.ts";
import { NAME } from "../names.ts";
import { type PackedOffsetFile, readPackedOffsets } from "../offset_json_reader.ts";
import { keyOf, type PackedEntry } from "../packed_offsets.ts";

/** A queue of the new store. */
export interface KeptQueue {
  readonly topic: string;
  readonly queueId: number;
  /** Index behind its last message; `undefined` while it has none. */
  end: number | undefined;
  /** Whether a message has another index than before. */
  isRenumbered: boolean;
}

const READ_WRITE = 6;
/** Characters that are written at once. */
const WRITTEN_CHARS = 64 * 1024;

/** Writes the configuration. A file that cannot be read is left out. */
export function copyConfigs(
  fs: FileSystem,
  { from, to }: { readonly from: string; readonly to: string },
  queues: ReadonlyMap<string, KeptQueue>,
): void {
  fs.makeDirectory(to);
  copyTable(fs, { from, to, format: TOPICS }, (topics) => keptTopics(topics, queues));
  copyTable(fs, { from, to, format: SUBSCRIPTION_GROUPS }, (groups) => groups);
  copyOffsets(fs, { from, to }, queues);
  copyTable(fs, { from, to, format: DELAY_OFFSETS }, (offsets) => keptDelays(offsets, queues));
  fs.syncDirectory(to);
}

function copyTable<Entries>(
  fs: FileSystem,
  { from, to, format }: {
    readonly from: string;
    readonly to: string;
    readonly format: ConfigFormat<Entries>;
  },
  kept: (entries: Entries) => Entries,
): void {
  const read = readConfigFile(fs, join(from, format.fileName), format.decode);
  if (read.state !== "ok") return;
  const table = format.encode({ ...read.value, entries: kept(read.value.entries) });
  writeTexts(fs, join(to, format.fileName), [writeFastJson(table)]);
}

/** Entry by entry: the table may be larger than anybody wants to have in memory. */
function copyOffsets(
  fs: FileSystem,
  { from, to }: { readonly from: string; readonly to: string },
  queues: ReadonlyMap<string, KeptQueue>,
): void {
  const read = readPackedOffsets(fs, join(from, NAME.consumerOffsets));
  if (read.state === "ok") {
    writeTexts(fs, join(to, NAME.consumerOffsets), offsetTexts(read.value, queues));
  }
}

/** The text of the new file, in pieces. */
function* offsetTexts(
  { version, rest, offsets }: PackedOffsetFile,
  queues: ReadonlyMap<string, KeptQueue>,
): Generator<string, void> {
  // All that is not offsets, without the brace at its end.
  const head = writeFastJson({ ...rest, dataVersion: version }).slice(0, -1);
  yield `${head}${head === "{" ? "" : ","}"offsetTable":{`;
  let separator = "";
  for (const entry of offsets) {
    const own = keptOffsets(entry, queues);
    if (own.size === 0) continue;
    yield `${separator}${JSON.stringify(keyOf(entry))}:${writeFastJson(own)}`;
    separator = ",";
  }
  yield "}}";
}

function writeTexts(fs: FileSystem, path: string, texts: Iterable<string>): void {
  const file = fs.openWrite(path);
  try {
    let [at, pending] = [0, ""];
    const write = () => {
      const bytes = new TextEncoder().encode(pending);
      file.write(bytes, at);
      at += bytes.length;
      pending = "";
    };
    for (const text of texts) {
      pending += text;
      if (pending.length >= WRITTEN_CHARS) write();
    }
    write();
    file.syncNow();
  } finally {
    file.close();
  }
}

/** The topics that have messages; one that stands nowhere is entered, else its messages were deleted ones. */
function keptTopics(
  topics: ReadonlyMap<string, TopicEntry>,
  queues: ReadonlyMap<string, KeptQueue>,
): ReadonlyMap<string, TopicEntry> {
  const kept = new Map<string, TopicEntry>();
  for (const { topic, queueId } of queues.values()) {
    const known = topics.get(topic);
    const count = Math.max(kept.get(topic)?.readQueueNums ?? 0, queueId + 1);
    kept.set(topic, known ?? entered(topic, count));
  }
  return kept;
}

function entered(topicName: string, queueCount: number): TopicEntry {
  return {
    topicName,
    readQueueNums: queueCount,
    writeQueueNums: queueCount,
    perm: READ_WRITE,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
    order: false,
  };
}

/** Offsets into queues that kept their indexes, and not beyond their ends. */
function keptOffsets(
  { topic, offsets }: PackedEntry,
  queues: ReadonlyMap<string, KeptQueue>,
): OffsetMap {
  const own = new Map<number, number>();
  for (const [queueId, offset] of offsets) {
    const queue = queues.get(`${topic}/${queueId}`);
    if (queue === undefined || queue.isRenumbered || queue.end === undefined) continue;
    own.set(queueId, Math.min(offset, queue.end));
  }
  return own;
}

/** Up to where delayed messages were delivered; a level's queue is one below it. */
function keptDelays(offsets: OffsetMap, queues: ReadonlyMap<string, KeptQueue>): OffsetMap {
  const kept = new Map<number, number>();
  for (const [level, offset] of offsets) {
    const end = queues.get(`${SCHEDULE_TOPIC}/${level - 1}`)?.end;
    if (end !== undefined) kept.set(level, Math.min(offset, end));
  }
  return kept;
}
