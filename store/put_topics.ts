/**
 * What puts and dispatch ask of a topic with every message, found once: its bytes, its limits, its
 * queues. A message costs one look-up by name instead of one for each of these.
 *
 * @module
 */
import type { BatchQueue } from "./batch_queue.ts";
import type { BatchQueueTable } from "./batch_queue_table.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import type { KnownTopic } from "./dispatch.ts";
import { SIZE } from "./format.ts";
import { stringHash } from "./hash.ts";
import { isSafeTopic, type QueueTable } from "./queue_table.ts";
import { needsV2 } from "./record_encode.ts";
import { RETRY_PREFIX } from "./topic_kinds.ts";

/** Topics kept at once; a broker has fewer. */
const TOPICS_MAX = 100_000;
/** Queue ids that are found by position. */
const QUEUE_IDS_MAX = 1_024;

const encoder = new TextEncoder();

/** The tables the queues are in. */
export interface PutTables {
  readonly queues: QueueTable;
  readonly batchQueues: BatchQueueTable;
}

/** A topic messages are put into. */
export class PutTopic implements KnownTopic {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly prefix: number;
  /** Whether the topic's length takes two bytes in a record. */
  readonly isV2: boolean;
  /** Whether the name may be that of a folder. */
  readonly isSafe: boolean;
  readonly bytesMax: number;
  /** Whether its queues are batch queues. */
  readonly isBatch: boolean;
  readonly #tables: PutTables;
  readonly #queues: ConsumeQueue[] = [];

  constructor(name: string, tables: PutTables) {
    this.name = name;
    this.bytes = encoder.encode(name);
    this.prefix = stringHash(`${name}#`);
    this.isV2 = needsV2(this.bytes);
    // Half a character would be stored as another one.
    this.isSafe = isSafeTopic(name) && name.isWellFormed();
    this.bytesMax = name.startsWith(RETRY_PREFIX) ? SIZE.retryTopicBytesMax : SIZE.topicBytesMax;
    this.isBatch = tables.batchQueues.isBatch(name);
    this.#tables = tables;
  }

  /** A queue of a topic whose queues are consume queues, made when there is none. */
  queue(queueId: number): ConsumeQueue {
    const known = this.#queues[queueId];
    if (known !== undefined) return known;
    const queue = this.#tables.queues.getOrCreate(this.name, queueId);
    if (queueId >= 0 && queueId < QUEUE_IDS_MAX) this.#queues[queueId] = queue;
    return queue;
  }

  /** A queue of a topic whose queues are batch queues, made when there is none. */
  batchQueue(queueId: number): BatchQueue {
    return this.#tables.batchQueues.getOrCreate(this.name, queueId);
  }
}

/** Topics by name. */
export class PutTopics {
  readonly #tables: PutTables;
  readonly #topics = new Map<string, PutTopic>();
  #last: PutTopic | undefined;

  constructor(tables: PutTables) {
    this.#tables = tables;
  }

  /** The topic of a name, whether or not there are messages in it. */
  of(name: string): PutTopic {
    if (this.#last?.name === name) return this.#last;
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      if (this.#topics.size >= TOPICS_MAX) this.#topics.clear();
      topic = new PutTopic(name, this.#tables);
      this.#topics.set(name, topic);
    }
    this.#last = topic;
    return topic;
  }

  /** Lets go of a topic whose queues were removed. */
  forget(name: string): void {
    this.#topics.delete(name);
    this.#last = undefined;
  }
}
