/**
 * A batch of which a part was stored.
 *
 * @module
 */

import { ClientError } from "../client_error.ts";
import type { BatchResult } from "./producer.ts";
import { SendError } from "./send_error.ts";

/**
 * A request of a batch that failed after others had been stored. Its `cause` is what it failed of: an
 * error of the client, the reason of a signal (kind `aborted`), or what `select` has thrown (`invalid`).
 */
export class BatchError extends SendError {
  /** Requests before it; the messages behind them were not sent, or with the request that failed. */
  readonly stored: readonly BatchResult[];

  /** `aborted` says whether a signal had ended the request, `begun` whether it had been begun. */
  constructor(
    cause: unknown,
    stored: readonly BatchResult[],
    { aborted = false, begun = true }: {
      readonly aborted?: boolean;
      readonly begun?: boolean;
    } = {},
  ) {
    const count = stored.reduce((sum, it) => sum + it.messageIds.length, 0);
    const text = cause instanceof Error ? cause.message : String(cause);
    const own = cause instanceof ClientError ? cause : undefined;
    const inDoubt = own === undefined && aborted && begun;
    super(`${text} (${count} messages of the batch before are stored)`, {
      kind: own?.kind ?? (aborted ? "aborted" : "invalid"),
      code: own?.code,
      cause,
      maybeStored: own instanceof SendError ? own.maybeStored : inDoubt,
      attempts: own instanceof SendError ? own.attempts : Number(inDoubt),
    });
    this.stored = stored;
  }
}
