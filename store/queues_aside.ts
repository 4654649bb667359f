/**
 * Queues a recovery after an unclean stop leaves alone in its first pass, because they lack units of
 * records in front of where that begins: a file is gone or an older copy, or the whole folder. A second
 * pass builds just these, from where each is right.
 *
 * It shows in their files, in a first record whose index is not the next, or in consumers that have got
 * farther. A queue that lost its end and got no message since, and that nobody consumes, is not noticed.
 *
 * @module
 */
import type { BatchQueue } from "./batch_queue.ts";
import type { BatchQueueTable } from "./batch_queue_table.ts";
import { consumedOffsets } from "./consumed_offsets.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import type { FileSystem } from "./file.ts";
import { isLightTopic } from "./light_topic.ts";
import type { StorePaths } from "./names.ts";
import type { Discontinuity } from "./queue_continuity.ts";
import { type DoubtfulStart, QueueDoubts } from "./queue_doubts.ts";
import { isSafeTopic, type QueueTable } from "./queue_table.ts";
import type { SegmentList } from "./segments.ts";
import type { AnyQueue } from "./sound_end.ts";
import type { StoredUnits } from "./stored_units.ts";
import type { TopicKinds } from "./topic_kinds.ts";

/** The queues there are, loaded, and what else is known of them. */
export interface AsideInput {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly queues: QueueTable;
  readonly batchQueues?: BatchQueueTable;
  readonly topics: TopicKinds;
}

/** Queues that are set aside. */
export class QueuesAside {
  readonly #found = new Map<AnyQueue, Discontinuity>();
  readonly #input: AsideInput;
  readonly #replayedFrom: number;
  readonly #hasLogBefore: boolean;

  /** Those whose files show that something is missing in front of where the replay begins. */
  constructor(input: AsideInput, log: SegmentList, replayedFrom: number) {
    this.#input = input;
    this.#replayedFrom = replayedFrom;
    this.#hasLogBefore = replayedFrom > (log.segments[0]?.start ?? 0);
    using doubts = new QueueDoubts(input.fs, log, replayedFrom);
    for (const queue of [...input.queues, ...input.batchQueues ?? []]) {
      const found = doubts.discontinuityOf(queue);
      if (found !== undefined) this.#found.set(queue, found);
    }
  }

  /** Whether no queue is set aside. */
  get isEmpty(): boolean {
    return this.#found.size === 0;
  }

  /** Whether a queue is set aside. */
  has(queue: AnyQueue): boolean {
    return this.#found.has(queue);
  }

  /**
   * Sets a queue aside where the first of its records to be replayed does not go on at its end: it lacks
   * records in front of those. Where its files lead to one of these it is that record that is damaged.
   */
  lacks(queue: ConsumeQueue, index: number, stored?: Pick<StoredUnits, "offsetAt">): boolean {
    if (!this.#hasLogBefore) return false;
    if ((stored?.offsetAt(queue.end) ?? -1) >= this.#replayedFrom) return false;
    this.#add(queue, queue.end, index);
    return true;
  }

  /** As {@linkcode lacks} for a batch and a queue of these; whether the queue is set aside. */
  lacksBatches(queue: BatchQueue, base: number): boolean {
    const isShort = this.#hasLogBefore && base > queue.end && queue.unwritten === 0;
    if (isShort && !this.#found.has(queue)) this.#add(queue, queue.endUnit, base);
    return this.#found.has(queue);
  }

  #add(queue: AnyQueue, hole: number, index: number): void {
    const why = `it ends at ${queue.end}, and the next message of the log has index ${index}`;
    this.#found.set(queue, { hole, why });
  }

  /** Where the second pass begins, over a log that ends at `logEnd`; `undefined` where none is needed. */
  start(log: SegmentList, logEnd: number): DoubtfulStart | undefined {
    const { fs } = this.#input;
    using doubts = new QueueDoubts(fs, log, logEnd);
    for (const [queue, { hole, why }] of this.#found) doubts.add(queue, why, hole);
    this.#addConsumed(doubts);
    const start = doubts.start({ whenNone: "every queue has all records" });
    return start.doubts.size === 0 ? undefined : start;
  }

  /** Queues of which consumers have seen more than they hold. */
  #addConsumed(doubts: QueueDoubts): void {
    const { fs, paths, queues, batchQueues, topics } = this.#input;
    for (const { topic, queueId, offset } of consumedOffsets(fs, paths)) {
      const tree = topics.isBatch(topic) ? batchQueues : queues;
      const isThere = isSafeTopic(topic) && !isLightTopic(topic) && topics.exists(topic, 0);
      if (tree === undefined || !isThere) continue;
      if (offset <= (tree.get(topic, queueId)?.end ?? 0)) continue;
      doubts.add(tree.getOrCreate(topic, queueId), `a consumer has got as far as ${offset}`);
    }
  }
}
