/**
 * A bell that wakes whoever waits for something to change.
 *
 * @module
 */

/** How long a wait may take. */
export interface WaitOptions {
  /** At most so long; default: until it rings. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Wakes all who wait, and nobody later. A wait leaves nothing behind, so there may be any number of
 * them between two rings.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { Bell } from "./bell.ts";
 *
 * const bell = new Bell();
 * let woken = false;
 * const waiting = bell.wait().then(() => woken = true);
 * bell.ring();
 * await waiting;
 * assert(woken);
 * await bell.wait({ timeoutMs: 1 });
 * ```
 */
export class Bell {
  readonly #waiting = new Set<() => void>();

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Wakes them. */
  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Until the bell rings, the time is up or the signal aborts. */
  wait({ timeoutMs, signal }: WaitOptions = {}): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs);
      this.#waiting.add(done);
      signal?.addEventListener("abort", done);
      if (signal?.aborted) done();
    });
  }
}
