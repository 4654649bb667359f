/**
 * Keeps a rate: what is late catches up, what is early waits.
 *
 * @module
 */
import { setImmediate, setTimeout as delay } from "node:timers/promises";

/** Settings of a {@linkcode Pace}. */
export interface PaceOptions {
  /** Turns a second; without it nothing waits. */
  readonly ratePerSecond?: number | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds that only go forward. */
  readonly now?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Lets timers, signals and sockets have their turn. */
  readonly breathe?: () => Promise<unknown>;
}

/** Longest time of turns without a wait: a loop that is late would let nothing else happen. */
const BREATH_MS = 5;
/** Timers of JavaScript that are to wait longer do not wait at all. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Turns that come at a rate. */
export class Pace {
  readonly #options: Required<Omit<PaceOptions, "ratePerSecond">>;
  readonly #ratePerSecond: number | undefined;
  #begunAt: number | undefined;
  #turns = 0;
  #breathedAt = -Infinity;

  constructor({ ratePerSecond, ...rest }: PaceOptions) {
    this.#ratePerSecond = ratePerSecond;
    this.#options = {
      now: () => performance.now(),
      wait: (ms, signal) => delay(ms, undefined, { signal }),
      breathe: () => setImmediate(),
      ...rest,
    };
  }

  /** Milliseconds on the clock turns are due by. */
  now(): number {
    return this.#options.now();
  }

  /**
   * Waits for the next turn, and tells when it was due, by the clock; when it came, where a timer was
   * early, as those of whole milliseconds are. Throws the signal's reason.
   */
  async next(turns = 1): Promise<number> {
    const { now, breathe, signal } = this.#options;
    signal.throwIfAborted();
    const at = now();
    this.#begunAt ??= at;
    const due = this.#ratePerSecond === undefined
      ? at
      : this.#begunAt + this.#turns * 1000 / this.#ratePerSecond;
    this.#turns += turns;
    if (due > at) await this.#waitFor(due - at);
    else if (at - this.#breathedAt >= BREATH_MS) await breathe();
    else return due;
    this.#breathedAt = now();
    signal.throwIfAborted();
    return Math.min(due, this.#breathedAt);
  }

  async #waitFor(ms: number): Promise<void> {
    const { wait, signal } = this.#options;
    for (let left = ms; left > 0; left -= TIMER_MS_MAX) {
      // Node's own error of a wait that is ended hides why.
      await wait(Math.min(left, TIMER_MS_MAX), signal).catch((error) => {
        signal.throwIfAborted();
        throw error;
      });
    }
  }
}
