/**
 * Work that goes along a log and stops where it is told, so that several readers go through it side by
 * side and what one has read is still in memory when the next one asks for it.
 *
 * @module
 */
import { setImmediate } from "node:timers";

const BYTES_PER_TURN = 64 * 1024 * 1024;

/** Work along a log, done step by step. */
export class LogFollower {
  /** Log offset at which the work goes on; Infinity once it is done. */
  position = 0;
  /** Log offset up to which the work may go; it yields its position there, or behind it. */
  to = 0;
  readonly #work: Generator<number, void>;
  #failure: { readonly error: unknown } | undefined;

  constructor(work: (pace: LogFollower) => Generator<number, void>) {
    this.#work = work(this);
  }

  /** Goes on up to a log offset. An error ends the work, and is thrown by {@linkcode finish}. */
  step(to: number): void {
    if (this.position >= to) return;
    this.to = to;
    try {
      const turn = this.#work.next();
      this.position = turn.done === true ? Infinity : turn.value;
    } catch (error) {
      this.#failure = { error };
      this.position = Infinity;
    }
  }

  /** Goes on to the end and lets others run now and then. Throws what the work threw, or the signal's reason. */
  async finish(signal?: AbortSignal): Promise<void> {
    for (;;) {
      this.step(this.position + BYTES_PER_TURN);
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.position === Infinity) return;
      await new Promise<void>((done) => setImmediate(done));
      signal?.throwIfAborted();
    }
  }
}
