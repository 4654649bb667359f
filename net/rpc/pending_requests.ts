/**
 * Our own requests on one connection that wait for their answers: numbers, time-outs, and who is
 * told.
 *
 * @module
 */

import type { RemotingCommand } from "../wire/command.ts";
import { RpcError } from "./rpc_error.ts";

/** Largest opaque; the next is 0 again. */
const OPAQUE_MAX = 0x7fff_ffff;

/** How long to wait for an answer. */
export interface InvokeOptions {
  /** Time to the answer. */
  readonly timeoutMs: number;
  /** Stops waiting; the peer may still act. */
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  readonly what: string;
  readonly timeoutMs: number;
  readonly deadline: number;
  resolve(response: RemotingCommand): void;
  reject(reason: unknown): void;
}

/** A request that got no answer. */
export interface TimedOut {
  /** By `performance.now()`. */
  readonly askedAt: number;
  readonly timeoutMs: number;
}

/** The requests of one connection that wait. */
export class PendingRequests {
  readonly #address: string;
  readonly #onTimeout: (asked: TimedOut) => void;
  readonly #waiting = new Map<number, Waiting>();
  #opaque = 0;
  #closed: RpcError | undefined;
  /** One timer for the earliest deadline; it may fire when that request is long answered. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;

  /** `onTimeout` is called for each request that got no answer, after who waits for it was told. */
  constructor(
    address: string,
    { onTimeout = () => {} }: { readonly onTimeout?: (asked: TimedOut) => void } = {},
  ) {
    this.#address = address;
    this.#onTimeout = onTimeout;
  }

  /** Requests that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** A number no waiting request has. */
  nextOpaque(): number {
    let opaque = this.#opaque;
    while (this.#waiting.has(opaque)) opaque = opaque === OPAQUE_MAX ? 0 : opaque + 1;
    this.#opaque = opaque === OPAQUE_MAX ? 0 : opaque + 1;
    return opaque;
  }

  /**
   * Waits for the answer to the request with number `opaque`; `what` names it in errors.
   *
   * @throws {RpcError} after `timeoutMs`, or when the connection closes; the signal's reason when it
   * aborts.
   */
  wait(
    opaque: number,
    { what, timeoutMs, signal }: InvokeOptions & { what: string },
  ): Promise<RemotingCommand> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + timeoutMs;
      const waiting: Waiting = { what, timeoutMs, deadline, resolve, reject };
      this.#waiting.set(opaque, waiting);
      this.#arm(deadline);
      if (signal !== undefined) this.#follow(signal, { opaque, waiting });
    });
  }

  /** Hands a response to who waits for it; false when nobody does. */
  settle(response: RemotingCommand): boolean {
    const waiting = this.#waiting.get(response.opaque);
    if (waiting === undefined) return false;
    this.#waiting.delete(response.opaque);
    waiting.resolve(response);
    return true;
  }

  /** Tells everybody who waits, and who will ask to, that no answer can come. */
  close(reason: RpcError): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    clearTimeout(this.#timer);
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #follow(signal: AbortSignal, { opaque, waiting }: { opaque: number; waiting: Waiting }): void {
    const { resolve, reject } = waiting;
    const abort = () => {
      this.#waiting.delete(opaque);
      waiting.reject(signal.reason);
    };
    const leave = () => signal.removeEventListener("abort", abort);
    waiting.resolve = (response) => (leave(), resolve(response));
    waiting.reject = (reason) => (leave(), reject(reason));
    signal.addEventListener("abort", abort, { once: true });
  }

  #arm(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    this.#timer = setTimeout(this.#expire, Math.max(0, deadline - performance.now()));
  }

  readonly #expire = (): void => {
    this.#timerAt = Infinity;
    // A timer may fire a fraction of a millisecond before its time.
    const now = performance.now() + 1;
    let next = Infinity;
    const expired: TimedOut[] = [];
    for (const [opaque, waiting] of this.#waiting) {
      if (waiting.deadline > now) {
        next = Math.min(next, waiting.deadline);
        continue;
      }
      this.#waiting.delete(opaque);
      const { what, timeoutMs } = waiting;
      const address = this.#address;
      const text = `Cannot get answer of ${address} to ${what}: none came in ${timeoutMs} ms`;
      waiting.reject(new RpcError(text, { kind: "timeout", address }));
      expired.push({ askedAt: waiting.deadline - timeoutMs, timeoutMs });
    }
    if (next < Infinity) this.#arm(next);
    for (const it of expired) this.#onTimeout(it);
  };
}
