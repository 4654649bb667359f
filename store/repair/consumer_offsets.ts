/**
 * Brings offsets that lie behind the end of their queue back to it: the messages a group had consumed
 * are gone, and it would pass over those that get their indexes.
 *
 * @module
 */
import { join } from "node:path";
import { BatchQueueReader } from "../batch_queue_reader.ts";
import { mappedTopics } from "../check/offset_check.ts";
import { extentAround } from "../check/queue_extent.ts";
import { readConfigFile, writeConfigFile } from "../config_file.ts";
import {
  type ConfigFormat,
  CONSUMER_OFFSETS,
  DELAY_OFFSETS,
  LMQ_CONSUMER_OFFSETS,
  type OffsetMap,
} from "../config_tables.ts";
import { SCHEDULE_TOPIC } from "../dispatch.ts";
import type { FileSystem } from "../file.ts";
import type { StorePaths } from "../names.ts";
import { queueEnd } from "../queue_range.ts";
import { listQueues, type QueueDirectory, QueueReader } from "../queue_reader.ts";
import { listSegments } from "../segments.ts";
import { readTopicKinds } from "../topic_kinds.ts";
import { type RepairAction, repairAction } from "./action.ts";

/** How many offsets a reason names. */
const NAMED_MAX = 3;

/** An offset that was too large. */
interface Lowered {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/**
 * End of a queue; `undefined` where the offset lies in it, and where nobody can tell because the
 * topic is gone or its queues are counted elsewhere.
 */
type EndOf = (
  asked: { readonly topic: string; readonly queueId: number; readonly offset: number },
) => number | undefined;

/** Lowers what must be and tells of each file. A file that cannot be read is not touched. */
export async function lowerOffsets(fs: FileSystem, paths: StorePaths): Promise<RepairAction[]> {
  const endOf = queueEnds(fs, paths);
  const done: RepairAction[] = [];
  for (const format of [CONSUMER_OFFSETS, LMQ_CONSUMER_OFFSETS]) {
    const action = await lowerFile(fs, paths, format, (entries, lowered) => {
      return new Map([...entries].map(([key, offsets]) => {
        const topic = key.slice(0, key.lastIndexOf("@"));
        const name = (queueId: number) => `${key} queue ${queueId}`;
        const place = (queueId: number) => ({ topic, queueId });
        return [key, limited(offsets, { endOf, place, name, lowered })];
      }));
    });
    if (action !== undefined) done.push(action);
  }
  const delay = await lowerFile(fs, paths, DELAY_OFFSETS, (offsets, lowered) => {
    const name = (level: number) => `delay level ${level}`;
    const place = (level: number) => ({ topic: SCHEDULE_TOPIC, queueId: level - 1 });
    return limited(offsets, { endOf, place, name, lowered });
  });
  return delay === undefined ? done : [...done, delay];
}

async function lowerFile<T>(
  fs: FileSystem,
  { config }: StorePaths,
  format: ConfigFormat<T>,
  lower: (entries: T, lowered: Lowered[]) => T,
): Promise<RepairAction | undefined> {
  const path = join(config, format.fileName);
  const read = readConfigFile(fs, path, format.decode);
  if (read.state !== "ok") return undefined;
  const lowered: Lowered[] = [];
  const entries = lower(read.value.entries, lowered);
  if (lowered.length === 0) return undefined;
  await writeConfigFile(fs, path, format.encode({ ...read.value, entries }));
  const named = lowered.slice(0, NAMED_MAX).map((it) => `${it.name}: ${it.from} becomes ${it.to}`);
  const rest = lowered.length > NAMED_MAX ? [`${lowered.length - NAMED_MAX} more`] : [];
  const what = lowered.length === 1 ? "1 offset lies" : `${lowered.length} offsets lie`;
  const reason = `${what} behind the end of the queue: ${[...named, ...rest].join("; ")}`;
  return repairAction({ action: "lower-offsets", file: path, reason });
}

function limited(
  offsets: OffsetMap,
  { endOf, place, name, lowered }: {
    readonly endOf: EndOf;
    readonly place: (key: number) => { readonly topic: string; readonly queueId: number };
    readonly name: (key: number) => string;
    readonly lowered: Lowered[];
  },
): OffsetMap {
  return new Map([...offsets].map(([key, from]) => {
    const to = Math.min(from, endOf({ ...place(key), offset: from }) ?? Infinity);
    if (to < from) lowered.push({ name: name(key), from, to });
    return [key, to];
  }));
}

/** Asks a queue where it ends, if an offset does not lie in it anyway. */
function queueEnds(fs: FileSystem, paths: StorePaths): EndOf {
  const queues = new Map(
    listQueues(fs, paths).queues.map((it) => [`${it.topic}/${it.queueId}`, it]),
  );
  const mapped = mappedTopics(fs, paths);
  const topics = readTopicKinds(fs, paths);
  const logStart = listSegments(fs, paths.commitLogs).segments[0]?.start ?? 0;
  return ({ topic, queueId, offset }) => {
    if (mapped.has(topic)) return undefined;
    const queue = queues.get(`${topic}/${queueId}`);
    if (queue === undefined) return topics.exists(topic, -1) ? 0 : undefined;
    return extentAround(fs, queue, { offsets: [offset], logStart })?.max;
  };
}

/** Index behind a queue's last message. */
export function endOf(fs: FileSystem, { kind, path }: QueueDirectory): number {
  const segments = listSegments(fs, path);
  if (segments.segments.length === 0) return 0;
  if (kind === "simple") {
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
