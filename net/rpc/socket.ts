/**
 * The byte streams of either runtime behind one face, and the only file that knows which runtime it
 * is in: `Deno.listen` on Deno, `Bun.listen` on Bun, `node:net` elsewhere (`socket_bench.ts` has
 * the measurements behind that choice). It knows nothing of frames.
 *
 * @module
 */

import { formatAddress, type SocketAddress } from "./address.ts";
import { type Reader, ReadTurns } from "./read_turns.ts";
import { bunBackend, type BunGlobal } from "./socket_bun.ts";
import { BACKLOG } from "./socket_face.ts";
import type { Backend, ConnectOptions, Listener, Socket } from "./socket_face.ts";
import { nodeBackend } from "./socket_node.ts";

export type { Backend, ConnectOptions, Listener, Socket };

/** Pause of an accept loop whose last accept failed, as when the descriptors are used up. */
const ACCEPT_RETRY_MS = 100;

/**
 * Accepts connections on `address` (port 0: any free one) and hands each to `onSocket`.
 *
 * @throws {Error} if the address is in use, not local or does not resolve; `cause` is the runtime's.
 */
export async function listen(
  address: SocketAddress,
  onSocket: (socket: Socket) => void,
  backend: Backend = BACKEND,
): Promise<Listener> {
  try {
    return await backend.listen(address, onSocket);
  } catch (cause) {
    const where = formatAddress(address);
    throw new Error(`Cannot listen on ${where}: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Opens a connection.
 *
 * @throws {Error} if nobody answers within `timeoutMs`, or the peer refuses; `cause` is the runtime's.
 */
export async function connect(
  address: SocketAddress,
  { timeoutMs, signal }: ConnectOptions,
  backend: Backend = BACKEND,
): Promise<Socket> {
  const ended = new AbortController();
  const stop = () => ended.abort(signal?.reason);
  const timer = setTimeout(() => ended.abort(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    signal?.throwIfAborted();
    return await backend.connect(address, ended.signal);
  } catch (thrown) {
    const cause = ended.signal.aborted ? ended.signal.reason : thrown;
    const where = formatAddress(address);
    throw new Error(`Cannot connect to ${where}: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "address is not on this machine",
  EACCES: "permission denied",
  ENOTFOUND: "host name does not resolve",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
};

/** The runtimes word the same errno differently; people should read one wording. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as { code?: unknown }).code;
  if (typeof code === "string" && code in REASONS) return REASONS[code] as string;
  if (/lookup address|no such host|getaddrinfo/i.test(cause.message)) {
    return REASONS.ENOTFOUND as string;
  }
  return cause.message;
}

const denoBackend: Backend = {
  name: "Deno.listen",

  listen({ hostname, port }, onSocket) {
    const listener = Deno.listen({ hostname, port, tcpBacklog: BACKLOG });
    let open = true;
    const accepting = acceptLoop(listener, { isOpen: () => open, onSocket });
    return Promise.resolve({
      address: { hostname: listener.addr.hostname, port: listener.addr.port },
      async [Symbol.asyncDispose]() {
        if (open) listener.close();
        open = false;
        await accepting;
      },
    });
  },

  async connect({ hostname, port }, signal) {
    return new DenoSocket(await Deno.connect({ hostname, port, signal }));
  },
};

async function acceptLoop(
  listener: Deno.TcpListener,
  { isOpen, onSocket }: { isOpen: () => boolean; onSocket: (socket: Socket) => void },
): Promise<void> {
  while (isOpen()) {
    let conn: Deno.TcpConn;
    try {
      conn = await listener.accept();
    } catch {
      // Either dispose closed the listener, or the process is out of descriptors for a while: the
      // kernel keeps the peers waiting, and a loop without a pause would take the whole core.
      if (isOpen()) await new Promise((resolve) => setTimeout(resolve, ACCEPT_RETRY_MS));
      continue;
    }
    onSocket(new DenoSocket(conn));
  }
}

/** One for the process, since all its sockets share the event loop. */
const READ_TURNS = new ReadTurns();

class DenoSocket implements Socket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #conn: Deno.TcpConn;
  readonly #reader: Reader = { turn: -1 };
  #closed = false;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.local = { hostname: conn.localAddr.hostname, port: conn.localAddr.port };
    this.remote = { hostname: conn.remoteAddr.hostname, port: conn.remoteAddr.port };
    conn.setNoDelay(true);
  }

  read(into: Uint8Array): Promise<number | null> {
    const turn = READ_TURNS.next(this.#reader);
    return turn === undefined ? this.#conn.read(into) : turn.then(() => this.#conn.read(into));
  }

  async write(bytes: Uint8Array): Promise<void> {
    let at = await this.#conn.write(bytes);
    while (at < bytes.length) at += await this.#conn.write(bytes.subarray(at));
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }
}

function pickBackend(): Backend {
  const bun = (globalThis as { Bun?: BunGlobal }).Bun;
  if (bun !== undefined) return bunBackend(bun);
  return typeof globalThis.Deno?.listen === "function" ? denoBackend : nodeBackend;
}

/** What this runtime is best served by. */
const BACKEND: Backend = pickBackend();
