/**
 * Brings offsets that lie behind the end of their queue back to it: the messages a group had consumed
 * are gone, and it would pass over those that get their indexes. Those of the broker itself go back to
 * what the log still has to be done, where that is told.
 *
 * @module
 */
import { join } from "node:path";
import { BatchQueueReader } from "../batch_queue_reader.ts";
import { mappedTopics } from "../check/offset_check.ts";
import { extentAround } from "../check/queue_extent.ts";
import {
  readConfigFile,
  replaceConfigFile,
  streamConfigFile,
  writeConfigFile,
} from "../config_file.ts";
import { DELAY_OFFSETS } from "../config_tables.ts";
import { SCHEDULE_TOPIC } from "../dispatch.ts";
import type { FileSystem, ReadableFile, WritableFile } from "../file.ts";
import { NAME, type StorePaths } from "../names.ts";
import { readOffsetJson } from "../offset_json_reader.ts";
import { queueEnd } from "../queue_range.ts";
import {
  listQueueFiles,
  listQueues,
  type QueueDirectory,
  QueueReader,
  queuesOf,
} from "../queue_reader.ts";
import { listSegments } from "../segments.ts";
import { readTopicKinds } from "../topic_kinds.ts";
import { type RepairAction, repairAction } from "./action.ts";
import type { BrokerProgress } from "./broker_progress.ts";

/** How many offsets a reason names. */
const NAMED_MAX = 3;

/** Bytes of a file that are copied at once. */
const COPY_BYTES = 64 * 1024;

/** Why an offset is too large, said of one and of several. */
const BEHIND_QUEUE = [
  "lies behind the end of the queue",
  "lie behind the end of the queue",
] as const;
const BEHIND_WORK = [
  "passes over what the log no longer delivers",
  "pass over what the log no longer delivers",
] as const;

/** The largest offset that may stay, and why no larger one. */
interface Limit {
  readonly to: number;
  readonly why: typeof BEHIND_QUEUE | typeof BEHIND_WORK;
}

/** The offsets of a file that were too large. */
class Lowered {
  /** How many for each reason, and the first few in words. */
  readonly #reasons = new Map<Limit["why"], { count: number; readonly named: string[] }>();

  get isEmpty(): boolean {
    return this.#reasons.size === 0;
  }

  add(name: string, from: number, { to, why }: Limit): void {
    const known = this.#reasons.get(why) ?? { count: 0, named: [] };
    this.#reasons.set(why, known);
    known.count++;
    if (known.count <= NAMED_MAX) known.named.push(`${name}: ${from} becomes ${to}`);
  }

  action(file: string): RepairAction {
    const reasons = [...this.#reasons].map(([[one, several], { count, named }]) => {
      const rest = count > NAMED_MAX ? [`${count - NAMED_MAX} more`] : [];
      const what = count === 1 ? `1 offset ${one}` : `${count} offsets ${several}`;
      return `${what}: ${[...named, ...rest].join("; ")}`;
    });
    return repairAction({ action: "lower-offsets", file, reason: reasons.join("; ") });
  }
}

/** For each number that changes three: where it begins and ends in the file, and what it becomes. */
type Edits = readonly number[];

/**
 * End of a queue; `undefined` where the offset lies in it, and where nobody can tell because the
 * topic is gone or its queues are counted elsewhere.
 */
type EndOf = (
  asked: { readonly topic: string; readonly queueId: number; readonly offset: number },
) => number | undefined;

/** How far an offset may be that somebody stored. */
type LimitOf = (
  asked: Parameters<EndOf>[0] & {
    /** Absent for the broker's own delay levels. */
    readonly group?: string;
  },
) => Limit | undefined;

/**
 * Lowers what must be and tells of each file; offsets of the broker's own also to its `progress`. A file
 * that cannot be read is not touched.
 */
export async function lowerOffsets(
  fs: FileSystem,
  paths: StorePaths,
  progress?: BrokerProgress,
): Promise<RepairAction[]> {
  const limitOf = limits(queueEnds(fs, paths), progress);
  const actions: (RepairAction | undefined)[] = [];
  for (const fileName of [NAME.consumerOffsets, NAME.lmqConsumerOffsets]) {
    actions.push(await lowerConsumers(fs, join(paths.config, fileName), limitOf));
  }
  actions.push(await lowerDelays(fs, join(paths.config, NAME.delayOffsets), limitOf));
  return actions.filter((it) => it !== undefined);
}

