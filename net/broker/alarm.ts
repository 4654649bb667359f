/**
 * A clock that rings once, at the earliest of the times asked for: what holds many deadlines needs no
 * more than one timer.
 *
 * @module
 */

/** Runs something later; what it returns takes that back. */
export type StartTimer = (run: () => void, delayMs: number) => () => void;

/** What an alarm lives on. */
export interface AlarmOptions {
  readonly now: () => number;
  /** Default: the runtime's timer. */
  readonly startTimer?: StartTimer | undefined;
}

/**
 * The longest time a timer runs before the clock is looked at again: the clock may be set, and timers
 * stand still while a machine sleeps.
 */
const DELAY_MS_MAX = 60_000;

/** Rings when a time has come. */
export class Alarm implements Disposable {
  readonly #ring: () => void;
  readonly #now: () => number;
  readonly #startTimer: StartTimer;
  #time = Infinity;
  #cancel: (() => void) | undefined;
  #disposed = false;

  /** An alarm that is not set. It may ring early; `ring` sets it anew for what is left. */
  constructor(ring: () => void, { now, startTimer = startRuntimeTimer }: AlarmOptions) {
    this.#ring = ring;
    this.#now = now;
    this.#startTimer = startTimer;
  }

  /** Rings at `time` at the latest. */
  setBy(time: number): void {
    if (this.#disposed || time >= this.#time) return;
    this.#cancel?.();
    this.#time = time;
    const delayMs = Math.min(Math.max(0, Math.ceil(time - this.#now())), DELAY_MS_MAX);
    this.#cancel = this.#startTimer(() => {
      this.#time = Infinity;
      this.#cancel = undefined;
      this.#ring();
    }, delayMs);
  }

  /** Never rings again. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

function startRuntimeTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}
