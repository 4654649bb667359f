/**
 * Writes consume queue extension files: a unit for each message, whose address stands in the queue in
 * place of the tags code (Java: `ConsumeQueueExt.put`). Beside the code a unit may say which groups'
 * filters let the message pass, if somebody computes that (Java: `enableCalcFilterBitMap`).
 *
 * @module
 */
import { join } from "node:path";
import type { ConsumeQueue } from "./consume_queue.ts";
import type { DispatchRequest } from "./dispatch.ts";
import { parseQueueId } from "./names.ts";
import type { OpenFiles } from "./open_files.ts";
import { QueueExt } from "./queue_ext.ts";
import { isSafeTopic, type QueueTable } from "./queue_table.ts";
import type { RecordView } from "./record_view.ts";
import type { ExpiringQueue } from "./retention_loop.ts";

/** Upper half of the address of offset 0. */
const ADDRESS_HIGH = -0x8000_0000;
const NO_BIT_MAP = new Uint8Array(0);

/**
 * Tells which groups' filters let a message pass, as bits of a Bloom filter, see `bloom_filter.ts`;
 * `undefined` where its topic has no such groups. Must neither throw nor keep what it is given.
 */
export type BitMapOf = (request: DispatchRequest, record: RecordView) => Uint8Array | undefined;

/** Where and how extension files are kept. */
export interface QueueExtWriterOptions {
  /** The folder `consumequeue_ext`. */
  readonly directory: string;
  /** Bytes of a file where a queue has none yet. */
  readonly fileBytes: number;
  /** Default: units have no bit map. */
  readonly bitMapOf?: BitMapOf | undefined;
}

/** The extension files of all queues. Written and synced before the queues that lead to them. */
export class QueueExtWriter implements Iterable<QueueExt> {
  readonly #files: OpenFiles;
  readonly #options: QueueExtWriterOptions;
  readonly #queues = new Map<ConsumeQueue, QueueExt>();

  constructor(files: OpenFiles, options: QueueExtWriterOptions) {
    this.#files = files;
    this.#options = options;
  }

  /**
   * Appends the unit of a record, which leads to the tags code through an extension unit. One that is
   * not the queue's next, or whose bit map is too large, goes into the queue as any other.
   */
  append(queue: ConsumeQueue, request: DispatchRequest, record: RecordView): void {
    const { queueOffset, physicalOffset, size, tagsCode, storeTimestamp } = request;
    let at: number | undefined;
    if (queueOffset === queue.end) {
      const bitMap = this.#options.bitMapOf?.(request, record) ?? NO_BIT_MAP;
      at = this.#extOf(queue).put({ tagsCode, storeTimestamp, bitMap });
    }
    if (at === undefined) {
      queue.append(queueOffset, request);
      return;
    }
    const { next } = queue;
    queue.adopt({
      physicalOffset,
      size,
      tagsCodeHigh: ADDRESS_HIGH + Math.floor(at / 0x1_0000_0000),
      tagsCodeLow: at | 0,
    });
    // Messages of the same turn may have taken indexes behind it.
    queue.next = Math.max(next, queue.end);
  }

  /** Brings a queue's units into the files for who reads them; a full disk shows elsewhere. */
  write(queue: ConsumeQueue): void {
    try {
      this.#queues.get(queue)?.write();
    } catch {
      // A unit that cannot be read is taken to match.
    }
  }

  /** Lets the files of all queues end where the queues do: what follows was lost to them. */
  follow(queues: QueueTable): void {
    for (const queue of this.#found(queues)) this.#extOf(queue);
  }

  /** Queues whose extension files may expire, for retention; a queue's own units go first. */
  expiring(queues: QueueTable): Iterable<ExpiringQueue> {
    return { [Symbol.iterator]: () => this.#expiring(queues) };
  }

  *#expiring(queues: QueueTable): Generator<ExpiringQueue> {
    for (const queue of this.#found(queues)) {
      const isOne = this.#files.fs.list(this.#directoryOf(queue)).length < 2;
      yield {
        correctMin: () => {},
        dropExpiredFiles: () => isOne ? 0 : this.#extOf(queue).dropExpiredFiles(),
      };
    }
  }

  /** Forgets a topic and removes its folder. */
  delete(topic: string): void {
    for (const [queue, ext] of this.#queues) {
      if (queue.topic !== topic) continue;
      ext.close();
      this.#queues.delete(queue);
    }
    if (isSafeTopic(topic)) this.#files.fs.remove(join(this.#options.directory, topic));
  }

  *[Symbol.iterator](): Iterator<QueueExt> {
    yield* this.#queues.values();
  }

  /** Queues with a folder for extension files. */
  *#found(queues: QueueTable): Generator<ConsumeQueue> {
    const { fs } = this.#files;
    const { directory } = this.#options;
    for (const topic of fs.list(directory)) {
      for (const name of fs.list(join(directory, topic))) {
        const queueId = parseQueueId(name);
        const queue = queueId === undefined ? undefined : queues.get(topic, queueId);
        if (queue !== undefined) yield queue;
      }
    }
  }

  #extOf(queue: ConsumeQueue): QueueExt {
    let ext = this.#queues.get(queue);
    if (ext === undefined) {
      const { fileBytes } = this.#options;
      const directory = this.#directoryOf(queue);
      ext = new QueueExt(this.#files, { directory, fileBytes, queue });
      this.#queues.set(queue, ext);
    }
    return ext;
  }

  #directoryOf({ topic, queueId }: ConsumeQueue): string {
    return join(this.#options.directory, topic, String(queueId));
  }
}
