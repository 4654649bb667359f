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

/**
 * Sends requests to servers by `host:port`. Disposing it closes its connections; requests that wait
 * are rejected.
 */
export class RpcClient implements AsyncDisposable {
  readonly #options: RpcClientOptions;
  readonly #open = new Set<Connection>();
  readonly #byAddress = new Map<string, Promise<Connection>>();
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
  async invoke(address: string, asked: Outgoing, options: InvokeOptions): Promise<RemotingCommand> {
    const { timeoutMs, signal } = options;
    const start = performance.now();
    const connection = await this.#connection(address, { timeoutMs, signal });
    const left = Math.max(1, Math.ceil(timeoutMs - (performance.now() - start)));
    return await connection.invoke(asked, { timeoutMs: left, signal });
  }

  /**
   * Tells the server at `address` something without waiting for an answer.
   *
   * @throws {RpcError} when there is no connection.
   */
  async oneway(
    address: string,
    told: Outgoing,
    options: Partial<InvokeOptions> = {},
  ): Promise<void> {
    const timeoutMs = options.timeoutMs ?? this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    (await this.#connection(address, { ...options, timeoutMs })).oneway(told);
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
    return await inTime(connecting, { ...options, address });
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
          this.#options.onClose?.(closed);
        },
      });
      this.#open.add(connection);
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
  { timeoutMs, signal, address }: InvokeOptions & { address: string },
): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const abort = () => ended.reject(signal?.reason);
  const timer = setTimeout(() => {
    const text = `Cannot connect to ${address}: no connection in ${timeoutMs} ms`;
    ended.reject(new RpcError(text, { kind: "timeout", address }));
  }, timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
