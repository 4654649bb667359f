/**
 * A send that failed.
 *
 * @module
 */

import { RpcError } from "../../rpc/rpc_error.ts";
import { ClientError, type ClientErrorKind } from "../client_error.ts";

/**
 * Why a message that was fit to be sent is not known to be stored. Its `cause` is what the last
 * attempt failed of.
 */
export class SendError extends ClientError {
  /** Whether a broker may have the message all the same: an attempt got no answer. */
  readonly maybeStored: boolean;
  /** Attempts that were made. */
  readonly attempts: number;

  /** `message` tells the whole story. */
  constructor(
    message: string,
    { kind, code, cause, maybeStored, attempts }: {
      readonly kind: ClientErrorKind;
      readonly code?: string | undefined;
      readonly cause?: unknown;
      readonly maybeStored: boolean;
      readonly attempts: number;
    },
  ) {
    super(message, { kind, code, cause });
    this.maybeStored = maybeStored;
    this.attempts = attempts;
  }
}

/** Whether a message may be stored although its send failed so. */
export function mayBeStored(error: Error): boolean {
  return error instanceof RpcError && error.kind !== "connect";
}

/** What a send of so many attempts ends with. */
export function sendError(
  cause: Error,
  { topic, attempts, maybeStored }: {
    readonly topic: string;
    readonly attempts: number;
    readonly maybeStored: boolean;
  },
): SendError {
  const times = attempts === 1 ? "" : ` (attempt ${attempts})`;
  const doubt = maybeStored ? "; it may be stored all the same" : "";
  const text = `Cannot send to topic "${topic}"${times}: ${reasonOf(cause)}${doubt}`;
  const code = cause instanceof ClientError ? cause.code : undefined;
  return new SendError(text, { kind: kindOf(cause), code, cause, maybeStored, attempts });
}

function kindOf(error: Error): ClientErrorKind {
  if (error instanceof ClientError) return error.kind;
  if (!(error instanceof RpcError)) return "disconnected";
  return error.kind === "closed" ? "disconnected" : error.kind;
}

/** An error's text without what is said already. */
function reasonOf({ message }: Error): string {
  return message.replace(/^Cannot send to topic "[^"]*" at /, "");
}
