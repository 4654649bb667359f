/**
 * A client as the broker knows it: the connection its heartbeats come on, and what they said.
 *
 * @module
 */

import type { Connection } from "../rpc/connection.ts";

/** One client on one connection (Java: `ClientChannelInfo`). */
export interface ClientChannel {
  readonly connection: Connection;
  readonly clientId: string;
  /** Name from the table of languages. */
  readonly language: string;
  /** Ordinal of the client's release. */
  readonly version: number;
  /** Time of the last heartbeat, ms. */
  lastUpdateTimestamp: number;
}

/** Time without a heartbeat after which a client is gone (Java: `CHANNEL_EXPIRED_TIMEOUT`). */
export const CHANNEL_EXPIRY_MS = 120_000;
