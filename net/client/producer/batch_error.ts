/**
 * A batch of which a part was stored.
 *
 * @module
 */

import type { ClientError } from "../client_error.ts";
import type { BatchResult } from "./producer.ts";
import { SendError } from "./send_error.ts";

/** A request of a batch that failed after others had been stored. */
export class BatchError extends SendError {
  /** Requests before it; the messages behind them were not sent, or with the request that failed. */
  readonly stored: readonly BatchResult[];

  constructor(cause: ClientError, stored: readonly BatchResult[]) {
    const count = stored.reduce((sum, it) => sum + it.messageIds.length, 0);
    const { kind, code } = cause;
    super(`${cause.message} (${count} messages of the batch before are stored)`, {
      kind,
      code,
      cause,
      maybeStored: cause instanceof SendError && cause.maybeStored,
      attempts: cause instanceof SendError ? cause.attempts : 0,
    });
    this.stored = stored;
  }
}
