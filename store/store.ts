/**
 * A RocketMQ store that is read and written: what a broker opens. It joins the log, the queues and
 * the index, recovers them at the start, keeps the checkpoint honest and leaves the files as a Java
 * broker expects them.
 *
 * @module
 */
import type { Admission } from "./admission.ts";
import { batchStoreTimeAt, readBatchQueue, searchBatchByTime } from "./batch_queue_read.ts";
import type { BatchQueueTable } from "./batch_queue_table.ts";
import type { CommitLog } from "./commit_log.ts";
import { readMatching } from "./filtered_read.ts";
import type { FlushGate } from "./flush_gate.ts";
import type { GetRequest, GetResult } from "./get.ts";
import type { KeyIndex } from "./key_index.ts";
import {
  type KeySearch,
  readRecordsAt,
  recordAt,
  type RecordPlace,
  searchByKey,
} from "./message_lookup.ts";
import type { StorePaths } from "./names.ts";
import type { OpenFiles } from "./open_files.ts";
import type { BatchElement, MessageDraft, PutDone } from "./put.ts";
import { readQueue, type ReadRequest } from "./queue_read.ts";
import { QueueExtCodes } from "./queue_ext_codes.ts";
import type { QueueExtWriter } from "./queue_ext_writer.ts";
import type { QueueTable } from "./queue_table.ts";
import { type QueueUnit, readQueueUnits } from "./queue_units.ts";
import type { RecoveryReport } from "./recovery_report.ts";
import type { Retention } from "./retention_loop.ts";
import type { StoreOptions } from "./store_options.ts";
import {
  createAbort,
  createCheckpoint,
  openDisk,
  openWriter,
  recover,
  stopCleanly,
} from "./store_parts.ts";
import { markFailedSync } from "./failed_sync.ts";
import { type Boundary, searchByTime, storeTimeAt } from "./time_search.ts";
import type { WriteTurn } from "./write_turn.ts";

export type { FlushMode, StoreOptions } from "./store_options.ts";

/** An open store. Dispose it to stop cleanly. */
export class Store implements AsyncDisposable {
  /** What opening found and did. */
  readonly recovery: RecoveryReport;
  readonly #files: OpenFiles;
  readonly #log: CommitLog;
  readonly #queues: QueueTable;
  readonly #batchQueues: BatchQueueTable;
  readonly #extPath: string;
  readonly #queueExt: QueueExtWriter;
  readonly #index: KeyIndex;
  readonly #turn: WriteTurn;
  readonly #gate: FlushGate;
  readonly #retention: Retention;
  readonly #stack: AsyncDisposableStack;
  readonly #admission: Admission;

  private constructor(parts: {
    recovery: RecoveryReport;
    paths: StorePaths;
    files: OpenFiles;
    log: CommitLog;
    queues: QueueTable;
    batchQueues: BatchQueueTable;
    queueExt: QueueExtWriter;
    index: KeyIndex;
    turn: WriteTurn;
    gate: FlushGate;
    retention: Retention;
    stack: AsyncDisposableStack;
    admission: Admission;
  }) {
    this.recovery = parts.recovery;
    this.#files = parts.files;
    this.#log = parts.log;
    this.#queues = parts.queues;
    this.#batchQueues = parts.batchQueues;
    this.#queueExt = parts.queueExt;
    this.#extPath = parts.paths.consumeQueueExt;
    this.#index = parts.index;
    this.#turn = parts.turn;
    this.#gate = parts.gate;
    this.#retention = parts.retention;
    this.#stack = parts.stack;
    this.#admission = parts.admission;
  }

  /**
   * Opens or creates a store. Throws when another process holds it, when its queues are in RocksDB
   * or its messages in a DLedger log, when its log is missing while its queues are not, and for errors of the system.
   */
  static async open(root: string, options: StoreOptions): Promise<Store> {
    await using stack = new AsyncDisposableStack();
    const disk = openDisk(root, options, stack);
    const recovery = await recover(disk, options).catch((error: unknown) => {
      markFailedSync(disk.fs, disk.paths);
      throw error;
    });
    const writer = openWriter(disk, recovery, options);
    createCheckpoint(disk);
    createAbort(disk.fs, disk.paths);
    stack.defer(() => stopCleanly(disk, writer));
    if (options.background !== false) {
      writer.loops.start();
      if (options.retention !== undefined) writer.retention.start();
    }
    return new Store({ ...disk, ...writer, recovery, stack: stack.move() });
  }

