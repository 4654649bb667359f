/**
 * A port that serves the remoting protocol.
 *
 * @module
 */

import { formatAddress, type SocketAddress } from "./address.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { idleLoop } from "./idle.ts";
import { DEFAULT_LIMITS, OutputBudget } from "./limits.ts";
import { listen, type Listener, type Socket } from "./socket.ts";

/** Settings of a server; what concerns one connection holds for all of them. */
export interface ServerOptions extends ConnectionOptions {
  /** Called with every connection that was accepted. */
  readonly onOpen?: ((connection: Connection) => void) | undefined;
  /** Connections at a time; more are closed as they come. */
  readonly connectionsMax?: number | undefined;
  /** Bytes of output that may wait for all peers before those who do not read are not read from. */
  readonly outputBytesMax?: number | undefined;
  /** How long answers under way may take to leave when the server is disposed. */
  readonly stopTimeoutMs?: number | undefined;
}

/** Connections at a time unless options say otherwise. */
const CONNECTIONS_MAX = 20_000;

const STOP_TIMEOUT_MS = 3000;

/**
 * A server that listens. Disposing it stops accepting, lets the answers under way leave within a
 * bound, and closes.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { RpcClient } from "./client.ts";
 * import { routesOf } from "./routes.ts";
 * import { Server } from "./server.ts";
 *
 * const routes = routesOf([{
 *   GET_KV_CONFIG: ({ header }) => ({ extFields: { value: `${header.namespace}/${header.key}` } }),
 * }]);
 * await using server = await Server.listen({ hostname: "127.0.0.1", port: 0 }, { routes });
 * await using client = new RpcClient();
 * const asked = { name: "GET_KV_CONFIG", extFields: { namespace: "NS", key: "k" } } as const;
 * const answer = await client.invoke(server.peer, asked, { timeoutMs: 3000 });
 * assert.equal(answer.extFields?.value, "NS/k");
 * ```
 */
export class Server implements AsyncDisposable {
  /** Where the server listens, with the port that was really taken. */
  readonly address: SocketAddress;
  /** {@linkcode address} as `host:port`. */
  readonly peer: string;
  readonly #listener: Listener;
  readonly #connections: Set<Connection>;
  readonly #stopTimeoutMs: number;
  readonly #finished = Promise.withResolvers<void>();
  readonly #stopped = new AbortController();
  readonly #idle: Promise<void>;
  #disposing: Promise<void> | undefined;

  private constructor(listener: Listener, connections: Set<Connection>, options: ServerOptions) {
    this.address = listener.address;
    this.peer = formatAddress(listener.address);
    this.#listener = listener;
    this.#connections = connections;
    this.#stopTimeoutMs = options.stopTimeoutMs ?? STOP_TIMEOUT_MS;
    const idleTimeoutMs = options.limits?.idleTimeoutMs ?? DEFAULT_LIMITS.idleTimeoutMs;
    this.#idle = idleLoop(connections, { idleTimeoutMs, signal: this.#stopped.signal });
  }

  /**
   * Listens on an address; port 0 takes any free one.
   *
   * @throws {Error} such as `Cannot listen on 127.0.0.1:10911: address already in use`.
   */
  static async listen(address: SocketAddress, options: ServerOptions = {}): Promise<Server> {
    const connections = new Set<Connection>();
    const outputBudget = options.outputBudget ?? new OutputBudget(options.outputBytesMax);
    const shared = { ...options, outputBudget };
    const listener = await listen(address, (socket) => accept(socket, connections, shared));
    return new Server(listener, connections, options);
  }

  /** The connections that are open now. */
  get connections(): Iterable<Connection> & { readonly size: number } {
    return this.#connections;
  }

  /** Resolves when the server has stopped and its last connection is closed. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Stops; a second call waits for the first. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposing ??= this.#stop();
  }

  async #stop(): Promise<void> {
    await this.#listener[Symbol.asyncDispose]();
    this.#stopped.abort();
    const withinMs = this.#stopTimeoutMs;
    await Promise.all([...this.#connections].map((connection) => connection.stop({ withinMs })));
    await this.#idle;
    this.#finished.resolve();
  }
}

function accept(socket: Socket, connections: Set<Connection>, options: ServerOptions): void {
  const { connectionsMax = CONNECTIONS_MAX, log, onOpen, onClose } = options;
  if (connections.size >= connectionsMax) {
    log?.(`Connection of ${formatAddress(socket.remote)} refused: ${connectionsMax} are open`);
    return socket.close();
  }
  const connection = Connection.over(socket, {
    ...options,
    onClose(connection) {
      connections.delete(connection);
      onClose?.(connection);
    },
  });
  connections.add(connection);
  onOpen?.(connection);
}
