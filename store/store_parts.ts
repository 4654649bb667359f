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
import { CommitLog } from "./commit_log.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import type { FileSystem } from "./file.ts";
import { diskFiles } from "./file_disk.ts";
import { FlushGate } from "./flush_gate.ts";
import { FLUSH_INTERVALS, type FlushedQueue, FlushLoops, machineSleep } from "./flush_loops.ts";
import { SIZE } from "./format.ts";
import { KeyIndex } from "./key_index.ts";
import { type StorePaths, storePaths } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { QueueExtWriter } from "./queue_ext_writer.ts";
import { QueueTable } from "./queue_table.ts";
import { recoverStore } from "./recovery.ts";
import type { RecoveryReport } from "./recovery_report.ts";
import { Retention } from "./retention_loop.ts";
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
  readonly queueExt: QueueExtWriter | undefined;
  readonly index: KeyIndex;
}

export function openDisk(root: string, options: StoreOptions, stack: AsyncDisposableStack): Disk {
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

export async function recover(disk: Disk, options: StoreOptions): Promise<RecoveryReport> {
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
export interface Writer {
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

export function openWriter(disk: Disk, recovery: RecoveryReport, options: StoreOptions): Writer {
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

export async function stopCleanly({ fs, paths }: Disk, writer: Writer): Promise<void> {
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
