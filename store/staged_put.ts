/**
 * A put between its staging and its answer. It is the answer itself once its record stands in the
 * log: one object a message, on the hottest path there is.
 *
 * @module
 */
import type { ConsumeQueue } from "./consume_queue.ts";
import type { PutTopic } from "./put_topics.ts";
import type { PutDone, PutResult, PutStatus } from "./put.ts";

/** Positions given to a message or a batch. */
export interface StagedPlace {
  readonly physicalOffset: number;
  readonly queueOffset: number;
  readonly storeTimestamp: number;
}

/** One put of a turn. */
export class StagedPut implements PutResult {
  readonly status: PutStatus = "PUT_OK";
  readonly stored = true;
  readonly physicalOffset: number;
  readonly queueOffset: number;
  readonly storeTimestamp: number;

  readonly topic: PutTopic;
  /** Queue its index was taken in; absent where the record stands in none. */
  readonly queue: { next: number } | undefined;
  readonly done: PutDone;
  /** Records it takes in the log. */
  records = 1;
  wroteBytes = 0;
  /** Starts of the records, where there are more than one. */
  batchOffsets: readonly number[] | undefined;
  /** Light queues in which an index was taken. */
  light: readonly ConsumeQueue[] | undefined;
  /** Log offset behind its last record, where the answer waits for the disk; else 0. */
  awaitedOffset = 0;

  constructor(
    topic: PutTopic,
    queue: { next: number } | undefined,
    place: StagedPlace,
    done: PutDone,
  ) {
    this.topic = topic;
    this.queue = queue;
    this.physicalOffset = place.physicalOffset;
    this.queueOffset = place.queueOffset;
    this.storeTimestamp = place.storeTimestamp;
    this.done = done;
  }

  get physicalOffsets(): readonly number[] {
    return this.batchOffsets ?? [this.physicalOffset];
  }

  /** The answer where the disk did not confirm in time. */
  timedOut(): PutResult {
    const { physicalOffset, queueOffset, storeTimestamp, physicalOffsets, wroteBytes } = this;
    const place = { physicalOffset, queueOffset, storeTimestamp, physicalOffsets, wroteBytes };
    return { status: "FLUSH_DISK_TIMEOUT", stored: true, ...place };
  }
}

/** The answer to a put that was turned away. */
export function refusedPut(status: PutStatus, reason: string): PutResult {
  return {
    status,
    stored: false,
    physicalOffset: -1,
    queueOffset: -1,
    storeTimestamp: 0,
    physicalOffsets: [],
    wroteBytes: 0,
    reason,
  };
}
