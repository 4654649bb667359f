/**
 * Why a client cannot do what it is asked.
 *
 * @module
 */

/**
 * What stands behind a {@linkcode ClientError}: no name server answers, the topic has no route, none
 * of its queues takes messages, a broker refused, no broker would take it (it was never sent), what
 * was received cannot be read, or the client is closed. A send can also end with no connection to a
 * broker, no answer in time, and a connection that ended before the answer; a batch of which a part is
 * stored, with the signal of its caller.
 */
export type ClientErrorKind =
  | "name-server"
  | "no-route"
  | "no-queue"
  | "refused"
  | "invalid"
  | "damaged"
  | "closed"
  | "aborted"
  | "connect"
  | "timeout"
  | "disconnected";

/** A request that was answered with no, or that nobody could be asked. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  /** What happened. */
  readonly kind: ClientErrorKind;
  /** Name or number of the response code of a refusal. */
  readonly code: string | undefined;

  /** `message` tells the whole story. */
  constructor(
    message: string,
    { kind, code, cause }: {
      readonly kind: ClientErrorKind;
      readonly code?: string | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause });
    this.kind = kind;
    this.code = code;
  }
}
