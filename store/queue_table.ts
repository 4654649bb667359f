/**
 * All consume queues of a store by topic and queue id. Topic names become directories here, so this
 * is where a name that could lead elsewhere is turned away.
 *
 * @module
 */
import { join } from "node:path";
import { ConsumeQueue, KEPT_UNITS_MAX } from "./consume_queue.ts";
import { SIZE } from "./format.ts";
import { isLightTopic } from "./light_topic.ts";
import { NAME, parseQueueId, queueDirectory } from "./names.ts";
import type { OpenFiles } from "./open_files.ts";

/** The topic judged safe last: a log asks of the same one again and again. */
let lastSafeTopic = "";

/** Whether a topic may name a directory, whatever bytes a damaged record put there. */
export function isSafeTopic(topic: string): boolean {
  if (topic === "") return false;
  if (topic === lastSafeTopic) return true;
  const isSafe = isDirectoryName(topic);
  if (isSafe) lastSafeTopic = topic;
  return isSafe;
}

function isDirectoryName(topic: string): boolean {
  return topic !== "." && topic !== ".." &&
    topic.length <= SIZE.retryTopicBytesMax &&
    // deno-lint-ignore no-control-regex -- a name read from damaged bytes can hold anything
    !/[/\\\u0000-\u001f\ufffd]/.test(topic);
}

/** Written units all queues together keep in memory for readers, but for the few each may keep. */
const KEPT_UNITS = { all: 1024 * 1024, each: 16 } as const;

/** Where and how the queues are kept. */
export interface QueueTableOptions {
  /** The folder `consumequeue`. */
  readonly directory: string;
  /** Units in a file of a queue that has none yet. */
  readonly fileUnits: number;
}

/** The queues of a store. */
export class QueueTable implements Iterable<ConsumeQueue> {
  readonly #files: OpenFiles;
  readonly #options: QueueTableOptions;
  readonly #topics = new Map<string, Map<number, ConsumeQueue>>();
  #lightCount = 0;
  #queueCount = 0;
  readonly #keptUnitsMax = () => {
    const share = Math.floor(KEPT_UNITS.all / Math.max(1, this.#queueCount));
    return Math.max(KEPT_UNITS.each, Math.min(KEPT_UNITS_MAX, share));
  };
  /** The topic asked for last, which is mostly the next one, too. */
  #lastTopic = "";
  #lastQueues: Map<number, ConsumeQueue> | undefined;

  constructor(files: OpenFiles, options: QueueTableOptions) {
    this.#files = files;
    this.#options = options;
  }

  /** The folder `consumequeue`. */
  get directory(): string {
    return this.#options.directory;
  }

  /** Throws for queues kept in RocksDB. */
  refuseRocksDb(): void {
    const { directory } = this.#options;
    if (this.#files.fs.stat(join(directory, NAME.rocksDbMarker)) !== undefined) {
      throw new Error(`Cannot open consume queues in "${directory}": they are kept in RocksDB`);
    }
  }

  /** Takes up every queue found on the disk. Throws for queues kept in RocksDB. */
  load(): void {
    const { fs } = this.#files;
    const { directory } = this.#options;
    this.refuseRocksDb();
    for (const topic of fs.list(directory).filter(isSafeTopic)) {
      for (const name of fs.list(join(directory, topic))) {
        const queueId = parseQueueId(name);
        if (queueId !== undefined) this.getOrCreate(topic, queueId).load();
      }
    }
  }

  /** A queue that exists. */
  get(topic: string, queueId: number): ConsumeQueue | undefined {
    return this.#topics.get(topic)?.get(queueId);
  }

  /** A queue, made when there is none. The topic must be {@linkcode isSafeTopic}. */
  getOrCreate(topic: string, queueId: number): ConsumeQueue {
    const isLast = topic === this.#lastTopic;
    const queues = (isLast ? this.#lastQueues : undefined) ?? this.#queuesFor(topic);
    let queue = queues.get(queueId);
    if (queue === undefined) {
      const directory = queueDirectory(this.#options.directory, { topic, queueId });
      const { fileUnits } = this.#options;
      const keptUnitsMax = this.#keptUnitsMax;
      queue = new ConsumeQueue(this.#files, { topic, queueId, directory, fileUnits, keptUnitsMax });
      queues.set(queueId, queue);
      this.#queueCount++;
    }
    return queue;
  }

  #queuesFor(topic: string): Map<number, ConsumeQueue> {
    let queues = this.#topics.get(topic);
    if (queues === undefined) {
      this.#topics.set(topic, queues = new Map());
      if (isLightTopic(topic)) this.#lightCount++;
    }
    this.#lastTopic = topic;
    this.#lastQueues = queues;
    return queues;
  }

  /** Topics that have a queue. */
  topics(): IterableIterator<string> {
    return this.#topics.keys();
  }

  /** Light queues there are (Java: `ConsumeQueueStore.getLmqNum`). */
  get lightCount(): number {
    return this.#lightCount;
  }

  /** Queues of one topic. */
  queuesOf(topic: string): ConsumeQueue[] {
    return [...this.#topics.get(topic)?.values() ?? []];
  }

  /** Forgets a topic and removes its folder. */
  delete(topic: string): void {
    for (const queue of this.queuesOf(topic)) {
      queue.discard();
      this.#queueCount--;
    }
    if (this.#topics.delete(topic) && isLightTopic(topic)) this.#lightCount--;
    this.#lastQueues = undefined;
    if (isSafeTopic(topic)) this.#files.fs.remove(join(this.#options.directory, topic));
  }

  *[Symbol.iterator](): Iterator<ConsumeQueue> {
    for (const queues of this.#topics.values()) yield* queues.values();
  }
}
