/**
 * What a caller of the benches may choose, and how long its parts then take.
 *
 * @module
 */

/** Choices of the command line. */
export interface RunOptions {
  /** Whether stores are as large as they ever get. */
  readonly isFull: boolean;
  /** Measured seconds of a round; a short one says only that a part runs. */
  readonly seconds: number | undefined;
  /** How often each contender is measured. */
  readonly rounds: number | undefined;
}

/** Times of a part. */
export interface Spans {
  readonly rounds: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

/** Even, so that each order of the contenders is as frequent as its reverse. */
const ROUNDS = 4;
const SECONDS = 10;
/** Until a virtual machine has compiled what it runs. */
const WARMUP_SECONDS = 15;

/** The times of a part of long rounds; with `--seconds` the warm-up is as long as what is measured. */
export function spansOf({ rounds, seconds }: RunOptions): Spans {
  return {
    rounds: rounds ?? ROUNDS,
    warmupSeconds: Math.min(seconds ?? WARMUP_SECONDS, WARMUP_SECONDS),
    seconds: seconds ?? SECONDS,
  };
}
