/**
 * What is asked of a queue and what comes back.
 *
 * @module
 */
import type { QueueExtUnit } from "./queue_ext_reader.ts";
import type { RecordView } from "./record_view.ts";

/**
 * Whether a message is kept, by the tags code of its unit and, where the queue has extension files, by
 * the extension unit, whose bit map tells more (Java: `MessageFilter.isMatchedByConsumeQueue`).
 */
export type TagsCodeMatches = (tagsCode: bigint, extension?: QueueExtUnit) => boolean;

/**
 * Whether a message is kept, by what stands in its record (Java: `MessageFilter.isMatchedByCommitLog`).
 * The view is used for other records afterwards. Must not throw.
 */
export type RecordMatches = (record: RecordView) => boolean;

/** What one read may bring where its messages lie in one kind of place. */
export interface TransferLimit {
  readonly bytes: number;
  readonly count: number;
}

/** What one read may bring; the names in brackets are Java's settings. */
export interface ReadLimits {
  /**
   * Part of the machine's memory the newest messages are taken to be in, in percent
   * (`accessMessageInMemoryMaxRatio`).
   */
  readonly memoryPercent: number;
  /** Of these (`maxTransferBytesOnMessageInMemory`, `maxTransferCountOnMessageInMemory`). */
  readonly inMemory: TransferLimit;
  /** Of older ones (`maxTransferBytesOnMessageInDisk`, `maxTransferCountOnMessageInDisk`). */
  readonly onDisk: TransferLimit;
}

/** A read from one queue. */
export interface GetRequest {
  readonly topic: string;
  readonly queueId: number;
  /** Index of the first message wanted. */
  readonly queueOffset: number;
  readonly countMax: number;
  readonly bytesMax?: number;
  /** What it may bring whatever is asked for. Default: Java's. */
  readonly limits?: ReadLimits;
  /** Keeps a message by what its queue tells of it; absent keeps all. */
  readonly tagsCodeMatches?: TagsCodeMatches;
  /** Keeps a message by its record, which is read for that; absent keeps all. */
  readonly recordMatches?: RecordMatches;
}

/** How a read ended (Java: `GetMessageStatus`). */
export type GetStatus =
  | "FOUND"
  | "NO_MATCHED_MESSAGE"
  | "MESSAGE_WAS_REMOVING"
  | "OFFSET_FOUND_NULL"
  | "OFFSET_OVERFLOW_BADLY"
  | "OFFSET_OVERFLOW_ONE"
  | "OFFSET_TOO_SMALL"
  | "NO_MATCHED_LOGIC_QUEUE"
  | "NO_MESSAGE_IN_QUEUE";

/** The answer to a read. */
export interface GetResult {
  readonly status: GetStatus;
  /** Records back to back, as stored; empty unless `FOUND`. */
  readonly body: Uint8Array;
  readonly count: number;
  /** Where to go on reading. */
  readonly nextBeginOffset: number;
  readonly minOffset: number;
  readonly maxOffset: number;
  /**
   * Gives the memory of the body back, to be used for another read: for readers that are done with it
   * and have many. A second call does nothing.
   */
  readonly release?: () => void;
}
