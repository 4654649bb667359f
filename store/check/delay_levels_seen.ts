/**
 * The delay levels of the broker that wrote a store. They are a setting of the broker
 * (`messageDelayLevel`) that no file of a store keeps, but a delay queue tells its level's: a unit
 * holds when its message is due, the record when it was stored.
 *
 * @module
 */
import { DELAY_LEVELS_MS, deliverTime, DispatchRequest, SCHEDULE_TOPIC } from "../dispatch.ts";
import { LogLookup } from "../log_lookup.ts";
import {
  listQueueFiles,
  type QueueDirectory,
  type QueueListing,
  QueueReader,
  queuesOf,
} from "../queue_reader.ts";
import { indexIn } from "./queue_place.ts";
import type { SegmentList } from "../segments.ts";
import type { FileSystem } from "../file.ts";

/** Units of a level that are asked: some may be damaged, a few cannot all be. */
const UNITS_ASKED = 16;
/** So many empty slots in a row are the rest of a file, not a hole. */
const EMPTY_SLOTS_MAX = 1024;
/** Levels are whole seconds, which no single flipped bit of a time makes of another level. */
const LEVEL_STEP_MS = 1000;
/** A queue id past this is no level anybody has. */
const LEVELS_MAX = 1024;

/** Where the levels are looked for. */
export interface DelayedStore {
  readonly fs: FileSystem;
  readonly log: SegmentList;
  /** Those of the delay topic, at least. */
  readonly queues: Pick<QueueListing, "queues">;
}

/**
 * The delay of each level, level 1 first, in milliseconds: Java's default one unless every unit
 * asked speaks against it and most of those that can be right speak for one other.
 */
export function delayLevelsSeen(state: DelayedStore): readonly number[] {
  const levelsMs = [...DELAY_LEVELS_MS];
  const lookup = new LogLookup(state.fs, state.log);
  try {
    for (const queue of queuesOf(state.queues, SCHEDULE_TOPIC)) {
      if (queue.kind !== "simple" || queue.queueId >= LEVELS_MAX) continue;
      const delayMs = delaySeen(state, queue, lookup);
      if (delayMs === undefined) continue;
      while (levelsMs.length < queue.queueId) levelsMs.push(DELAY_LEVELS_MS.at(-1)!);
      levelsMs[queue.queueId] = delayMs;
    }
  } finally {
    lookup.close();
  }
  return levelsMs;
}

/** The delay of one level; `undefined` where it is the default one, or nothing tells. */
function delaySeen(
  state: DelayedStore,
  place: QueueDirectory,
  lookup: LogLookup,
): number | undefined {
  const level = place.queueId + 1;
  const votes = new Map<number, number>();
  let plausible = 0;
  for (const { storeTimestamp, dueTime } of timesIn(state, place, lookup)) {
    const delayMs = dueTime - storeTimestamp;
    if (dueTime === deliverTime(level, storeTimestamp)) return undefined;
    if (delayMs < 0 || delayMs % LEVEL_STEP_MS !== 0) continue;
    votes.set(delayMs, (votes.get(delayMs) ?? 0) + 1);
    plausible++;
  }
  return [...votes].find(([, count]) => count * 2 > plausible)?.[0];
}

interface Times {
  readonly storeTimestamp: number;
  /** What the unit says. */
  readonly dueTime: number;
}

/** Of the first units of a delay queue that lead to a record of its level. */
function* timesIn(
  state: DelayedStore,
  place: QueueDirectory,
  lookup: LogLookup,
): Generator<Times, void> {
  const logMin = state.log.segments[0]?.start ?? 0;
  const request = new DispatchRequest();
  const queue = new QueueReader(state.fs, listQueueFiles(state.fs, place));
  try {
    const { first, end } = queue.files;
    let [empty, asked] = [0, 0];
    for (let at = first; at < end && empty < EMPTY_SLOTS_MAX && asked < UNITS_ASKED; at++) {
      if (!queue.moveTo(at) || !queue.isValid()) {
        empty++;
        continue;
      }
      empty = 0;
      if (queue.physicalOffset < logMin || queue.isPadding() || queue.isExtAddress()) continue;
      asked++;
      const record = lookup.frameAt(queue.physicalOffset);
      if (record === undefined || indexIn(place, record) !== at) continue;
      request.read(record);
      const { storeTimestamp, tagsCode } = request;
      if (tagsCode !== deliverTime(place.queueId + 1, storeTimestamp)) continue;
      const dueTime = queue.tagsCodeHigh * 0x1_0000_0000 + (queue.tagsCodeLow >>> 0);
      yield { storeTimestamp, dueTime };
    }
  } finally {
    queue.close();
  }
}
