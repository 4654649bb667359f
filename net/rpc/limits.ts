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
  /** Time without a byte in either direction after which the connection is closed. */
  readonly idleTimeoutMs: number;
}

/** What holds unless options say otherwise; frame size and idle time are Java's. */
export const DEFAULT_LIMITS: ConnectionLimits = {
  frameBytesMax: FRAME_BYTES_MAX,
  outputHighWaterBytes: 262_144,
  pendingBytesMax: 67_108_864,
  openCallsMax: 65_535,
  idleTimeoutMs: 120_000,
};

/** Takes one line for the operator, with the error behind it. */
export type Log = (text: string, cause?: unknown) => void;
