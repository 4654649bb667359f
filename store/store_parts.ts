/**
 * What an open store is made of, put together and taken apart: the order of steps at the start and at
 * a clean stop, on which depends what a crash in between leaves.
 *
 * @module
 */
import { dirname } from "node:path";
import process from "node:process";
import { Admission } from "./admission.ts";
import type { BatchQueue } from "./batch_queue.ts";
import { BatchQueueTable } from "./batch_queue_table.ts";
import {
  type Checkpoint,
  emptyCheckpoint,
  minTimestamp,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import { isLogAsLeft } from "./clean_start.ts";
import { CommitLog } from "./commit_log.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import { refuseDledger } from "./dledger.ts";
import { markFailedSync, redoFailedSync } from "./failed_sync.ts";
import type { FileSystem } from "./file.ts";
import { diskFiles } from "./file_disk.ts";
import { FlushGate } from "./flush_gate.ts";
import { FLUSH_INTERVALS, FlushLoops, machineSleep } from "./flush_loops.ts";
import { SIZE } from "./format.ts";
import { KeyIndex } from "./key_index.ts";
import { type StorePaths, storePaths } from "./names.ts";
import { removeUnfinished } from "./new_file.ts";
import { OpenFiles } from "./open_files.ts";
import { type QueueEnds, readQueueEnds, removeQueueEnds, writeQueueEnds } from "./queue_ends.ts";
import { QueueExtWriter } from "./queue_ext_writer.ts";
import { QueueTable } from "./queue_table.ts";
import { type LeavableQueue, treeEnds } from "./queue_tree.ts";
import { recoverStore } from "./recovery.ts";
import type { RecoveryReport } from "./recovery_report.ts";
import { type ExpiringQueue, Retention } from "./retention_loop.ts";
import { listSegments } from "./segments.ts";
import type { StoreOptions } from "./store_options.ts";
import { readTopicKinds } from "./topic_kinds.ts";
import { WriteTurn } from "./write_turn.ts";

/** What a store is made of before its log can be written. */
export interface Disk {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly files: OpenFiles;
  readonly checkpoint: Checkpoint;
  readonly queues: QueueTable;
  readonly batchQueues: BatchQueueTable;
  readonly queueExt: QueueExtWriter;
  readonly index: KeyIndex;
}

/**
 * Makes the folders, takes the lock and puts together what is recovered next; reads no queue yet. What
 * must be released is on the stack. Throws when another process holds the store.
 */
export function openDisk(root: string, options: StoreOptions, stack: AsyncDisposableStack): Disk {
  const fs = options.fs ?? diskFiles;
  const paths = storePaths(root, options);
  if (writableLogs(paths).length === 0) {
    throw new Error(`Cannot open store "${root}": all folders of its log are only read`);
  }
  refuseDledger(fs, root, "open store");
  makeDirectories(fs, [...writableLogs(paths), paths.consumeQueue, paths.index]);
  stack.use(fs.lock(paths.lock));
  removeUnfinished(fs, paths);
  const files = stack.use(new OpenFiles(fs));
  const checkpoint = readCheckpoint(fs, paths.checkpoint) ?? emptyCheckpoint();
  const queues = new QueueTable(files, {
    directory: paths.consumeQueue,
    fileUnits: options.queueFileUnits ?? SIZE.queueFileUnitsDefault,
  });
  const isSaidBatch = options.isBatchTopic ?? readTopicKinds(fs, paths).isBatch;
  const batchQueues: BatchQueueTable = new BatchQueueTable(files, {
    directory: paths.batchConsumeQueue,
    fileUnits: options.batchQueueFileUnits ?? SIZE.batchQueueFileUnitsDefault,
    isBatch: (topic) => {
      const isSimple = holdsAny(queues.queuesOf(topic));
      // Queues of both kinds are what an attribute that is wrong would make.
      return isSimple === holdsAny(batchQueues.queuesOf(topic)) ? isSaidBatch(topic) : !isSimple;
    },
  });
  const index = new KeyIndex(files, {
    directory: paths.index,
    geometry: options.indexGeometry ??
      { slots: SIZE.indexSlotsDefault, entries: SIZE.indexEntriesDefault },
    onComplete: (endTimestamp) => {
      checkpoint.indexMsgTimestamp = Math.max(checkpoint.indexMsgTimestamp, endTimestamp);
    },
  });
  const queueExt = new QueueExtWriter(files, {
    directory: paths.consumeQueueExt,
    fileBytes: options.queueExtFileBytes ?? SIZE.queueExtFileDefault,
    bitMapOf: options.bitMapOf,
  });
  return { fs, paths, files, checkpoint, queues, batchQueues, queueExt, index };
}

function holdsAny(queues: readonly LeavableQueue[]): boolean {
  return queues.some(({ min, end }) => end > min);
}

/** Folders of the log that take new files. */
function writableLogs({ commitLogs, readOnlyCommitLogs }: StorePaths): string[] {
  return commitLogs.filter((it) => !readOnlyCommitLogs.includes(it));
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

/** A few seconds of reading: less than that is not worth the syncs. */
const RECOVERY_PROGRESS_BYTES = 1024 * 1024 * 1024;

/** Brings the files into the state the log describes, from the table of queue ends where it can. */
export async function recover(disk: Disk, options: StoreOptions): Promise<RecoveryReport> {
  const { fs, paths, queues, batchQueues, index, checkpoint } = disk;
  await redoFailedSync(fs, paths, options.signal);
  const mode = options.recovery ?? (fs.stat(paths.abort) === undefined ? "clean" : "unclean");
  const left = mode === "clean" ? believedEnds(disk) : undefined;
  removeQueueEnds(fs, paths);
  // An `abort` that is believed must be there at the next start, too, and no table may be.
  fs.syncDirectory(paths.root);
  if (left === undefined) {
    queues.load();
    batchQueues.load();
  }
  const recovery = await recoverStore({
    fs,
    paths,
    mode,
    ...(left && { left }),
    queues,
    batchQueues,
    batchQueueFileUnits: options.batchQueueFileUnits,
    index,
    minTimestamp: minTimestamp(checkpoint),
    indexMsgTimestamp: checkpoint.indexMsgTimestamp,
    progress: {
      everyBytes: options.recoveryProgressBytes ?? RECOVERY_PROGRESS_BYTES,
      checkpoint,
      writeCheckpoint: () => {
        createCheckpoint(disk);
        return writeCheckpoint(disk.files.get(paths.checkpoint), checkpoint);
      },
    },
    sealRequired: options.propertyCrcRequired ?? false,
    ...(options.delayLevelsMs && { delayLevelsMs: options.delayLevelsMs }),
    ...(options.signal && { signal: options.signal }),
  });
  if (recovery.mode === "full") batchQueues.load();
  if (mode !== "clean" || recovery.actions.length > 0) disk.queueExt.follow(queues);
  checkpoint.confirmPhyOffset = Math.min(checkpoint.confirmPhyOffset, recovery.end);
  checkpoint.logicsPhysicalOffset = Math.min(checkpoint.logicsPhysicalOffset, recovery.end);
  return recovery;
}

/** How the last clean stop left the queues, if that still fits everything else. */
function believedEnds({ fs, paths }: Disk): QueueEnds | undefined {
  const left = readQueueEnds(fs, paths);
  return left !== undefined && isLogAsLeft(fs, paths, left) ? left : undefined;
}

/** What writes to a store. */
export interface Writer {
  readonly log: CommitLog;
  readonly turn: WriteTurn;
  readonly gate: FlushGate;
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

function openLog(
  { fs, paths, files }: Disk,
  recovery: RecoveryReport,
  options: StoreOptions,
): CommitLog {
  const log = new CommitLog(files, {
    directory: writableLogs(paths),
    readOnlyDirectories: paths.readOnlyCommitLogs,
    segmentBytes: listSegments(fs, paths.commitLogs).segmentBytes || options.segmentBytes ||
      SIZE.commitLogFileDefault,
    end: recovery.end,
    ...(recovery.mode !== "clean" && { unsyncedFrom: recovery.from }),
    ...(options.tailCacheBytesMax && { tailCacheBytesMax: options.tailCacheBytesMax }),
    checksSeals: options.propertyCrc ?? false,
    checksRecords: options.checksRecords ?? false,
  });
  log.restoreLengths();
  return log;
}

/** Puts together what writes to a recovered store; nothing runs in the background yet. */
export function openWriter(disk: Disk, recovery: RecoveryReport, options: StoreOptions): Writer {
  const { fs, paths, files, queues, batchQueues, queueExt, index, checkpoint } = disk;
  const log = openLog(disk, recovery, options);
  const admission = new Admission({
    onFailure(error) {
      markFailedSync(fs, paths);
      options.onFailure?.(error);
    },
    tell: options.retention?.tell,
  });
  const gate = new FlushGate(log, admission.fail, options.now);
  const transientPool = options.flushMode === "SYNC_FLUSH" ? undefined : options.transientPool;
  const turn = new WriteTurn({
    log,
    queues,
    batchQueues,
    queueExt: options.queueExtFileBytes === undefined ? undefined : queueExt,
    index: options.indexEnabled === false ? undefined : index,
    gate,
    storeHost: options.storeHost,
    now: options.now ?? Date.now,
    bodyBytesMax: options.bodyBytesMax ?? SIZE.bodyBytesMax,
    syncFlush: options.flushMode === "SYNC_FLUSH",
    lightQueues: options.lightQueues ?? false,
    lightQueuesMax: options.lightQueuesMax,
    propertyCrc: options.propertyCrc ?? false,
    transientPool,
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
    queues: allQueues,
    extensions: queueExt,
    index,
    gate,
    turn,
    checkpoint,
    writeCheckpoint: () => writeCheckpoint(files.get(paths.checkpoint), checkpoint),
    intervals: { ...FLUSH_INTERVALS, ...options.intervals },
    commitIntervalMs: transientPool?.commitIntervalMs,
    onFailure: admission.fail,
    onQueuesFull: admission.queuesFull,
    ...(options.sleep && { sleep: options.sleep }),
  });
  const retention = new Retention({
    log,
    queues: joined<ExpiringQueue>(allQueues, queueExt.expiring(queues)),
    index,
    logFolders: writableLogs(paths),
    folders: [paths.consumeQueue],
    now: options.now ?? Date.now,
    sleep: options.sleep ?? machineSleep,
    syncQueues: () => loops.syncQueues(),
    onFull: admission.diskFull,
  }, options.retention);
  return { log, turn, gate, loops, admission, retention };
}

/**
 * Brings everything to the disk and takes the mark of a store in use away, last. The mark stays where
 * something failed: the next start must look.
 */
export async function stopCleanly(disk: Disk, writer: Writer): Promise<void> {
  const { fs, paths } = disk;
  const { log, loops, turn, admission } = writer;
  // What comes from now on would be behind the last flush.
  admission.isClosing = true;
  const obstacle = turn.commit();
  // Nobody will try again: messages of a transient store pool are lost.
  if (log.hasStaged) admission.fail(obstacle);
  await writer.retention.stop();
  await loops.stop();
  if (admission.failure === undefined) await loops.flushAll();
  // The marker stays where the files may lag behind the log: the next start must look.
  if (!admission.isSound || log.isTorn) return;
  log.dropAhead();
  removeUnfinished(fs, paths);
  leaveQueueEnds(disk, log);
  fs.remove(paths.abort);
  fs.syncDirectory(paths.root);
}

/** Writes the table for the next start; without one that start takes longer. */
function leaveQueueEnds({ fs, paths, queues, batchQueues, index }: Disk, log: CommitLog): void {
  try {
    writeQueueEnds(fs, paths, {
      logStart: log.start,
      logEnd: log.end,
      indexEnd: index.last.physicalOffset,
      queues: treeEnds(fs, queues),
      batchQueues: treeEnds(fs, batchQueues),
    });
  } catch {
    // A disk may be full; a table that is not whole is not believed.
  }
}

/** Makes the file, so that its name is on the disk before it is of use. */
export function createCheckpoint({ fs, paths, files }: Disk): void {
  if (fs.stat(paths.checkpoint) === undefined) {
    files.create(paths.checkpoint).truncate(SIZE.checkpointFile);
  }
}

/** Marks the store as in use; a Java broker that finds the mark recovers. Holds our process id. */
export function createAbort(fs: FileSystem, paths: { abort: string; root: string }): void {
  const file = fs.openWrite(paths.abort);
  try {
    file.truncate(0);
    file.write(new TextEncoder().encode(String(process.pid)), 0);
  } finally {
    file.close();
  }
  fs.syncDirectory(paths.root);
}
