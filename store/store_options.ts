/**
 * Settings of a store that is opened to be written, named and preset as RocketMQ's are.
 *
 * @module
 */
import type { FileSystem } from "./file.ts";
import type { FlushIntervals, Sleep } from "./flush_loops.ts";
import type { IndexGeometry } from "./index_geometry.ts";
import type { HostBytes } from "./layout.ts";
import type { BitMapOf } from "./queue_ext_writer.ts";
import type { RecoveryMode } from "./recovery_report.ts";
import type { RetentionOptions } from "./retention_loop.ts";
import type { ArrivalListener } from "./dispatcher.ts";
import type { TransientStorePool } from "./write_turn.ts";

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
  /**
   * Lets answers leave before records are in a file (Java: `transientStorePoolEnable`): a crash of the
   * process loses what was not committed. Only with `ASYNC_FLUSH`. Default: they do not.
   */
  readonly transientPool?: TransientStorePool;
  /** Folder of the log where it is not under the root, or several, separated by commas. */
  readonly commitLogPath?: string;
  /** Folders with files of the log that get no new ones, separated by commas. */
  readonly readOnlyCommitLogPath?: string;
  /** Length of log files where there are none yet; an existing store keeps its own. */
  readonly segmentBytes?: number;
  /** Units in a queue file where there are none yet. */
  readonly queueFileUnits?: number;
  /** Units in a file of a batch queue that has none yet. */
  readonly batchQueueFileUnits?: number;
  /**
   * Whether the messages of a topic belong into batch queues (5.x, attribute `queue.type=BatchCQ`).
   * A topic must not change. Default: as `topics.json` and the folders say when the store is opened.
   * A topic that has messages in queues of one kind stays with them, whatever is said.
   */
  readonly isBatchTopic?: (topic: string) => boolean;
  /**
   * Bytes of an extension file, where tags codes are to stand in such files and not in the queues
   * (Java: `enableConsumeQueueExt`). Default: they stand in the queues.
   */
  readonly queueExtFileBytes?: number;
  /**
   * Bit map of a message's extension unit: which groups' filters let it pass (Java:
   * `enableCalcFilterBitMap`). Default: units have none.
   */
  readonly bitMapOf?: BitMapOf;
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
   * Light queues there may be before a message that names a new one is refused (Java 5.5:
   * `enableLmqQuota` and `maxLmqConsumeQueueNum`). Default: any number.
   */
  readonly lightQueuesMax?: number;
  /**
   * Whether every record ends with a CRC of itself among its properties (Java:
   * `enabledAppendPropCRC`), and readers compare it where the record comes from a file. Default: no.
   */
  readonly propertyCrc?: boolean;
  /**
   * Whether a recovery takes records without that CRC for damage (Java: `forceVerifyPropCRC`): then
   * one of which the last bytes were not written does not pass. Default: no.
   */
  readonly propertyCrcRequired?: boolean;
  /**
   * Whether readers compare every record from a file with its frame and its CRC, and pass over what is
   * damaged: for those who serve a log that nobody has read through. Default: no.
   */
  readonly checksRecords?: boolean;
  readonly tailCacheBytesMax?: number;
  readonly intervals?: Partial<FlushIntervals>;
  /** How the background loops wait. Default: the machine's timers. */
  readonly sleep?: Sleep;
  /** Bytes of the log after which a recovery saves how far it has got. Default: 1 GiB. */
  readonly recoveryProgressBytes?: number;
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
