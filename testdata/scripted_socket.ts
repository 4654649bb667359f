/**
 * A socket for tests, whose peer is the test itself: it decides which bytes arrive together, when a
 * write is taken, and how the connection ends.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { Inbox, type Socket } from "../net/rpc/socket_face.ts";

/** A socket without a network. */
export class ScriptedSocket implements Socket {
  readonly local = { hostname: "127.0.0.1", port: 10911 };
  readonly remote = { hostname: "127.0.0.1", port: 50000 };
  /** Every write in order, as one copy each. */
  readonly writes: Uint8Array[] = [];
  /** Whether our side said that nothing more will come. */
  writeClosed = false;
  closed = false;
  readonly #inbox = new Inbox({ pause() {}, resume() {} });
  #holding = false;
  #held: PromiseWithResolvers<void> | undefined;

  /** Lets bytes arrive in one piece. */
  feed(bytes: Uint8Array): void {
    this.#inbox.push(bytes);
  }

  /** The peer sends no more. */
  end(): void {
    this.#inbox.end();
  }

  /** The connection breaks. */
  break(error: Error): void {
    this.#inbox.fail(error);
    this.#held?.reject(error);
  }

  /** The peer stops reading: the next write is not taken until {@linkcode release}. */
  hold(): void {
    this.#holding = true;
  }

  /** The peer reads again. */
  release(): void {
    this.#holding = false;
    this.#held?.resolve();
    this.#held = undefined;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#inbox.read(into);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.closed) return Promise.reject(new Error("Cannot write: socket is closed"));
    this.writes.push(bytes.slice());
    if (!this.#holding) return Promise.resolve();
    this.#held = Promise.withResolvers();
    return this.#held.promise;
  }

  closeWrite(): Promise<void> {
    this.writeClosed = true;
    return Promise.resolve();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#inbox.end();
    this.#held?.reject(new Error("Cannot write: socket is closed"));
  }
}

/** Lets everything run that is ready. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
