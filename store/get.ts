/**
 * What is asked of a queue and what comes back.
 *
 * @module
 */

/** A read from one queue. */
export interface GetRequest {
  readonly topic: string;
  readonly queueId: number;
  /** Index of the first message wanted. */
  readonly queueOffset: number;
  readonly countMax: number;
  readonly bytesMax?: number;
  /** Keeps a message by the tags code of its unit; absent keeps all. */
  readonly tagsCodeMatches?: (tagsCode: bigint) => boolean;
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
}
