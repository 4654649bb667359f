/**
 * A RocketMQ store that is read and written: what a broker opens. It joins the log, the queues and
 * the index, recovers them at the start, keeps the checkpoint honest and leaves the files as a Java
 * broker expects them.
 *
 * @module
 */
import { dirname } from "node:path";
import process from "node:process";
import { Admission } from "./admission.ts";
import type { BatchQueue } from "./batch_queue.ts";
import { batchStoreTimeAt, readBatchQueue, searchBatchByTime } from "./batch_queue_read.ts";
import { BatchQueueTable } from "./batch_queue_table.ts";
import {
  type Checkpoint,
  emptyCheckpoint,
  minTimestamp,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import { CommitLog } from "./commit_log.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import type { FileSystem } from "./file.ts";
import { diskFiles } from "./file_disk.ts";
import { FlushGate } from "./flush_gate.ts";
import {
  FLUSH_INTERVALS,
  type FlushedQueue,
  type FlushIntervals,
  FlushLoops,
  machineSleep,
  type Sleep,
} from "./flush_loops.ts";
import { SIZE } from "./format.ts";
import type { GetRequest, GetResult } from "./get.ts";
import type { IndexGeometry } from "./index_geometry.ts";
import { KeyIndex } from "./key_index.ts";
import type { HostBytes } from "./layout.ts";
import { type KeySearch, recordAt, searchByKey } from "./message_lookup.ts";
import { type StorePaths, storePaths } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import type { BatchElement, MessageDraft, PutDone } from "./put.ts";
import { readQueue } from "./queue_read.ts";
import { QueueExtCodes } from "./queue_ext_codes.ts";
import { QueueExtWriter } from "./queue_ext_writer.ts";
import { QueueTable } from "./queue_table.ts";
import { recoverStore } from "./recovery.ts";
import type { RecoveryMode, RecoveryReport } from "./recovery_report.ts";
import { Retention, type RetentionOptions } from "./retention_loop.ts";
import { listSegments } from "./segments.ts";
import { type Boundary, searchByTime, storeTimeAt } from "./time_search.ts";
import { readTopicKinds } from "./topic_kinds.ts";
import { type ArrivalListener, WriteTurn } from "./write_turn.ts";

/** When an answer to a put leaves. */
export type FlushMode =
  /** When the record is in the file: a crash of the process loses nothing, one of the machine may. */
  | "ASYNC_FLUSH"
  /** When the record is on the disk. */
  | "SYNC_FLUSH";

/** Settings of a store; the defaults are RocketMQ's. */
export interface StoreOptions {
  /** Address written into every record: what a message id leads back to. */
  readonly storeHost: HostBytes;
  readonly fs?: FileSystem;
  readonly now?: () => number;
  readonly flushMode?: FlushMode;
  readonly commitLogPath?: string;
  /** Length of log files where there are none yet; an existing store keeps its own. */
  readonly segmentBytes?: number;
  /** Units in a queue file where there are none yet. */
  readonly queueFileUnits?: number;
  /** Units in a file of a batch queue that has none yet. */
  readonly batchQueueFileUnits?: number;
  /**
   * Whether the messages of a topic belong into batch queues (5.x, attribute `queue.type=BatchCQ`).
   * A topic must not change. Default: as `topics.json` and the folders say when the store is opened.
   */
  readonly isBatchTopic?: (topic: string) => boolean;
  /**
   * Bytes of an extension file, where tags codes are to stand in such files and not in the queues
   * (Java: `enableConsumeQueueExt`). Default: they stand in the queues.
   */
  readonly queueExtFileBytes?: number;
  readonly indexGeometry?: IndexGeometry;
  /** Whether keys are indexed. */
  readonly indexEnabled?: boolean;
  readonly bodyBytesMax?: number;
  readonly delayLevelsMs?: readonly number[];
  /**
   * Whether a message goes into the light queues its properties name, too (Java: `enableLmq` and
   * `enableMultiDispatch`). Default: no.
   */
  readonly lightQueues?: boolean;
  /**
   * Whether every record ends with a CRC of itself among its properties (Java:
   * `enabledAppendPropCRC`). Default: no.
   */
  readonly propertyCrc?: boolean;
  readonly tailCacheBytesMax?: number;
  readonly intervals?: Partial<FlushIntervals>;
  /** How the background loops wait. Default: the machine's timers. */
  readonly sleep?: Sleep;
  /** Overrides what `abort` says; `full` builds everything from the log. */
  readonly recovery?: RecoveryMode;
  /** Whether background loops flush; without them only closing does. Default: yes. */
  readonly background?: boolean;
  readonly onArrival?: ArrivalListener;
  /** Told once when the store can no longer be written. */
  readonly onFailure?: (error: unknown) => void;
  /** When files leave the store. Without it none does, and only a write tells that a disk is full. */
  readonly retention?: RetentionOptions;
  /** Ends an opening that takes too long. */
  readonly signal?: AbortSignal;
}

/** An open store. Dispose it to stop cleanly. */
export class Store implements AsyncDisposable {
  /** What opening found and did. */
  readonly recovery: RecoveryReport;
  readonly #files: OpenFiles;
  readonly #log: CommitLog;
  readonly #queues: QueueTable;
  readonly #batchQueues: BatchQueueTable;
  readonly #extPath: string;
  readonly #queueExt: QueueExtWriter | undefined;
  readonly #index: KeyIndex;
  readonly #turn: WriteTurn;
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
    queueExt: QueueExtWriter | undefined;
    index: KeyIndex;
    turn: WriteTurn;
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
    this.#retention = parts.retention;
    this.#stack = parts.stack;
    this.#admission = parts.admission;
  }

  /**
   * Opens or creates a store. Throws when another process holds it, when its queues are in RocksDB,
   * when its log is missing while its queues are not, and for errors of the system.
   */
  static async open(root: string, options: StoreOptions): Promise<Store> {
    await using stack = new AsyncDisposableStack();
    const disk = openDisk(root, options, stack);
    const recovery = await recover(disk, options);
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
    this.#turn.commit();
    const batchQueue = this.#batchQueues.get(request.topic, request.queueId);
    if (batchQueue !== undefined) return readBatchQueue(this.#log, batchQueue, request);
    const queue = this.#queues.get(request.topic, request.queueId);
    const { tagsCodeMatches } = request;
    if (tagsCodeMatches === undefined) return readQueue(this.#log, queue, request);
    if (queue !== undefined) this.#queueExt?.write(queue);
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

  /** Log offsets of the messages with a key, foreign messages of the same hash left out. */
  searchByKey(search: KeySearch): number[] {
    this.#turn.commit();
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
    this.#queues.delete(topic);
    this.#batchQueues.delete(topic);
    this.#queueExt?.delete(topic);
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

/** What a store is made of before its log can be written. */
interface Disk {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly files: OpenFiles;
  readonly checkpoint: Checkpoint;
  readonly queues: QueueTable;
  readonly batchQueues: BatchQueueTable;
  readonly queueExt: QueueExtWriter | undefined;
  readonly index: KeyIndex;
}

function openDisk(root: string, options: StoreOptions, stack: AsyncDisposableStack): Disk {
  const fs = options.fs ?? diskFiles;
  const paths = storePaths(root, options.commitLogPath);
  makeDirectories(fs, [paths.commitLog, paths.consumeQueue, paths.index]);
  stack.use(fs.lock(paths.lock));
  const files = stack.use(new OpenFiles(fs));
  const checkpoint = readCheckpoint(fs, paths.checkpoint) ?? emptyCheckpoint();
  const queues = new QueueTable(files, {
    directory: paths.consumeQueue,
    fileUnits: options.queueFileUnits ?? SIZE.queueFileUnitsDefault,
  });
  queues.load();
  const batchQueues = new BatchQueueTable(files, {
    directory: paths.batchConsumeQueue,
    fileUnits: options.batchQueueFileUnits ?? SIZE.batchQueueFileUnitsDefault,
    isBatch: options.isBatchTopic ?? readTopicKinds(fs, paths).isBatch,
  });
  batchQueues.load();
  const index = new KeyIndex(files, {
    directory: paths.index,
    geometry: options.indexGeometry ??
      { slots: SIZE.indexSlotsDefault, entries: SIZE.indexEntriesDefault },
    onComplete: (endTimestamp) => {
      checkpoint.indexMsgTimestamp = Math.max(checkpoint.indexMsgTimestamp, endTimestamp);
    },
  });
  const queueExt = options.queueExtFileBytes === undefined ? undefined : new QueueExtWriter(files, {
    directory: paths.consumeQueueExt,
    fileBytes: options.queueExtFileBytes,
  });
  return { fs, paths, files, checkpoint, queues, batchQueues, queueExt, index };
}

/** Makes folders whose names outlive a loss of power. */
function makeDirectories(fs: FileSystem, paths: readonly string[]): void {
  // Also where they exist: a start that failed may have made them without syncing their names.
  const parents = new Set(paths.flatMap((path) => [dirname(path), dirname(dirname(path))]));
  for (const path of paths) {
    for (let at = path; fs.stat(at) === undefined; at = dirname(at)) parents.add(dirname(at));
    fs.makeDirectory(path);
  }
  for (const parent of parents) fs.syncDirectory(parent);
}

async function recover(disk: Disk, options: StoreOptions): Promise<RecoveryReport> {
  const { fs, paths, queues, batchQueues, index, checkpoint } = disk;
  // An `abort` that is believed must be there at the next start, too.
  fs.syncDirectory(paths.root);
  const recovery = await recoverStore({
    fs,
    paths,
    mode: options.recovery ?? (fs.stat(paths.abort) === undefined ? "clean" : "unclean"),
    queues,
    batchQueues,
    index,
    minTimestamp: minTimestamp(checkpoint),
    indexMsgTimestamp: checkpoint.indexMsgTimestamp,
    ...(options.delayLevelsMs && { delayLevelsMs: options.delayLevelsMs }),
    ...(options.signal && { signal: options.signal }),
  });
  if (recovery.mode === "full") batchQueues.load();
  checkpoint.confirmPhyOffset = Math.min(checkpoint.confirmPhyOffset, recovery.end);
  checkpoint.logicsPhysicalOffset = Math.min(checkpoint.logicsPhysicalOffset, recovery.end);
  return recovery;
}

/** What writes to a store. */
interface Writer {
  readonly log: CommitLog;
  readonly turn: WriteTurn;
  readonly loops: FlushLoops;
  readonly admission: Admission;
  readonly retention: Retention;
}

/** Queues of several kinds, one kind after the other. */
function joined<Queue>(...kinds: readonly Iterable<Queue>[]): Iterable<Queue> {
  return {
    *[Symbol.iterator]() {
      for (const queues of kinds) yield* queues;
    },
  };
}

function openWriter(disk: Disk, recovery: RecoveryReport, options: StoreOptions): Writer {
  const { fs, paths, files, queues, batchQueues, queueExt, index, checkpoint } = disk;
  const log = new CommitLog(files, {
    directory: paths.commitLog,
    segmentBytes: listSegments(fs, paths.commitLog).segmentBytes || options.segmentBytes ||
      SIZE.commitLogFileDefault,
    end: recovery.end,
    ...(recovery.mode !== "clean" && { unsyncedFrom: recovery.from }),
    ...(options.tailCacheBytesMax && { tailCacheBytesMax: options.tailCacheBytesMax }),
  });
  const admission = new Admission({
    onFailure: options.onFailure,
    tell: options.retention?.tell,
  });
  const gate = new FlushGate(log, admission.fail);
  const turn = new WriteTurn({
    log,
    queues,
    batchQueues,
    queueExt,
    index: options.indexEnabled === false ? undefined : index,
    gate,
    storeHost: options.storeHost,
    now: options.now ?? Date.now,
    bodyBytesMax: options.bodyBytesMax ?? SIZE.bodyBytesMax,
    syncFlush: options.flushMode === "SYNC_FLUSH",
    lightQueues: options.lightQueues ?? false,
    propertyCrc: options.propertyCrc ?? false,
    ...(options.delayLevelsMs && { delayLevelsMs: options.delayLevelsMs }),
    onArrival: options.onArrival ?? (() => {}),
    onFailure: admission.fail,
    onLogFull: admission.logFull,
    onIndexFull: admission.queuesFull,
  });
  turn.writtenTimestamp = recovery.lastStoreTimestamp;
  const allQueues = joined<ConsumeQueue | BatchQueue>(queues, batchQueues);
  const loops = new FlushLoops({
    log,
    // Queues must not lead to what a loss of power can take.
    queues: joined<FlushedQueue>(queueExt ?? [], allQueues),
    index,
    gate,
    turn,
    checkpoint,
    writeCheckpoint: () => writeCheckpoint(files.get(paths.checkpoint), checkpoint),
    intervals: { ...FLUSH_INTERVALS, ...options.intervals },
    onFailure: admission.fail,
    onQueuesFull: admission.queuesFull,
    ...(options.sleep && { sleep: options.sleep }),
  });
  const retention = new Retention({
    log,
    queues: allQueues,
    index,
    folders: [paths.commitLog, paths.consumeQueue],
    now: options.now ?? Date.now,
    sleep: options.sleep ?? machineSleep,
    syncQueues: () => loops.syncQueues(),
    onFull: admission.diskFull,
  }, options.retention);
  return { log, turn, loops, admission, retention };
}

async function stopCleanly({ fs, paths }: Disk, writer: Writer): Promise<void> {
  const { log, loops, turn, admission } = writer;
  // What comes from now on would be behind the last flush.
  admission.isClosing = true;
  turn.commit();
  await writer.retention.stop();
  await loops.stop();
  if (admission.failure === undefined) await loops.flushAll();
  // The marker stays where the files may lag behind the log: the next start must look.
  if (!admission.isSound || log.isTorn) return;
  fs.remove(paths.abort);
  fs.syncDirectory(paths.root);
}

/** Makes the file, so that its name is on the disk before it is of use. */
function createCheckpoint({ fs, paths, files }: Disk): void {
  if (fs.stat(paths.checkpoint) === undefined) {
    files.create(paths.checkpoint).truncate(SIZE.checkpointFile);
  }
}

/** Marks the store as in use; a Java broker that finds the mark recovers. Holds our process id. */
function createAbort(fs: FileSystem, paths: { abort: string; root: string }): void {
  const file = fs.openWrite(paths.abort);
  try {
    file.truncate(0);
    file.write(new TextEncoder().encode(String(process.pid)), 0);
  } finally {
    file.close();
  }
  fs.syncDirectory(paths.root);
}
