/**
 * What is known of a store before its content is read: its files, how it was stopped, and from where
 * the next start would build queues and index again. Whether something missing harms anybody depends
 * on that.
 *
 * @module
 */
import { type Checkpoint, minTimestamp, readCheckpoint } from "../checkpoint.ts";
import type { FileSystem } from "../file.ts";
import { type CommitLogPlace, type StorePaths, storePaths } from "../names.ts";
import { listQueues, type QueueListing } from "../queue_reader.ts";
import { startAfterUncleanStop } from "../recovery_start.ts";
import { listSegments, type SegmentList } from "../segments.ts";
import { readTopicKinds, type TopicKinds } from "../topic_kinds.ts";

/** Facts about a store. */
export interface StoreState {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly log: SegmentList;
  readonly queues: QueueListing;
  /** Whether `abort` is absent. */
  readonly stoppedCleanly: boolean;
  readonly checkpoint: Checkpoint | undefined;
  /**
   * Log offset from which the next start of a broker brings records to queues and index again;
   * Infinity after a clean stop.
   */
  readonly replayFrom: number;
  readonly topics: TopicKinds;
}

/** What is known when a store is looked at. */
export interface StoreStateOptions extends CommitLogPlace {
  /** The queues, where they have just been listed. */
  readonly queues?: QueueListing | undefined;
}

/** Looks at a store: one with this root, or with these paths. */
export function readStoreState(
  fs: FileSystem,
  store: string | StorePaths,
  options: StoreStateOptions = {},
): StoreState {
  const paths = typeof store === "string" ? storePaths(store, options) : store;
  const log = listSegments(fs, paths.commitLogs);
  const stoppedCleanly = fs.stat(paths.abort) === undefined;
  const checkpoint = readCheckpoint(fs, paths.checkpoint);
  const time = checkpoint === undefined ? 0 : minTimestamp(checkpoint);
  const replayFrom = stoppedCleanly ? Infinity : startAfterUncleanStop(fs, log, time).from;
  return {
    fs,
    paths,
    log,
    queues: options.queues ?? listQueues(fs, paths),
    stoppedCleanly,
    checkpoint,
    replayFrom,
    topics: readTopicKinds(fs, paths, replayFrom),
  };
}
