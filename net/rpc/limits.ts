/**
 * How much one peer may take of this process, by name.
 *
 * @module
 */

import { FRAME_BYTES_MAX } from "../wire/frame.ts";

/** Limits of one connection. */
export interface ConnectionLimits {
  /** Bytes of the largest frame the peer may send; a larger one ends the connection. */
  readonly frameBytesMax: number;
  /** Bytes of output waiting for the peer above which no further request of it is read. */
  readonly outputHighWaterBytes: number;
  /** Bytes of output waiting for the peer above which the connection is closed. */
  readonly pendingBytesMax: number;
  /** Requests of the peer that wait for their answers; more are refused with SYSTEM_BUSY. */
  readonly openCallsMax: number;
  /**
   * Answers to the peer in the making that hold memory, such as reads from a disk, above which no further
   * request of it is read.
   */
  readonly answersInMakingMax: number;
  /** Time without a byte in either direction after which the connection is closed. */
  readonly idleTimeoutMs: number;
}

/** What holds unless options say otherwise; frame size and idle time are Java's. */
export const DEFAULT_LIMITS: ConnectionLimits = {
  frameBytesMax: FRAME_BYTES_MAX,
  outputHighWaterBytes: 131_072,
  pendingBytesMax: 67_108_864,
  openCallsMax: 65_535,
  answersInMakingMax: 8,
  idleTimeoutMs: 120_000,
};

/**
 * Output that waits for all peers of a server. Ten peers that do not read are nothing, a thousand
 * would each hold their share: over the limit, a peer whose output waits is not read from.
 */
export class OutputBudget {
  /** Limit of {@linkcode bytes}. It is passed by one answer for each connection at most. */
  readonly bytesMax: number;
  /** Bytes that wait now. */
  bytes = 0;
  /** Answers in the making now: what they hold is output soon. */
  answersInMaking = 0;

  constructor(bytesMax: number = OUTPUT_BYTES_MAX) {
    this.bytesMax = bytesMax;
  }

  /** Whether more waits than should. */
  get spent(): boolean {
    return this.bytes > this.bytesMax;
  }

  /** Whether so much waits that memory is worth more than the time to get it anew. */
  get strained(): boolean {
    return this.bytes > this.bytesMax / 4;
  }

  /** Whether so many answers are in the making that a peer may have no more than one. */
  get crowded(): boolean {
    return this.answersInMaking >= ANSWERS_IN_MAKING_MAX;
  }
}

/** Answers in the making for all peers of a server above which each peer may have one. */
export const ANSWERS_IN_MAKING_MAX = 64;

/** Bytes of output that may wait for all peers of a server. */
const OUTPUT_BYTES_MAX = 67_108_864;

/** Takes one line for the operator, with the error behind it. */
export type Log = (text: string, cause?: unknown) => void;
