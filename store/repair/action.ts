/**
 * What a repair does to files, as data: the lines of `mq recover`.
 *
 * @module
 */
import type { IndexGeometry } from "../index_geometry.ts";
import type { RecoveryReport, RecoveryVerb } from "../recovery_report.ts";
import type { PointInTime } from "./point_in_time.ts";
import type { RebuildWish } from "./rebuild.ts";

/** What is done to a file. */
export type RepairVerb =
  | RecoveryVerb
  /** A whole log file gets the name of the place its records tell of. */
  | "rename-file"
  /**
   * A damaged range between sound records is kept aside and filled with what all brokers pass over:
   * a Java broker would end the log there.
   */
  | "fill-damage"
  /** A file of log or queue that is too short gets its length back, with zeros. */
  | "extend-file"
  /** A file of log or queue that is too long loses what is no part of it. */
  | "trim-file"
  /** An extension file of a queue ends where its units do; what stands behind is kept aside. */
  | "cut-extension"
  /** A configuration file that cannot be read is replaced by its `.bak`, or by what queues tell. */
  | "restore-config"
  /** A configuration file that nobody can read is moved into the quarantine. */
  | "set-config-aside"
  /** A file or folder that is none of the log's or of a queue's is moved into the quarantine. */
  | "set-file-aside"
  /** Offsets of consumers behind the end of their queue are brought back to it. */
  | "lower-offsets"
  /** The timer's files are taken back to where the log ends. */
  | "rewind-timer"
  /** Leaderships that begin behind the end of the log are dropped. */
  | "cut-epochs"
  /** The checkpoint is written anew. */
  | "write-checkpoint"
  /** The mark of an unclean stop is removed. */
  | "remove-abort";

/** One step of a repair: a line of `mq recover`. */
export interface RepairAction {
  readonly kind: "action";
  readonly action: RepairVerb;
  /** File or, for a queue, its folder. */
  readonly file: string;
  /** Bytes of the log or of a file; indexes for a queue. `to` is behind the last. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** Whether it is done without `allowDataLoss`: no message is given up by it. */
  readonly safe: boolean;
  /** Bytes that held something and are no longer read. */
  readonly bytesLost: number;
  /** Messages no longer served; 0 also where nobody can know. */
  readonly messagesLost: number;
  /** For `right-index` and `right-topic`: the message, by its queue and the index it is found by. */
  readonly topic?: string;
  readonly queueId?: number;
  readonly queueOffset?: number;
  /** For `right-topic`: what it said. */
  readonly saidTopic?: string;
}

/** Settings of a repair. */
export interface RepairOptions {
  /** Where the log lies when not under the root. */
  readonly commitLogPath?: string;
  /** The broker's delay levels. Default: those that its delay queues tell of. */
  readonly delayLevelsMs?: readonly number[];
  /**
   * Units in a queue file, for queues that have no file left to tell. Default: as other queues have,
   * else RocketMQ's.
   */
  readonly queueFileUnits?: number;
  /** The same for index files. */
  readonly indexGeometry?: IndexGeometry;
  /** Where the log is to end; what stands behind is kept aside. Default: where it ends. */
  readonly until?: PointInTime;
  /** What is built anew although it looks sound. Default: nothing. */
  readonly rebuild?: RebuildWish;
  /** Ends the work between two records. */
  readonly signal?: AbortSignal;
}

/** What a repair would do. */
export interface RepairPlan {
  /** In the order in which they are done; none for a store that is sound. */
  readonly actions: readonly RepairAction[];
  /** What recovering told; its actions name also damage that is passed over and stays. */
  readonly report: RecoveryReport;
}

/** What a repair did. */
export interface RepairOutcome {
  readonly applied: readonly RepairAction[];
  /**
   * Actions of the plan that were not done: because messages would be given up, or, as
   * `skip-damage`, because they cannot be done.
   */
  readonly left: readonly RepairAction[];
  readonly report: RecoveryReport;
  /** The file by which all of it can be taken back; absent where nothing in place was changed. */
  readonly undo?: string;
}

/** An action; what is not given is nothing, and safe. */
export function repairAction(
  it: Partial<RepairAction> & Pick<RepairAction, "action" | "file" | "reason">,
): RepairAction {
  return { kind: "action", from: 0, to: 0, safe: true, bytesLost: 0, messagesLost: 0, ...it };
}
