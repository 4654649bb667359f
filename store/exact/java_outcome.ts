/**
 * What a start of Java's broker leaves: how many messages the log still has, and whether the queues
 * lead to them.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { CommitLogScan } from "../commit_log_scan.ts";
import { DispatchRequest } from "../dispatch.ts";
import type { FileSystem } from "../file.ts";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT } from "../format.ts";
import { readI64 } from "../layout.ts";
import type { SegmentList } from "../segments.ts";
import type { TopicKinds } from "../topic_kinds.ts";
import { BATCH_UNIT, type JavaQueue } from "./java_queue.ts";
import type { JavaQueues } from "./java_queues.ts";

/** How log and queues agree. */
export interface JavaOutcome {
  /** Sound messages in the log. */
  readonly messagesAfter: number;
  /** Those that belong into a queue and stand in none. */
  readonly inNoQueue: number;
  /** Units that stand at another index than their message was given. */
  readonly atWrongIndex: number;
}

/** What the queues are compared with. */
export interface JudgeInput {
  readonly fs: FileSystem;
  readonly log: SegmentList;
  readonly end: number;
  readonly queues: JavaQueues;
  readonly topics: TopicKinds;
  readonly signal?: AbortSignal | undefined;
}

/** Log offsets of messages that are not where they belong, and the index each was given. */
type Astray = Map<number, number>;

const RECORDS_PER_TURN = 65_536;

/** Counts the sound messages of a log, damage between them passed over. */
export async function countMessages(
  fs: FileSystem,
  log: SegmentList,
  signal: AbortSignal | undefined,
): Promise<number> {
  let count = 0;
  for await (const _ of messages(fs, log, { signal })) count++;
  return count;
}

/**
 * Compares every message that belongs into a queue with the queue's units. Only messages that are
 * not at their index are kept in memory.
 */
export async function judgeQueues(input: JudgeInput): Promise<JavaOutcome> {
  const { fs, log, end: to, topics, signal } = input;
  const astray = new Map<JavaQueue | string, Astray>();
  const request = new DispatchRequest();
  let messagesAfter = 0;
  for await (const { record } of messages(fs, log, { to, signal })) {
    messagesAfter++;
    request.read(record);
    const { topic, queueId, physicalOffset, queueOffset } = request;
    if (!request.queued || !topics.exists(topic, physicalOffset)) continue;
    const queue = input.queues.get(topic, queueId);
    if (queue?.startAt(queueOffset) === physicalOffset) continue;
    const key = queue ?? topic;
    let offsets = astray.get(key);
    if (offsets === undefined) astray.set(key, offsets = new Map());
    offsets.set(physicalOffset, queueOffset);
  }
  let inNoQueue = 0;
  let atWrongIndex = 0;
  for (const [queue, offsets] of astray) {
    if (typeof queue !== "string") atWrongIndex += findAstray(queue, offsets);
    inNoQueue += offsets.size;
  }
  return { messagesAfter, inNoQueue, atWrongIndex };
}

/** Takes out what the queue leads to, and counts what it has at a wrong index. */
function findAstray(queue: JavaQueue, offsets: Astray): number {
  let atWrongIndex = 0;
  for (const { view, at, number } of queue.units()) {
    const physicalOffset = readI64(view, at + QUEUE_UNIT.at.physicalOffset);
    const index = offsets.get(physicalOffset);
    if (index === undefined) continue;
    offsets.delete(physicalOffset);
    const isBatch = queue.kind === BATCH_UNIT;
    const stands = isBatch ? readI64(view, at + BATCH_QUEUE_UNIT.at.baseOffset) : number;
    if (stands !== index) atWrongIndex++;
  }
  return atWrongIndex;
}

async function* messages(
  fs: FileSystem,
  log: SegmentList,
  { to, signal }: { readonly to?: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<CommitLogScan, void> {
  if (log.segments.length === 0) return;
  const scan = new CommitLogScan(fs, log, to === undefined ? {} : { to });
  try {
    for (let count = 1; scan.next(); count++) {
      if (scan.kind === "message") yield scan;
      if (count % RECORDS_PER_TURN !== 0) continue;
      await new Promise<void>((done) => setImmediate(done));
      signal?.throwIfAborted();
    }
  } finally {
    scan.close();
  }
}
