/**
 * The asking side of the remoting protocol: connections to many servers, made when they are needed
 * and made anew when they broke, each shared by all requests to its address.
 *
 * @module
 */

import type { RemotingCommand } from "../wire/command.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { Connection, type ConnectionOptions, type Outgoing } from "./connection.ts";
import { idleLoop } from "./idle.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { InvokeOptions } from "./pending_requests.ts";
import { RpcError } from "./rpc_error.ts";
import { connect } from "./socket.ts";

/** Settings of a client; `routes` serve the requests that servers send to us. */
export interface RpcClientOptions extends ConnectionOptions {
  /** Time to open a connection (Java: `connectTimeoutMillis`). */
  readonly connectTimeoutMs?: number | undefined;
}

const CONNECT_TIMEOUT_MS = 3000;

/** Bytes that may wait for a server before whoever tells it more waits, too. */
const ONEWAY_PENDING_BYTES = 4 << 20;

/**
 * Sends requests to servers by `host:port`. Disposing it closes its connections; requests that wait
 * are rejected.
 */
export class RpcClient implements AsyncDisposable {
  readonly #options: RpcClientOptions;
  readonly #open = new Set<Connection>();
  readonly #byAddress = new Map<string, Promise<Connection>>();
  /** Those of {@linkcode #byAddress} that are there: most requests wait for nothing else. */
  readonly #ready = new Map<string, Connection>();
  readonly #stopped = new AbortController();
  #idle: Promise<void> | undefined;

  constructor(options: RpcClientOptions = {}) {
    this.#options = options;
  }

  /** The connections that are open now. */
  get connections(): Iterable<Connection> & { readonly size: number } {
    return this.#open;
  }

  /**
   * Asks the server at `address` and waits for its answer, whatever its code.
   *
   * @throws {RpcError} `connect` when there is no connection, `timeout` when no answer comes in
   * `timeoutMs`, `closed` when the connection ends first.
   * @throws {SyntaxError} if the address is not `host:port`.
   */
  invoke(address: string, asked: Outgoing, options: InvokeOptions): Promise<RemotingCommand> {
    const ready = this.#ready.get(address);
    return ready?.invoke(asked, options) ?? this.#connectAndInvoke(address, asked, options);
  }

  async #connectAndInvoke(
    address: string,
    asked: Outgoing,
    { timeoutMs, signal }: InvokeOptions,
  ): Promise<RemotingCommand> {
    const start = performance.now();
    const connection = await this.#connection(address, { timeoutMs, signal });
    const left = Math.max(1, Math.ceil(timeoutMs - (performance.now() - start)));
    return await connection.invoke(asked, { timeoutMs: left, signal });
  }

  /**
   * Tells the server at `address` something without waiting for an answer. One that takes less than
   * it is told makes whoever tells it wait.
   *
   * @throws {RpcError} when there is no connection; `timeout` where the server takes nothing.
   */
  async oneway(
    address: string,
    told: Outgoing,
    options: Partial<InvokeOptions> = {},
  ): Promise<void> {
    const timeoutMs = options.timeoutMs ?? this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    const ready = this.#ready.get(address);
    const connection = ready ?? await this.#connection(address, { ...options, timeoutMs });
    options.signal?.throwIfAborted();
    connection.oneway(told);
    if (connection.pendingBytes <= ONEWAY_PENDING_BYTES) return;
    const what = `Cannot tell ${address} more: it does not take what was sent`;
    const taken = connection.whenPending(ONEWAY_PENDING_BYTES / 2);
    await inTime(taken, { ...options, timeoutMs, address, what });
  }

  /** Closes the connection to an address, if there is one. */
  async close(address: string): Promise<void> {
    const connection = await this.#byAddress.get(address)?.catch(() => undefined);
    await connection?.[Symbol.asyncDispose]();
  }

  /** Closes all connections; twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled(this.#byAddress.values());
    await Promise.all([...this.#open].map((connection) => connection[Symbol.asyncDispose]()));
    await this.#idle;
  }

  /** The shared connection; one caller's time-out or signal ends its waiting, not the attempt. */
  async #connection(address: string, options: InvokeOptions): Promise<Connection> {
    options.signal?.throwIfAborted();
    let connecting = this.#byAddress.get(address);
    if (connecting === undefined) {
      connecting = this.#connect(address);
      this.#byAddress.set(address, connecting);
      connecting.catch(() => this.#byAddress.delete(address));
    }
    const what = `Cannot connect to ${address}: no connection`;
    return await inTime(connecting, { ...options, address, what });
  }

  async #connect(address: string): Promise<Connection> {
    const { signal } = this.#stopped;
    const timeoutMs = this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    const where = parseAddress(address);
    try {
      const socket = await connect(where, { timeoutMs, signal });
      const connection = Connection.over(socket, {
        ...this.#options,
        onClose: (closed) => {
          this.#open.delete(closed);
          this.#byAddress.delete(address);
          this.#ready.delete(address);
          this.#options.onClose?.(closed);
        },
      });
      this.#open.add(connection);
      this.#ready.set(address, connection);
      const idleTimeoutMs = this.#options.limits?.idleTimeoutMs ?? DEFAULT_LIMITS.idleTimeoutMs;
      this.#idle ??= idleLoop(this.#open, { idleTimeoutMs, signal });
      return connection;
    } catch (cause) {
      const { message } = cause as Error;
      throw new RpcError(message, { kind: "connect", address: formatAddress(where), cause });
    }
  }
}

/** Waits for `work`, but no longer than the time and the signal of the one who waits. */
async function inTime<T>(
  work: Promise<T>,
  { timeoutMs, signal, address, what }: InvokeOptions & { address: string; what: string },
): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const abort = () => ended.reject(signal?.reason);
  const timer = setTimeout(() => {
    ended.reject(new RpcError(`${what} in ${timeoutMs} ms`, { kind: "timeout", address }));
  }, timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
