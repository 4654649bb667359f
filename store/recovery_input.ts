/**
 * What a recovery is given.
 *
 * @module
 */
import type { BatchQueueTable } from "./batch_queue_table.ts";
import type { DispatchRequest } from "./dispatch.ts";
import type { FileSystem } from "./file.ts";
import type { KeyIndex } from "./key_index.ts";
import type { StorePaths } from "./names.ts";
import type { QueueEnds } from "./queue_ends.ts";
import type { QueueTable } from "./queue_table.ts";
import type { ProgressOptions } from "./recovery_progress.ts";
import type { RecoveryMode } from "./recovery_report.ts";
import type { TopicKinds } from "./topic_kinds.ts";

/** What a recovery works on. Queues are loaded, unless it is told how they were left; the index is not. */
export interface RecoveryInput {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly mode: RecoveryMode;
  readonly queues: QueueTable;
  /** Batch queues, loaded; after a full recovery they must be loaded again. */
  readonly batchQueues?: BatchQueueTable;
  /** For `full`: units in a file of a batch queue that has none left to tell. */
  readonly batchQueueFileUnits?: number | undefined;
  /** For `clean`: how the queues were left, where that is to be believed. They are not loaded then. */
  readonly left?: QueueEnds;
  /** Absent where only the queues are wanted. */
  readonly index?: KeyIndex;
  /** The checkpoint's smallest time: everything up to it is in the queues. */
  readonly minTimestamp: number;
  /** The checkpoint's time of the last complete index file. */
  readonly indexMsgTimestamp: number;
  readonly delayLevelsMs?: readonly number[];
  /** Whether records without a CRC of all they are count as damage. Default: no. */
  readonly sealRequired?: boolean;
  /** Ends the recovery between two records. */
  readonly signal?: AbortSignal;
  /** For `full`: index files at the start of the index that are kept, as they were verified. */
  readonly indexFilesKept?: number;
  /** Whether tags are indexed, too, as Java 5.5 does. */
  readonly tagsIndexed?: boolean;
  /** Leaves bytes that may be messages, and units that lead to them; the report tells of them. */
  readonly keepDamaged?: boolean;
  /**
   * Whether a record that was not written whole is to be expected at the end: it is cut off even
   * with `keepDamaged`. Default: after an unclean stop.
   */
  readonly tornTail?: boolean;
  /** For `full`: which topics still exist; default: what the store's files tell. */
  readonly topics?: TopicKinds;
  /** For `unclean`: how progress is saved. Without it an interrupted recovery begins anew. */
  readonly progress?: ProgressOptions;
  /** Shown every sound record. */
  readonly onMessage?: (request: DispatchRequest) => void;
}
