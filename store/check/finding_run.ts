/**
 * Joins findings about neighbours into one: a queue that lost a million units is one line and not a
 * million.
 *
 * @module
 */

/** Neighbouring places with the same thing wrong. */
export interface Run<What> {
  readonly what: What;
  /** First place. */
  readonly from: number;
  /** Behind the last place. */
  readonly to: number;
  /** Log offsets of the first and the last place, as far as they have one. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Said about the first place. */
  readonly note: string;
}

/** A place to add. */
export interface RunPlace<What> {
  readonly what: What;
  readonly at: number;
  /** Log offset the place speaks of; −1 for none. */
  readonly logOffset: number;
  readonly note: string;
}

/** Collects one run at a time. */
export class RunJoiner<What> {
  readonly #same: (one: What, other: What) => boolean;
  readonly #done: (run: Run<What>) => void;
  #run: { -readonly [Key in keyof Run<What>]: Run<What>[Key] } | undefined;

  constructor(
    same: (one: What, other: What) => boolean,
    done: (run: Run<What>) => void,
  ) {
    this.#same = same;
    this.#done = done;
  }

  /**
   * Adds a place: to the open run where it is its neighbour, or its last place once more (several
   * records may lack a unit at one place), else to a new one.
   */
  add({ what, at, logOffset, note }: RunPlace<What>): void {
    const run = this.#run;
    const isNext = run !== undefined && (run.to === at || run.to - 1 === at);
    if (isNext && this.#same(run.what, what)) {
      run.to = at + 1;
      run.lastAt = logOffset;
      return;
    }
    this.close();
    this.#run = { what, from: at, to: at + 1, firstAt: logOffset, lastAt: logOffset, note };
  }

  /** The open run; setting it goes on with one of an earlier run of the program. */
  get open(): Run<What> | undefined {
    return this.#run;
  }

  set open(run: Run<What> | undefined) {
    this.#run = run && { ...run };
  }

  /** Hands over the open run. */
  close(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run !== undefined) this.#done(run);
  }
}