  /** Puts a message; `done` hears of it when the flush mode allows. */
  put(draft: MessageDraft, done: PutDone): void {
    if (this.#admission.isOpen) this.#turn.put(draft, done);
    else this.#refuse(done);
  }

  /** Puts a producer's batch as consecutive records of one queue. */
  putBatch(draft: MessageDraft, elements: readonly BatchElement[], done: PutDone): void {
    if (this.#admission.isOpen) this.#turn.putBatch(draft, elements, done);
    else this.#refuse(done);
  }

  /** Reads from a queue. The answer is a promise only where files must be read. */
  get(request: GetRequest): GetResult | Promise<GetResult> {
    const { recordMatches } = request;
    if (recordMatches === undefined) return this.#get(request);
    return readMatching(this.#log, { ...request, recordMatches, read: (part) => this.#get(part) });
  }

  #get(request: ReadRequest): GetResult | Promise<GetResult> {
    this.#turn.settle();
    const batchQueue = this.#batchQueues.get(request.topic, request.queueId);
    if (batchQueue !== undefined) return readBatchQueue(this.#log, batchQueue, request);
    const queue = this.#queues.get(request.topic, request.queueId);
    const { tagsCodeMatches } = request;
    if (tagsCodeMatches === undefined) return readQueue(this.#log, queue, request);
    if (queue !== undefined) this.#queueExt.write(queue);
    // Units are looked at before anything is waited for.
    using codes = new QueueExtCodes(this.#files.fs, { ...request, root: this.#extPath });
    const resolving = codes.resolving(tagsCodeMatches);
    return readQueue(this.#log, queue, { ...request, tagsCodeMatches: resolving });
  }

  /** Indexes a queue has: the first that can be read and the next to be given. */
  queueRange(topic: string, queueId: number): { min: number; max: number } | undefined {
    const queue = this.#batchQueues.get(topic, queueId) ?? this.#queues.get(topic, queueId);
    return queue === undefined ? undefined : { min: queue.min, max: queue.end };
  }

  /** Units of a queue from `index` on, as its files have them; `undefined` where there is no queue. */
  queueUnits(
    { topic, queueId, index, count }: {
      readonly topic: string;
      readonly queueId: number;
      readonly index: number;
      readonly count: number;
    },
  ): QueueUnit[] | undefined {
    this.#turn.settle();
    const queue = this.#queues.get(topic, queueId);
    if (queue === undefined) return undefined;
    this.#queueExt.write(queue);
    using codes = new QueueExtCodes(this.#files.fs, { topic, queueId, root: this.#extPath });
    return readQueueUnits(queue, { index, count, codes });
  }

  /** How long the sync that answers wait for has taken so far, ms; 0 where none is under way. */
  get syncingMs(): number {
    return this.#gate.syncingMs;
  }

  /** Bytes of the log that are written and not known to be on the disk. */
  get unsyncedBytes(): number {
    return Math.max(0, this.#log.writtenTo - this.#log.flushedTo);
  }

  /** Queue ids of a topic that have files or messages, ascending. */
  queueIds(topic: string): number[] {
    const queues = [...this.#queues.queuesOf(topic), ...this.#batchQueues.queuesOf(topic)];
    return queues.map((it) => it.queueId).sort((a, b) => a - b);
  }

  /** Topics that have a queue. */
  topics(): string[] {
    return [...this.#queues.topics(), ...this.#batchQueues.topics()].sort();
  }

  /** Index by store time; `undefined` where the queue does not exist. */
  searchByTime(
    queue: { readonly topic: string; readonly queueId: number },
    search: { readonly timestamp: number; readonly boundary: Boundary },
  ): number | undefined {
    const batchQueue = this.#batchQueues.get(queue.topic, queue.queueId);
    if (batchQueue !== undefined) return searchBatchByTime(batchQueue, search);
    const found = this.#queues.get(queue.topic, queue.queueId);
    return found === undefined ? undefined : searchByTime(this.#log, found, search);
  }

  /** Store time of the message at an index; `undefined` where there is none. */
  storeTimeAt(queue: { topic: string; queueId: number }, index: number): number | undefined {
    const batchQueue = this.#batchQueues.get(queue.topic, queue.queueId);
    if (batchQueue !== undefined) return batchStoreTimeAt(batchQueue, index);
    const found = this.#queues.get(queue.topic, queue.queueId);
    if (found === undefined || index < found.min || index >= found.end) return undefined;
    return storeTimeAt(this.#log, found, index);
  }

  /** The record that starts at a log offset, as stored; `undefined` when none does. */
  recordAt(physicalOffset: number): Uint8Array | undefined {
    return recordAt(this.#log, physicalOffset)?.record();
  }

  /** The records at many places, in the order asked for, without holding up the turn. */
  async readRecords(places: readonly RecordPlace[]): Promise<(Uint8Array | undefined)[]> {
    return (await readRecordsAt(this.#log, places)).map((record) => record?.record());
  }

  /** Log offsets of the messages with a key, foreign messages of the same hash left out. */
  searchByKey(search: KeySearch): number[] {
    this.#turn.settle();
    this.#index.write();
    return searchByKey({ log: this.#log, files: this.#index.readers() }, search);
  }

  /** Log offset of the last record whose keys are indexed, and its store time. */
  get indexEnd(): { physicalOffset: number; timestamp: number } {
    return this.#index.last;
  }

  /** Removes the queues of a topic. Its records stay in the log until they expire. */
  deleteTopic(topic: string): void {
    this.#turn.commit();
    this.#turn.forget(topic);
    this.#queues.delete(topic);
    this.#batchQueues.delete(topic);
    this.#queueExt.delete(topic);
  }

  /** Lets expired log files go at any hour in the next rounds. */
  deleteExpiredFiles(): void {
    this.#retention.askForDeletion();
  }

  /** Removes files of queues and index that lead only to what the log has no more. */
  async cleanQueues(): Promise<void> {
    if (!this.#admission.isClosing) await this.#retention.sweep(0);
  }

  /** Log offsets: of the oldest byte and behind the last record. */
  get logRange(): { min: number; max: number } {
    return { min: this.#log.start, max: this.#log.end };
  }

  /** Whether messages are taken: nothing has failed, and there is room. */
  get takesMessages(): boolean {
    return this.#admission.isOpen;
  }

  /** Why the store cannot be written any more; `undefined` while it can. */
  get failure(): unknown {
    return this.#admission.failure;
  }

  /** Stops cleanly: everything on the disk, `abort` removed. A second call does nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  #refuse(done: PutDone): void {
    const refusal = this.#admission.refusal();
    queueMicrotask(() => done(refusal));
  }
}
