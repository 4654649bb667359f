/**
 * What is put into a store and what comes back.
 *
 * @module
 */
import type { HostBytes } from "./layout.ts";

/** A message on its way into the log: what the broker knows before positions are given out. */
export interface MessageDraft {
  readonly topic: string;
  readonly queueId: number;
  readonly flag: number;
  /** Compression and transaction bits; the address family bits are set by the append. */
  readonly sysFlag: number;
  readonly bornTimestamp: number;
  readonly bornHost: HostBytes;
  readonly reconsumeTimes: number;
  /** Offset of the half message where this one commits it, else 0. */
  readonly preparedTransactionOffset: number;
  /** Body as it will be stored; read before `put` returns. */
  readonly body: Uint8Array;
  /** Stored form, see `properties.ts`. */
  readonly properties: string;
}

/** One message of a producer's batch; everything else comes from the batch's draft. */
export interface BatchElement {
  readonly flag: number;
  readonly body: Uint8Array;
  readonly properties: string;
}

/** How a put ended (Java: `PutMessageStatus`; only those this store can answer). */
export type PutStatus =
  | "PUT_OK"
  | "FLUSH_DISK_TIMEOUT"
  | "SERVICE_NOT_AVAILABLE"
  | "CREATE_MAPPED_FILE_FAILED"
  | "MESSAGE_ILLEGAL"
  | "PROPERTIES_SIZE_EXCEEDED"
  | "LMQ_CONSUME_QUEUE_NUM_EXCEEDED"
  | "UNKNOWN_ERROR";

/** The answer to a put. Positions mean something only where `stored` holds. */
export interface PutResult {
  readonly status: PutStatus;
  /** Whether the message stands in the log. */
  readonly stored: boolean;
  /** Where the (first) record starts. */
  readonly physicalOffset: number;
  /** Index of the (first) message in its queue. */
  readonly queueOffset: number;
  readonly storeTimestamp: number;
  /** Starts of all records of a batch, else one entry. */
  readonly physicalOffsets: readonly number[];
  /** Bytes of the record or of all records of a batch (Java: `AppendMessageResult`). */
  readonly wroteBytes: number;
  /** Why it was refused, for people. */
  readonly reason?: string;
}

/**
 * Called once, in the turn in which the message was put or later, never before its bytes are where
 * the flush mode promises.
 */
export type PutDone = (result: PutResult) => void;
