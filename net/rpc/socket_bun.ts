/**
 * Sockets over `Bun.listen` and `Bun.connect`. Bun pushes what arrives, and its `write` takes a part
 * and forgets the rest, so the rest is offered again at every `drain`.
 *
 * @module
 */

import type { SocketAddress } from "./address.ts";
import { type Backend, Inbox, type Socket } from "./socket_face.ts";

/** The part of Bun this file uses, declared here because Deno checks it too. */
export interface BunGlobal {
  listen(options: BunAddress & { allowHalfOpen: true; socket: BunHandlers }): BunListener;
  connect(options: BunAddress & { allowHalfOpen: true; socket: BunHandlers }): Promise<BunSocket>;
}

interface BunAddress {
  readonly hostname: string;
  readonly port: number;
}

interface BunListener extends BunAddress {
  stop(closeActiveConnections?: boolean): void;
}

interface BunSocket {
  data: PushedSocket | undefined;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Number of bytes taken, or -1 on a closed socket. */
  write(bytes: Uint8Array, offset: number, length: number): number;
  setNoDelay(noDelay: boolean): boolean;
  pause(): void;
  resume(): void;
  shutdown(): void;
  end(): void;
}

interface BunHandlers {
  open(socket: BunSocket): void;
  data(socket: BunSocket, chunk: Uint8Array): void;
  drain(socket: BunSocket): void;
  end(socket: BunSocket): void;
  close(socket: BunSocket, error?: Error): void;
  error(socket: BunSocket, error: Error): void;
}

/** Sockets of `Bun`. */
export function bunBackend(bun: BunGlobal): Backend {
  return {
    name: "Bun.listen",

    listen({ hostname, port }, onSocket) {
      const socket = handlers(onSocket);
      const listener = bun.listen({ hostname, port, allowHalfOpen: true, socket });
      return Promise.resolve({
        address: { hostname: listener.hostname, port: listener.port },
        [Symbol.asyncDispose]() {
          listener.stop();
          return Promise.resolve();
        },
      });
    },

    async connect({ hostname, port }, signal) {
      let given: PushedSocket | undefined;
      const socket = handlers((opened) => given = opened);
      const opening = bun.connect({ hostname, port, allowHalfOpen: true, socket });
      const aborted = Promise.withResolvers<never>();
      const stop = () => aborted.reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      try {
        await Promise.race([opening, aborted.promise]);
      } catch (error) {
        // Bun cannot take back an attempt: one that succeeds after all is closed at once.
        opening.then((late) => late.end(), () => {});
        throw error;
      } finally {
        signal.removeEventListener("abort", stop);
      }
      if (given === undefined) throw new Error("the connection closed while it opened");
      return given;
    },
  };
}

function handlers(onSocket: (socket: PushedSocket) => void): BunHandlers {
  return {
    open(socket) {
      socket.data = new PushedSocket(socket);
      onSocket(socket.data);
    },
    data: (socket, chunk) => socket.data?.inbox.push(chunk),
    drain: (socket) => socket.data?.drained(),
    end: (socket) => socket.data?.inbox.end(),
    close: (socket, error) => socket.data?.closed(error),
    error: (socket, error) => socket.data?.closed(error),
  };
}

interface Unwritten {
  readonly bytes: Uint8Array;
  at: number;
  resolve(): void;
  reject(error: Error): void;
}

const WRITTEN = Promise.resolve();

class PushedSocket implements Socket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly inbox: Inbox;
  readonly #socket: BunSocket;
  #unwritten: Unwritten | undefined;
  #error: Error | undefined;
  #closed = false;

  constructor(socket: BunSocket) {
    this.#socket = socket;
    this.inbox = new Inbox({
      pause: () => socket.pause(),
      resume: () => this.#closed || socket.resume(),
    });
    this.local = { hostname: socket.localAddress, port: socket.localPort };
    this.remote = { hostname: socket.remoteAddress, port: socket.remotePort };
    socket.setNoDelay(true);
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.inbox.read(into);
  }

  write(bytes: Uint8Array): Promise<void> {
    const at = this.#closed ? -1 : this.#socket.write(bytes, 0, bytes.length);
    if (at === bytes.length) return WRITTEN;
    if (at < 0) return Promise.reject(this.#error ?? new Error("Cannot write: socket is closed"));
    return new Promise((resolve, reject) => this.#unwritten = { bytes, at, resolve, reject });
  }

  drained(): void {
    const rest = this.#unwritten;
    if (rest === undefined) return;
    const count = this.#socket.write(rest.bytes, rest.at, rest.bytes.length - rest.at);
    // A negative count announces a close, which settles the write.
    if (count > 0) rest.at += count;
    if (rest.at < rest.bytes.length) return;
    this.#unwritten = undefined;
    rest.resolve();
  }

  closed(error?: Error): void {
    this.#closed = true;
    this.#error ??= error;
    if (error === undefined) this.inbox.end();
    else this.inbox.fail(error);
    this.#unwritten?.reject(error ?? new Error("Cannot write: socket is closed"));
    this.#unwritten = undefined;
  }

  closeWrite(): Promise<void> {
    if (!this.#closed) this.#socket.shutdown();
    return WRITTEN;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.end();
    this.closed();
  }
}
