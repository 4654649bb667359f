/**
 * What opening a store found and did, as data: for the broker's log, for `mq recover`, for tests.
 *
 * @module
 */

import type { RecordBefore } from "./damage_ranges.ts";
import type { WrongKind } from "./topic_kinds.ts";

/** What was, or would be, done to a file. */
export type RecoveryVerb =
  /** Bytes behind the last sound record were kept aside and zeroed. */
  | "cut-tail"
  /** A file behind the end of the log was kept aside or, when it held only zeros, removed. */
  | "drop-file"
  /** A damaged range between sound records was left where it is and passed over. */
  | "skip-damage"
  /** A record's index in its queue was put right, by what its queue and the records beside it say. */
  | "right-index"
  /** A record's topic was put right, by the queue that leads to it. */
  | "right-topic"
  /** Units of a consume queue were appended or replaced from the log. */
  | "rebuild-queue"
  /** Units behind the end of the log, or contradicting it, were dropped. */
  | "truncate-queue"
  /** An index file that was not complete was removed, to be built again. */
  | "rebuild-index";

/** One step of a recovery. */
export interface RecoveryAction {
  readonly action: RecoveryVerb;
  /** File or, for a queue, its folder. */
  readonly file: string;
  /** Bytes for files of the log, indexes for queues. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** Whether no message is given up by it that might still be read. */
  readonly safe: boolean;
  /** Bytes that held something and are no longer read. */
  readonly bytesLost: number;
  /** Messages known to be lost; 0 also where nobody can know. */
  readonly messagesLost: number;
  /** For `skip-damage`: messages of queues that led there and are given up. */
  readonly slotsFilled: number;
  /** For `skip-damage`: the last sound record before it. */
  readonly before?: RecordBefore | undefined;
  /** For `right-index` and `right-topic`: the message, by its queue and the index it is found by. */
  readonly topic?: string;
  readonly queueId?: number;
  readonly queueOffset?: number;
  /** For `right-topic`: what it said. */
  readonly saidTopic?: string;
}

/** A step that loses nothing, but for what is said. */
export function recoveryAction(
  it: Partial<RecoveryAction> & Pick<RecoveryAction, "action" | "file" | "reason">,
): RecoveryAction {
  return { from: 0, to: 0, safe: true, bytesLost: 0, messagesLost: 0, slotsFilled: 0, ...it };
}

/** Which state the store was in. */
export type RecoveryMode = "clean" | "unclean" | "full";

/** All a recovery can tell. */
export interface RecoveryReport {
  readonly mode: RecoveryMode;
  /** Log offset at which the scan began, and why there. */
  readonly from: number;
  readonly reason: string;
  /** Where a start that was interrupted began, and how far it got, when this one went on with it. */
  readonly resumed?: { readonly from: number; readonly to: number };
  /** Start of the log's first file. */
  readonly start: number;
  /** Where the log ends now. */
  readonly end: number;
  /** Records read. */
  readonly messages: number;
  /** Units added to queues. */
  readonly units: number;
  /** Keys added to the index. */
  readonly keys: number;
  /** Records no queue could take, because their index cannot be right or another has it. */
  readonly unqueued: number;
  /** Batches kept as one record of which nobody can tell their index or count: served as one message. */
  readonly flawedBatches: number;
  /** Topics whose queues stay as they are, though the attribute says another kind. */
  readonly wrongKinds: readonly WrongKind[];
  /** Store time of the last record read, 0 when none was. */
  readonly lastStoreTimestamp: number;
  readonly actions: readonly RecoveryAction[];
  /** What was left as it is, for fear of giving up messages; only where that was asked for. */
  readonly left: readonly RecoveryAction[];
}
