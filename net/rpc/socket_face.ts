/**
 * What a runtime has to offer: sockets that are read into a buffer of the reader and written with
 * back-pressure, and the bridge ({@linkcode Inbox}) for runtimes that push bytes instead.
 *
 * @module
 */

import type { SocketAddress } from "./address.ts";

/** One TCP connection, `TCP_NODELAY` on. One read and one write may be under way at a time. */
export interface Socket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /**
   * Waits for bytes and puts them at the start of `into`; resolves to their number, or to `null` when
   * the peer will send no more. Rejects when the connection broke. After {@linkcode close} a pending
   * read settles in either way.
   */
  read(into: Uint8Array): Promise<number | null>;
  /**
   * Resolves when the kernel has taken all of `bytes`, which must not change until then. Rejects when
   * the connection broke or is closed.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Says to the peer that nothing more will come; reading goes on. */
  closeWrite(): Promise<void>;
  /** Releases the connection; a second call does nothing. */
  close(): void;
}

/** An open port. Disposing stops accepting and leaves accepted sockets alone; twice is fine. */
export interface Listener extends AsyncDisposable {
  /** The address with the port that was really taken. */
  readonly address: SocketAddress;
}

/** How long to try. */
export interface ConnectOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The sockets of one runtime. */
export interface Backend {
  readonly name: string;
  listen(address: SocketAddress, onSocket: (socket: Socket) => void): Promise<Listener>;
  /** Gives up, and leaves nothing open, when `signal` aborts. */
  connect(address: SocketAddress, signal: AbortSignal): Promise<Socket>;
}

/** Pending connections the kernel keeps for a listener (Java: `serverSocketBacklog`). */
export const BACKLOG = 1024;

/** Bytes kept for a reader that is busy before the runtime is told to stop pushing. */
const INBOX_HIGH_WATER_BYTES = 1 << 20;

interface WaitingRead {
  readonly into: Uint8Array;
  resolve(count: number | null): void;
  reject(error: Error): void;
}

/**
 * Turns chunks a runtime pushes into reads. While nobody reads, chunks are kept and beyond a bound
 * the flow is paused.
 */
export class Inbox {
  readonly #flow: { pause(): void; resume(): void };
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #paused = false;
  #ended = false;
  #error: Error | undefined;
  #waiting: WaitingRead | undefined;

  constructor(flow: { pause(): void; resume(): void }) {
    this.#flow = flow;
  }

  /** Takes a chunk that is the caller's again afterwards. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      const count = Math.min(chunk.length, waiting.into.length);
      waiting.into.set(count === chunk.length ? chunk : chunk.subarray(0, count));
      if (count < chunk.length) this.#keep(chunk.slice(count));
      waiting.resolve(count);
    } else {
      this.#keep(chunk.slice());
    }
  }

  /** The peer sends no more. */
  end(): void {
    this.#ended = true;
    this.#waiting?.resolve(null);
    this.#waiting = undefined;
  }

  /** The connection broke: what has arrived can still be read, then reads reject. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  read(into: Uint8Array): Promise<number | null> {
    if (this.#bytes > 0) return Promise.resolve(this.#take(into));
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve, reject) => this.#waiting = { into, resolve, reject });
  }

  #keep(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#paused || this.#bytes <= INBOX_HIGH_WATER_BYTES) return;
    this.#paused = true;
    this.#flow.pause();
  }

  #take(into: Uint8Array): number {
    let at = 0;
    let used = 0;
    for (const chunk of this.#chunks) {
      const count = Math.min(chunk.length, into.length - at);
      into.set(chunk.subarray(0, count), at);
      at += count;
      if (count < chunk.length) {
        this.#chunks[used] = chunk.subarray(count);
        break;
      }
      used++;
    }
    this.#chunks.splice(0, used);
    this.#bytes -= at;
    if (this.#paused && this.#bytes <= INBOX_HIGH_WATER_BYTES) {
      this.#paused = false;
      this.#flow.resume();
    }
    return at;
  }
}
