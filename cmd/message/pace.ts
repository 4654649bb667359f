/**
 * Keeps a rate: what is late catches up, what is early waits.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";

/** Settings of a {@linkcode Pace}. */
export interface PaceOptions {
  /** Turns a second; without it nothing waits. */
  readonly ratePerSecond?: number | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds that only go forward. */
  readonly now?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** Turns that come at a rate. */
export class Pace {
  readonly #options: Required<Omit<PaceOptions, "ratePerSecond">>;
  readonly #ratePerSecond: number | undefined;
  #begunAt: number | undefined;
  #turns = 0;

  constructor({ ratePerSecond, ...rest }: PaceOptions) {
    this.#ratePerSecond = ratePerSecond;
    this.#options = {
      now: () => performance.now(),
      wait: (ms, signal) => delay(ms, undefined, { signal }),
      ...rest,
    };
  }

  /**
   * Waits for the next turn, and tells when it was due, by the clock. Throws the signal's reason.
   */
  async next(turns = 1): Promise<number> {
    const { now, wait, signal } = this.#options;
    signal.throwIfAborted();
    const at = now();
    this.#begunAt ??= at;
    const due = this.#ratePerSecond === undefined
      ? at
      : this.#begunAt + this.#turns * 1000 / this.#ratePerSecond;
    this.#turns += turns;
    if (due > at) {
      // Node's own error of a wait that is ended hides why.
      await wait(due - at, signal).catch((error) => {
        signal.throwIfAborted();
        throw error;
      });
    }
    return due;
  }
}
