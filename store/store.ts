/**
 * A RocketMQ store that is read and written: what a broker opens. It joins the log, the queues and
 * the index, recovers them at the start, keeps the checkpoint honest and leaves the files as a Java
 * broker expects them.
 *
 * @module
 */
import { dirname } from "node:path";
import process from "node:process";
import {
  type Checkpoint,
  emptyCheckpoint,
  minTimestamp,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import { CommitLog } from "./commit_log.ts";
import type { FileSystem } from "./file.ts";
import { diskFiles } from "./file_disk.ts";
import { FlushGate } from "./flush_gate.ts";
import { FLUSH_INTERVALS, type FlushIntervals, FlushLoops, type Sleep } from "./flush_loops.ts";
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
import { QueueTable } from "./queue_table.ts";
import { recoverStore } from "./recovery.ts";
import type { RecoveryMode, RecoveryReport } from "./recovery_report.ts";
import { listSegments } from "./segments.ts";
import { type Boundary, searchByTime, storeTimeAt } from "./time_search.ts";
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
  readonly indexGeometry?: IndexGeometry;
  /** Whether keys are indexed. */
  readonly indexEnabled?: boolean;
  readonly bodyBytesMax?: number;
  readonly delayLevelsMs?: readonly number[];
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
  readonly #index: KeyIndex;
  readonly #turn: WriteTurn;
  readonly #stack: AsyncDisposableStack;
  readonly #state: StoreState;

  private constructor(parts: {
    recovery: RecoveryReport;
    files: OpenFiles;
    log: CommitLog;
    queues: QueueTable;
    index: KeyIndex;
    turn: WriteTurn;
    stack: AsyncDisposableStack;
    state: StoreState;
  }) {
    this.recovery = parts.recovery;
    this.#files = parts.files;
    this.#log = parts.log;
    this.#queues = parts.queues;
    this.#index = parts.index;
    this.#turn = parts.turn;
    this.#stack = parts.stack;
    this.#state = parts.state;
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
    if (options.background !== false) writer.loops.start();
    return new Store({ ...disk, ...writer, recovery, stack: stack.move() });
  }

  /** Puts a message; `done` hears of it when the flush mode allows. */
  put(draft: MessageDraft, done: PutDone): void {
    if (this.#isWritable) this.#turn.put(draft, done);
    else this.#refuse(done);
  }

  /** Puts a producer's batch as consecutive records of one queue. */
  putBatch(draft: MessageDraft, elements: readonly BatchElement[], done: PutDone): void {
    if (this.#isWritable) this.#turn.putBatch(draft, elements, done);
    else this.#refuse(done);
  }

  /** Reads from a queue. The answer is a promise only where files must be read. */
  get(request: GetRequest): GetResult | Promise<GetResult> {
    this.#turn.commit();
    return readQueue(this.#log, this.#queues.get(request.topic, request.queueId), request);
  }

  /** Indexes a queue has: the first that can be read and the next to be given. */
  queueRange(topic: string, queueId: number): { min: number; max: number } | undefined {
    const queue = this.#queues.get(topic, queueId);
    return queue === undefined ? undefined : { min: queue.min, max: queue.end };
  }

  /** Queue ids of a topic that have files or messages, ascending. */
  queueIds(topic: string): number[] {
    return this.#queues.queuesOf(topic).map((it) => it.queueId).sort((a, b) => a - b);
  }

  /** Topics that have a queue. */
  topics(): string[] {
    return [...this.#queues.topics()].sort();
  }

  /** Index by store time; `undefined` where the queue does not exist. */
  searchByTime(
    queue: { readonly topic: string; readonly queueId: number },
    search: { readonly timestamp: number; readonly boundary: Boundary },
  ): number | undefined {
    const found = this.#queues.get(queue.topic, queue.queueId);
    return found === undefined ? undefined : searchByTime(this.#log, found, search);
  }

  /** Store time of the message at an index; `undefined` where there is none. */
  storeTimeAt(queue: { topic: string; queueId: number }, index: number): number | undefined {
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
    const source = { fs: this.#files.fs, log: this.#log, paths: this.#index.paths };
    return searchByKey(source, search);
  }

  /** Log offset of the last record whose keys are indexed, and its store time. */
  get indexEnd(): { physicalOffset: number; timestamp: number } {
    return this.#index.last;
  }

  /** Removes the queues of a topic. Its records stay in the log until they expire. */
  deleteTopic(topic: string): void {
    this.#turn.commit();
    this.#queues.delete(topic);
  }

  /** Log offsets: of the oldest byte and behind the last record. */
  get logRange(): { min: number; max: number } {
    return { min: this.#log.start, max: this.#log.end };
  }

  /** Why the store cannot be written any more; `undefined` while it can. */
  get failure(): unknown {
    return this.#state.failure;
  }

  /** Stops cleanly: everything on the disk, `abort` removed. A second call does nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  get #isWritable(): boolean {
    return this.#state.failure === undefined && !this.#state.isClosing;
  }

  #refuse(done: PutDone): void {
    const { failure = "it is closed" } = this.#state;
    const reason = failure instanceof Error ? failure.message : String(failure);
    queueMicrotask(() =>
      done({
        status: "SERVICE_NOT_AVAILABLE",
        stored: false,
        physicalOffset: -1,
        queueOffset: -1,
        storeTimestamp: 0,
        physicalOffsets: [],
        reason: `The store takes no more messages: ${reason}`,
      })
    );
  }
}

/** What a store is made of before its log can be written. */
interface Disk {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly files: OpenFiles;
  readonly checkpoint: Checkpoint;
  readonly queues: QueueTable;
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
  const index = new KeyIndex(files, {
    directory: paths.index,
    geometry: options.indexGeometry ??
      { slots: SIZE.indexSlotsDefault, entries: SIZE.indexEntriesDefault },
    onComplete: (endTimestamp) => {
      checkpoint.indexMsgTimestamp = Math.max(checkpoint.indexMsgTimestamp, endTimestamp);
    },
  });
  return { fs, paths, files, checkpoint, queues, index };
}

/** Makes folders whose names outlive a loss of power. */
function makeDirectories(fs: FileSystem, paths: readonly string[]): void {
  const parents = new Set<string>();
  for (const path of paths) {
    for (let at = path; fs.stat(at) === undefined; at = dirname(at)) parents.add(dirname(at));
    fs.makeDirectory(path);
  }
  for (const parent of parents) fs.syncDirectory(parent);
}

async function recover(disk: Disk, options: StoreOptions): Promise<RecoveryReport> {
  const { fs, paths, queues, index, checkpoint } = disk;
  const recovery = await recoverStore({
    fs,
    paths,
    mode: options.recovery ?? (fs.stat(paths.abort) === undefined ? "clean" : "unclean"),
    queues,
    index,
    minTimestamp: minTimestamp(checkpoint),
    indexMsgTimestamp: checkpoint.indexMsgTimestamp,
    ...(options.delayLevelsMs && { delayLevelsMs: options.delayLevelsMs }),
    ...(options.signal && { signal: options.signal }),
  });
  checkpoint.confirmPhyOffset = Math.min(checkpoint.confirmPhyOffset, recovery.end);
  checkpoint.logicsPhysicalOffset = Math.min(checkpoint.logicsPhysicalOffset, recovery.end);
  return recovery;
}

/** Whether a store can be written. */
interface StoreState {
  /** Why it can not any more. */
  failure: unknown;
  isClosing: boolean;
}

/** What writes to a store. */
interface Writer {
  readonly log: CommitLog;
  readonly turn: WriteTurn;
  readonly loops: FlushLoops;
  readonly state: StoreState;
}

function openWriter(disk: Disk, recovery: RecoveryReport, options: StoreOptions): Writer {
  const { fs, paths, files, queues, index, checkpoint } = disk;
  const log = new CommitLog(files, {
    directory: paths.commitLog,
    segmentBytes: listSegments(fs, paths.commitLog).segmentBytes || options.segmentBytes ||
      SIZE.commitLogFileDefault,
    end: recovery.end,
    ...(recovery.mode !== "clean" && { unsyncedFrom: recovery.from }),
    ...(options.tailCacheBytesMax && { tailCacheBytesMax: options.tailCacheBytesMax }),
  });
  const state: StoreState = { failure: undefined, isClosing: false };
  const onFailure = (error: unknown) => {
    if (state.failure !== undefined) return;
    state.failure = error;
    options.onFailure?.(error);
  };
  const gate = new FlushGate(log, onFailure);
  const turn = new WriteTurn({
    log,
    queues,
    index: options.indexEnabled === false ? undefined : index,
    gate,
    storeHost: options.storeHost,
    now: options.now ?? Date.now,
    bodyBytesMax: options.bodyBytesMax ?? SIZE.bodyBytesMax,
    syncFlush: options.flushMode === "SYNC_FLUSH",
    ...(options.delayLevelsMs && { delayLevelsMs: options.delayLevelsMs }),
    onArrival: options.onArrival ?? (() => {}),
    onFailure,
  });
  turn.writtenTimestamp = recovery.lastStoreTimestamp;
  const loops = new FlushLoops({
    log,
    queues,
    index,
    gate,
    turn,
    checkpoint,
    writeCheckpoint: () => writeCheckpoint(files.get(paths.checkpoint), checkpoint),
    intervals: { ...FLUSH_INTERVALS, ...options.intervals },
    onFailure,
    ...(options.sleep && { sleep: options.sleep }),
  });
  return { log, turn, loops, state };
}

async function stopCleanly({ fs, paths }: Disk, { loops, turn, state }: Writer): Promise<void> {
  // What comes from now on would be behind the last flush.
  state.isClosing = true;
  turn.commit();
  await loops.stop();
  if (state.failure === undefined) await loops.flushAll();
  // The marker stays where the files may lag behind the log: the next start must look.
  if (state.failure !== undefined) return;
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
