/**
 * A clock for tests that stands still until it is moved, with timers that ring as it passes them.
 *
 * @module
 */

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock and its timers. */
export class ManualClock {
  #time: number;
  readonly #timers = new Set<Timer>();

  constructor(time: number) {
    this.#time = time;
  }

  /** The time, ms. */
  readonly now = (): number => this.#time;

  /** Starts a timer; what is returned stops it. */
  readonly startTimer = (run: () => void, delayMs: number): () => void => {
    const timer = { at: this.#time + delayMs, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  /** Timers that have not rung. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Moves the clock, ringing what it passes in order, each at its time. */
  advance(ms: number): void {
    const end = this.#time + ms;
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.at <= end)
        .sort((one, other) => one.at - other.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#time = Math.max(this.#time, next.at);
      next.run();
    }
    this.#time = end;
  }

  /** Sets the clock without a timer noticing, as an operator would. */
  set(time: number): void {
    this.#time = time;
  }
}
