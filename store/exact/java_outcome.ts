/**
 * What a start of Java's broker leaves: how many messages the log still has, and whether the queues
 * lead to them.
 *
 * @module
 */
import { CommitLogScan } from "../commit_log_scan.ts";
import { DispatchRequest } from "../dispatch.ts";
import type { FileSystem } from "../file.ts";
import { isDamageFiller } from "../filler_record.ts";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT } from "../format.ts";
import { readI64 } from "../layout.ts";
import type { SegmentList } from "../segments.ts";
import type { TopicKinds } from "../topic_kinds.ts";
import { BATCH_UNIT, type JavaQueue } from "./java_queue.ts";
import type { JavaQueues } from "./java_queues.ts";
import { LogFollower } from "./log_follower.ts";

/** How log and queues agree. */
export interface JavaOutcome {
  /** Sound messages in the log. */
  readonly messagesAfter: number;
  /** Those that belong into a queue and stand in none. */
  readonly inNoQueue: number;
  /** Units that stand at another index than their message was given. */
  readonly atWrongIndex: number;
}

/** What a start has left. */
export interface JudgeInput {
  readonly log: SegmentList;
  readonly end: number;
  readonly queues: JavaQueues;
  readonly topics: TopicKinds;
}

/** Log offsets of messages that are not where they belong, and the index each was given. */
type Astray = Map<number, number>;

/** Counts the sound messages of a log, damage between them passed over. */
export async function countMessages(
  fs: FileSystem,
  log: SegmentList,
  signal: AbortSignal | undefined,
): Promise<number> {
  using judging = new JavaJudging(fs, log, []);
  await judging.follower.finish(signal);
  return judging.messages;
}

/** Compares every message that belongs into a queue with the queue's units. */
export async function judgeQueues(
  { fs, signal, ...left }: JudgeInput & {
    readonly fs: FileSystem;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<JavaOutcome> {
  using judging = new JavaJudging(fs, left.log, [left]);
  await judging.follower.finish(signal);
  return judging.outcomes()[0]!;
}

/**
 * Reads a log once and compares its messages with what any number of starts have left: none of them
 * changes what stands in front of the end it gives the log. Dispose it to release its files.
 */
export class JavaJudging implements Disposable {
  /** Sound messages in the whole log. */
  messages = 0;
  readonly follower: LogFollower;
  readonly #judges: readonly Judge[];
  readonly #scan: CommitLogScan | undefined;

  constructor(fs: FileSystem, log: SegmentList, left: readonly JudgeInput[]) {
    this.#judges = left.map((it) => new Judge(it));
    this.#scan = log.segments.length === 0 ? undefined : new CommitLogScan(fs, log);
    this.follower = new LogFollower((pace) => this.#run(pace));
  }

  /** What came of each start, once the log is read. */
  outcomes(): JavaOutcome[] {
    return this.#judges.map((it) => it.outcome());
  }

  [Symbol.dispose](): void {
    this.#scan?.close();
  }

  *#run(pace: Pick<LogFollower, "to">): Generator<number, void> {
    const scan = this.#scan;
    if (scan === undefined) return;
    const request = new DispatchRequest();
    for (;;) {
      if (scan.position >= pace.to) yield scan.position;
      if (!scan.next()) return;
      if (scan.kind !== "message" || isDamageFiller(scan.record)) continue;
      this.messages++;
      if (this.#judges.length === 0) continue;
      request.read(scan.record);
      for (const judge of this.#judges) judge.take(request);
    }
  }
}

/** Compares with what one start has left. Only messages that are not at their index are kept in memory. */
class Judge {
  readonly #left: JudgeInput;
  readonly #astray = new Map<JavaQueue | string, Astray>();
  #messages = 0;

  constructor(left: JudgeInput) {
    this.#left = left;
  }

  take(request: DispatchRequest): void {
    const { end, topics, queues } = this.#left;
    const { topic, queueId, physicalOffset, queueOffset } = request;
    if (physicalOffset >= end) return;
    this.#messages++;
    if (!request.queued || !topics.exists(topic, physicalOffset)) return;
    const queue = queues.get(topic, queueId);
    if (queue?.startAt(queueOffset) === physicalOffset) return;
    const key = queue ?? topic;
    let offsets = this.#astray.get(key);
    if (offsets === undefined) this.#astray.set(key, offsets = new Map());
    offsets.set(physicalOffset, queueOffset);
  }

  outcome(): JavaOutcome {
    let inNoQueue = 0;
    let atWrongIndex = 0;
    for (const [queue, offsets] of this.#astray) {
      if (typeof queue !== "string") atWrongIndex += findAstray(queue, offsets);
      inNoQueue += offsets.size;
    }
    return { messagesAfter: this.#messages, inNoQueue, atWrongIndex };
  }
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
