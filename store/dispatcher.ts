/**
 * Tells queues, key index and waiting readers of records that have just been written to the log.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { BatchQueueTable } from "./batch_queue_table.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import { DispatchRequest } from "./dispatch.ts";
import { isDiskFull } from "./file_disk.ts";
import { innerBatchOf } from "./inner_batch.ts";
import type { KeyIndex } from "./key_index.ts";
import { lightQueuesOf } from "./multi_dispatch.ts";
import type { QueueExtWriter } from "./queue_ext_writer.ts";
import type { QueueTable } from "./queue_table.ts";
import { RecordView } from "./record_view.ts";
import type { StagedPut } from "./staged_put.ts";
import type { WriteBehind } from "./write_behind.ts";

/**
 * Told of every record that readers can see now. Both are used again: what is needed later is copied.
 * Must neither throw nor put.
 */
export type ArrivalListener = (request: DispatchRequest, record: RecordView) => void;

/** Who is told. */
export interface DispatcherOptions {
  readonly queues: QueueTable;
  readonly batchQueues: BatchQueueTable;
  /** Where tags codes go; absent where they stand in the queues. */
  readonly queueExt?: QueueExtWriter | undefined;
  readonly index: KeyIndex | undefined;
  readonly behind: WriteBehind;
  readonly delayLevelsMs?: readonly number[];
  /** Whether messages go into the light queues they name. */
  readonly lightQueues?: boolean;
  readonly onArrival: ArrivalListener;
  /** Told that the index could not be written. */
  readonly onFailure: (error: unknown) => void;
  /** Told that there is no room for keys; they are kept for {@linkcode Dispatcher.catchUp}. */
  readonly onIndexFull?: (error: unknown) => void;
}

interface IndexedKey {
  readonly hash: number;
  readonly physicalOffset: number;
  readonly storeTimestamp: number;
}

/** Dispatch of one store. */
export class Dispatcher {
  /** Whether records are being told of: no other may be staged meanwhile. */
  isRunning = false;
  readonly #options: DispatcherOptions;
  readonly #record = new RecordView();
  readonly #request: DispatchRequest;
  #indexFailed = false;
  /** Keys of records in the log for which the index had no room. */
  readonly #keysBehind: IndexedKey[] = [];

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#request = new DispatchRequest(options.delayLevelsMs);
  }

  /** Tells of the records of some puts, which make up the block. */
  tell(block: Uint8Array, puts: readonly StagedPut[]): void {
    const record = this.#record;
    record.attach(block);
    this.isRunning = true;
    let at = 0;
    for (const put of puts) {
      for (let count = put.records; count > 0; count--) {
        const flaw = record.load(at, block.length);
        if (flaw !== undefined) assert.fail(`a record with a wrong ${flaw.code} was written`);
        this.#tell(record, put);
        at += record.size;
      }
    }
    if (at !== block.length) assert.fail(`${block.length - at} bytes of no put were written`);
    this.isRunning = false;
  }

  /** Puts the keys for which there was no room. Throws while there is none still. */
  catchUp(): void {
    const { index } = this.#options;
    let done = 0;
    try {
      for (const { hash, physicalOffset, storeTimestamp } of this.#keysBehind) {
        index!.put(hash, physicalOffset, storeTimestamp);
        done++;
      }
    } finally {
      this.#keysBehind.splice(0, done);
    }
  }

  #tell(record: RecordView, { topic }: StagedPut): void {
    const { queueExt, behind, onArrival, lightQueues, index } = this.#options;
    const request = this.#request;
    request.read(record, topic);
    if (request.queued) {
      if (topic.isBatch) {
        const queue = topic.batchQueue(request.queueId);
        behind.note(queue);
        queue.append(request, innerBatchOf(record));
      } else {
        const queue = topic.queue(request.queueId);
        behind.note(queue);
        if (queueExt === undefined) queue.append(request.queueOffset, request);
        else queueExt.append(queue, request, record);
      }
    }
    if (index !== undefined && request.keyHashes.length > 0) this.#index(index, request);
    onArrival(request, record);
    if (lightQueues === true && request.queued) this.#tellLight(record);
  }

  /** Tells of a record once more for each of its light queues. */
  #tellLight(record: RecordView): void {
    const { queues, behind, onArrival } = this.#options;
    const request = this.#request;
    for (const { topic, queueOffset } of lightQueuesOf(record)) {
      const queue: ConsumeQueue = queues.getOrCreate(topic, 0);
      request.topic = topic;
      request.queueId = queue.queueId;
      request.queueOffset = queueOffset;
      behind.note(queue);
      queue.append(queueOffset, request);
      onArrival(request, record);
    }
  }

  /** What the index could not take is put again later, or from the log at the next start. */
  #index(index: KeyIndex, { keyHashes, physicalOffset, storeTimestamp }: DispatchRequest): void {
    if (this.#indexFailed) return;
    const { onFailure, onIndexFull } = this.#options;
    let done = 0;
    try {
      if (this.#keysBehind.length === 0) {
        for (; done < keyHashes.length; done++) {
          index.put(keyHashes[done]!, physicalOffset, storeTimestamp);
        }
      }
    } catch (error) {
      if (!isDiskFull(error)) {
        this.#indexFailed = true;
        onFailure(error);
        return;
      }
      onIndexFull?.(error);
    }
    for (; done < keyHashes.length; done++) {
      this.#keysBehind.push({ hash: keyHashes[done]!, physicalOffset, storeTimestamp });
    }
  }
}
