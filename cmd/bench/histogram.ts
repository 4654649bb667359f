/**
 * Counts of durations, from which percentiles are read: buckets that grow with what they hold, so
 * that memory is fixed and every answer is true to 1 part in 128, as in HdrHistogram.
 *
 * @module
 */

/** Buckets for each doubling. */
const STEPS = 128;
const STEP_BITS = 7;
/** A day in microseconds needs 37 bits. */
const BITS_MAX = 40;

/** Durations from one up to another, in microseconds, and how many there were. */
export interface Bucket {
  readonly from: number;
  /** The first that is longer. */
  readonly to: number;
  readonly count: number;
}

/** A histogram of whole microseconds. */
export class Histogram {
  readonly #counts = new Float64Array(STEPS * (BITS_MAX - STEP_BITS + 1));
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  /** Counts one duration, in microseconds; a clock that went back counts as 0. */
  add(microseconds: number): void {
    const value = Math.max(0, Math.min(2 ** BITS_MAX - 1, Math.round(microseconds)));
    this.#counts[bucketOf(value)]!++;
    this.#count++;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  /** How many were counted. */
  get count(): number {
    return this.#count;
  }

  /** The shortest; 0 of none. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  /** The longest. */
  get max(): number {
    return this.#max;
  }

  /** The mean; 0 of none. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /**
   * The duration that `percent` of all do not pass, at most 1/128 too long; 0 of none.
   *
   * ```ts
   * import assert from "node:assert/strict";
   * import { Histogram } from "./histogram.ts";
   *
   * const histogram = new Histogram();
   * for (let value = 1; value <= 100; value++) histogram.add(value);
   * assert(histogram.percentile(50) === 50 && histogram.percentile(100) === 100);
   * ```
   */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil(this.#count * percent / 100));
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= wanted) return Math.min(this.#max, lastOf(bucket));
    }
    return 0;
  }

  /** Buckets that hold something, the shortest first; `steps` for each doubling, a power of 2. */
  *buckets(steps: number = STEPS): Generator<Bucket, void> {
    const width = STEPS / Math.min(steps, STEPS);
    for (let first = 0; first < this.#counts.length; first += width) {
      const end = first + width;
      const count = this.#counts.subarray(first, end).reduce((sum, it) => sum + it, 0);
      if (count > 0) yield { from: lastOf(first - 1) + 1, to: lastOf(end - 1) + 1, count };
    }
  }
}

/** Up to 128 a bucket a value; from there on 128 for each doubling. */
function bucketOf(value: number): number {
  if (value < STEPS) return value;
  const bits = Math.floor(Math.log2(value)) - STEP_BITS;
  return STEPS * (bits + 1) + Math.floor(value / 2 ** bits) - STEPS;
}

/** The longest duration of a bucket. */
function lastOf(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const bits = Math.floor(bucket / STEPS) - 1;
  return (bucket % STEPS + STEPS + 1) * 2 ** bits - 1;
}
