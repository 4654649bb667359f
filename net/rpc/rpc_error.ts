/**
 * Why a request of ours got no answer.
 *
 * @module
 */

/**
 * What stands behind an {@linkcode RpcError}: no answer in time, no connection, or a connection that
 * ended before the answer. After `timeout` and `closed` the peer may have acted all the same.
 */
export type RpcErrorKind = "timeout" | "connect" | "closed";

/** A request that got no answer. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  /** What happened. */
  readonly kind: RpcErrorKind;
  /** `host:port` of the peer. */
  readonly address: string;

  /** `message` tells the whole story, as of every error. */
  constructor(
    message: string,
    { kind, address, cause }: { kind: RpcErrorKind; address: string; cause?: unknown },
  ) {
    super(message, { cause });
    this.kind = kind;
    this.address = address;
  }
}