/** Tells what an offset that is too large becomes. */
function limits(endOf: EndOf, progress: BrokerProgress | undefined): LimitOf {
  return (asked) => {
    const { offset } = asked;
    const work = progress?.indexIn(asked) ?? Infinity;
    const end = endOf(asked) ?? Infinity;
    if (offset <= Math.min(work, end)) return undefined;
    return work < end ? { to: work, why: BEHIND_WORK } : { to: end, why: BEHIND_QUEUE };
  };
}

/** Nothing of the file is written anew but the numbers that change: it may be a large one. */
async function lowerConsumers(
  fs: FileSystem,
  path: string,
  limitOf: LimitOf,
): Promise<RepairAction | undefined> {
  const read = streamConfigFile(fs, path, (json, name) => {
    const lowered = new Lowered();
    const edits: number[] = [];
    let [key, topic, group] = ["", "", ""];
    readOffsetJson(json, name, {
      entry(next) {
        key = next;
        const at = key.lastIndexOf("@");
        [topic, group] = [key.slice(0, at), key.slice(at + 1)];
      },
      offset(queueId, offset, from, to) {
        const limit = limitOf({ topic, queueId, offset, group });
        if (limit === undefined) return;
        lowered.add(`${key} queue ${queueId}`, offset, limit);
        edits.push(from, to, limit.to);
      },
    });
    return { lowered, edits };
  });
  if (read.state !== "ok" || read.value.edits.length === 0) return undefined;
  await replaceConfigFile(fs, path, (file) => {
    const source = fs.openRead(read.path);
    try {
      copyEdited(source, file, read.value.edits);
    } finally {
      source.close();
    }
  });
  return read.value.lowered.action(path);
}

/** Copies a file with some of its bytes replaced; the edits are in the order of the file. */
function copyEdited(source: ReadableFile, target: WritableFile, edits: Edits): void {
  const block = new Uint8Array(COPY_BYTES);
  let [at, written] = [0, 0];
  const copyTo = (end: number) => {
    while (at < end) {
      const count = source.read(block.subarray(0, Math.min(block.length, end - at)), at);
      if (count === 0) return;
      target.write(block.subarray(0, count), written);
      at += count;
      written += count;
    }
  };
  for (let number = 0; number < edits.length; number += 3) {
    copyTo(edits[number]!);
    const bytes = new TextEncoder().encode(String(edits[number + 2]));
    target.write(bytes, written);
    written += bytes.length;
    at = edits[number + 1]!;
  }
  copyTo(Infinity);
}

async function lowerDelays(
  fs: FileSystem,
  path: string,
  limitOf: LimitOf,
): Promise<RepairAction | undefined> {
  const read = readConfigFile(fs, path, DELAY_OFFSETS.decode);
  if (read.state !== "ok") return undefined;
  const lowered = new Lowered();
  const entries = new Map<number, number>();
  for (const [level, offset] of read.value.entries) {
    const limit = limitOf({ topic: SCHEDULE_TOPIC, queueId: level - 1, offset });
    if (limit !== undefined) lowered.add(`delay level ${level}`, offset, limit);
    entries.set(level, limit?.to ?? offset);
  }
  if (lowered.isEmpty) return undefined;
  await writeConfigFile(fs, path, DELAY_OFFSETS.encode({ ...read.value, entries }));
  return lowered.action(path);
}

/** Asks a queue where it ends, if an offset does not lie in it anyway. */
function queueEnds(fs: FileSystem, paths: StorePaths): EndOf {
  const listing = listQueues(fs, paths);
  const mapped = mappedTopics(fs, paths);
  const topics = readTopicKinds(fs, paths);
  const logStart = listSegments(fs, paths.commitLogs).segments[0]?.start ?? 0;
  return ({ topic, queueId, offset }) => {
    if (mapped.has(topic)) return undefined;
    const queue = queuesOf(listing, topic).findLast((it) => it.queueId === queueId);
    if (queue === undefined) return topics.exists(topic, -1) ? 0 : undefined;
    return extentAround(fs, queue, { offsets: [offset], logStart })?.max;
  };
}

/** Index behind a queue's last message. */
export function endOf(fs: FileSystem, directory: QueueDirectory): number {
  const segments = listQueueFiles(fs, directory);
  if (segments.segments.length === 0) return 0;
  if (directory.kind === "simple") {
    const queue = new QueueReader(fs, segments);
    try {
      return queueEnd(queue).index;
    } finally {
      queue.close();
    }
  }
  const queue = new BatchQueueReader(fs, segments);
  try {
    let [end, number] = [0, queue.files.startOf(0)];
    for (; queue.moveTo(number) && queue.size > 0; number++) {
      end = queue.baseOffset + queue.batchSize;
    }
    return end;
  } finally {
    queue.close();
  }
}
