/**
 * What {@linkcode QueueReplay} of `queue_replay.ts` is given, and what it keeps of each queue.
 *
 * @module
 */
import type { BatchQueueTable } from "./batch_queue_table.ts";
import type { DamageRanges } from "./damage_ranges.ts";
import type { FileSystem } from "./file.ts";
import type { LogLookup } from "./log_lookup.ts";
import type { StorePaths } from "./names.ts";
import type { QueueDoubt } from "./queue_doubts.ts";
import type { QueueTable } from "./queue_table.ts";
import type { StoredUnits } from "./stored_units.ts";
import type { QueuesAside } from "./queues_aside.ts";
import type { QueueBefore } from "./recovery_progress.ts";
import type { RecoveryMode } from "./recovery_report.ts";
import type { AnyQueue } from "./sound_end.ts";
import type { TopicKinds } from "./topic_kinds.ts";

/** What a replay works with. */
export interface QueueReplayInput {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly mode: RecoveryMode;
  readonly queues: QueueTable;
  /** Batch queues, which a full replay builds from their files; absent where nobody wants them. */
  readonly batchQueues?: BatchQueueTable;
  /** For `full`: units in a file of a batch queue that has none left to tell. */
  readonly batchQueueFileUnits?: number | undefined;
  readonly topics: Pick<TopicKinds, "exists" | "isBatch">;
  readonly lookup: LogLookup;
  readonly logStart: number;
  /** Where the records that are replayed begin. */
  readonly from: number;
  /** How the queues were before a start that was interrupted, which this one goes on with. */
  readonly resumed?: readonly QueueBefore[] | undefined;
  readonly damage: DamageRanges;
  /** After a clean stop: the queues that are built again. All others have all up to `current`. */
  readonly doubts?: ReadonlyMap<AnyQueue, QueueDoubt>;
  readonly current?: number;
  /** After an unclean stop: the queues that are left alone; what lacks records is added to them. */
  readonly aside?: QueuesAside;
  /** Whether units that lead to damaged records stay. */
  readonly keepDamaged: boolean;
}

/** How a queue was before and is now. */
export interface QueueChange {
  /** End before. */
  readonly before: number;
  /** End after what the replay brings again was dropped. */
  readonly kept: number;
}

/** A queue while its records are replayed. */
export interface QueueUnderReplay {
  readonly change: QueueChange;
  /** Whether it had units when the replay began. */
  readonly hadUnits: boolean;
  /** What its files held then, in front of what was replayed; absent where there was nothing. */
  readonly stored: StoredUnits | undefined;
  /** Index from which on every unit is the replay's; Infinity while that is not known. */
  from: number;
}
