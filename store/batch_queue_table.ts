/**
 * All batch consume queues of a store, and which topics have such queues.
 *
 * @module
 */
import { join } from "node:path";
import { BatchQueue } from "./batch_queue.ts";
import { parseQueueId, queueDirectory } from "./names.ts";
import type { OpenFiles } from "./open_files.ts";
import { isSafeTopic } from "./queue_table.ts";

/** Where and how batch queues are kept. */
export interface BatchQueueTableOptions {
  /** The folder `batchconsumequeue`. */
  readonly directory: string;
  /** Units in a file of a queue that has none yet. */
  readonly fileUnits: number;
  /** Whether the messages of a topic belong into batch queues. */
  readonly isBatch: (topic: string) => boolean;
}

/** The batch queues of a store. */
export class BatchQueueTable implements Iterable<BatchQueue> {
  readonly #files: OpenFiles;
  readonly #options: BatchQueueTableOptions;
  readonly #topics = new Map<string, Map<number, BatchQueue>>();

  constructor(files: OpenFiles, options: BatchQueueTableOptions) {
    this.#files = files;
    this.#options = options;
  }

  /** The folder `batchconsumequeue`. */
  get directory(): string {
    return this.#options.directory;
  }

  /** Takes up every queue found on the disk, and anew those there are. */
  load(): void {
    const { fs } = this.#files;
    const { directory } = this.#options;
    for (const topic of fs.list(directory).filter(isSafeTopic)) {
      for (const name of fs.list(join(directory, topic))) {
        const queueId = parseQueueId(name);
        if (queueId !== undefined) this.getOrCreate(topic, queueId).load();
      }
    }
  }

  /** Whether the messages of a topic belong into batch queues. */
  isBatch(topic: string): boolean {
    return this.#options.isBatch(topic);
  }

  /** A queue that exists. */
  get(topic: string, queueId: number): BatchQueue | undefined {
    return this.#topics.get(topic)?.get(queueId);
  }

  /** A queue, made when there is none. The topic must be safe for a folder's name. */
  getOrCreate(topic: string, queueId: number): BatchQueue {
    let queues = this.#topics.get(topic);
    if (queues === undefined) this.#topics.set(topic, queues = new Map());
    let queue = queues.get(queueId);
    if (queue === undefined) {
      const directory = queueDirectory(this.#options.directory, { topic, queueId });
      const { fileUnits } = this.#options;
      queue = new BatchQueue(this.#files, { topic, queueId, directory, fileUnits });
      queues.set(queueId, queue);
    }
    return queue;
  }

  /** Topics that have a batch queue. */
  topics(): IterableIterator<string> {
    return this.#topics.keys();
  }

  /** Batch queues of one topic. */
  queuesOf(topic: string): BatchQueue[] {
    return [...this.#topics.get(topic)?.values() ?? []];
  }

  /** Forgets a topic and removes its folder. */
  delete(topic: string): void {
    for (const queue of this.queuesOf(topic)) queue.discard();
    if (!this.#topics.delete(topic)) return;
    if (isSafeTopic(topic)) this.#files.fs.remove(join(this.#options.directory, topic));
  }

  *[Symbol.iterator](): Iterator<BatchQueue> {
    for (const queues of this.#topics.values()) yield* queues.values();
  }
}
