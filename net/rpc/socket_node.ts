/**
 * Sockets over `node:net`: the way for runtimes that have no faster one of their own.
 *
 * @module
 */

import net from "node:net";
import type { SocketAddress } from "./address.ts";
import { type Backend, BACKLOG, Inbox, type Socket } from "./socket_face.ts";

/** Sockets of `node:net`. */
export const nodeBackend: Backend = {
  name: "node:net",

  listen({ hostname, port }, onSocket) {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    server.on("connection", (socket) => onSocket(new NodeSocket(socket)));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: hostname, port, backlog: BACKLOG }, () => {
        server.off("error", reject);
        // A failed accept leaves the peer in the kernel's queue, to be accepted later.
        server.on("error", () => {});
        const { address, port } = server.address() as net.AddressInfo;
        resolve({
          address: { hostname: address, port },
          [Symbol.asyncDispose]() {
            // The callback waits for accepted sockets to close, which is not asked for here.
            server.close();
            return Promise.resolve();
          },
        });
      });
    });
  },

  connect({ hostname, port }, signal) {
    const socket = net.connect({ host: hostname, port, allowHalfOpen: true, noDelay: true });
    return new Promise((resolve, reject) => {
      const stop = () => socket.destroy(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      socket.once("error", reject);
      socket.once("close", () => signal.removeEventListener("abort", stop));
      socket.once("connect", () => {
        socket.off("error", reject);
        signal.removeEventListener("abort", stop);
        resolve(new NodeSocket(socket));
      });
    });
  },
};

class NodeSocket implements Socket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #socket: net.Socket;
  readonly #inbox: Inbox;
  #error: Error | undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.local = { hostname: socket.localAddress ?? "", port: socket.localPort ?? 0 };
    this.remote = { hostname: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
    const inbox = this.#inbox = new Inbox(socket);
    socket.on("data", (chunk: Uint8Array) => inbox.push(chunk));
    socket.on("end", () => inbox.end());
    socket.on("error", (error) => {
      this.#error ??= error;
      inbox.fail(error);
    });
    socket.on("close", () => inbox.end());
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#inbox.read(into);
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(this.#error ?? error) : resolve());
    });
  }

  closeWrite(): Promise<void> {
    if (!this.#socket.writable) return Promise.resolve();
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  close(): void {
    this.#socket.destroy();
  }
}
