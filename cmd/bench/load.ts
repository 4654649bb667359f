/**
 * What a bench has counted, and how it is printed.
 *
 * @module
 */
import type { Field } from "../output/format_option.ts";
import { Histogram } from "./histogram.ts";

/** Fields of the output: a row for each second, and the summary. */
export const BENCH_FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "second, bucket, or summary: the last line", width: 7 },
  { name: "seconds", type: "number", about: "length of what the row is of", width: 7 },
  { name: "messages", type: "number", about: "messages", width: 9 },
  { name: "perSecond", type: "number", about: "messages a second", width: 9 },
  { name: "mibPerSecond", type: "number", about: "MiB of bodies a second", width: 12 },
  {
    name: "errors",
    type: "number",
    about: "sends that failed, messages that are missing",
    width: 6,
  },
  { name: "meanMs", type: "number", about: "milliseconds: mean", width: 8 },
  { name: "p50Ms", type: "number", about: "half took no longer", width: 8 },
  { name: "p90Ms", type: "number", about: "90% took no longer" },
  { name: "p99Ms", type: "number", about: "99% took no longer", width: 8 },
  { name: "p999Ms", type: "number", about: "99.9% took no longer", width: 8 },
  { name: "maxMs", type: "number", about: "the longest", width: 8 },
  {
    name: "lateMs",
    type: "number",
    about: "with a rate: the longest a send began after it was due",
  },
];

/** Fields of the rows of `--histogram`. */
export const BUCKET_FIELDS: readonly Field[] = [
  { name: "fromMs", type: "number", about: "of a bucket: what took so long or longer", width: 10 },
  { name: "toMs", type: "number", about: "and less than so long", width: 10 },
  { name: "count", type: "number", about: "messages", width: 9 },
];

/** Of a bucket's row in a table. */
const BAR_CHARS = 40;

const MIB = 1024 * 1024;

/** A row of `--histogram`. */
export interface BucketRow {
  readonly kind: "bucket";
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** Fields of a table of buckets: with bars, the longest for the largest count. */
export function barFields(rows: readonly BucketRow[]): readonly Field[] {
  const most = Math.max(...rows.map(({ count }) => count));
  const barOf = (row: object) => "#".repeat(Math.ceil((row as BucketRow).count / most * BAR_CHARS));
  return [...BUCKET_FIELDS, { name: "bar", type: "string", about: "bar", width: 0, from: barOf }];
}

/** Counts of a stretch of time. */
export class Load {
  readonly histogram: Histogram = new Histogram();
  #messages = 0;
  #bytes = 0;
  #errors = 0;
  #lateMs: number | undefined;

  /** A message that took so long. */
  add(bytes: number, milliseconds: number): void {
    this.#messages++;
    this.#bytes += bytes;
    this.histogram.add(milliseconds * 1000);
  }

  /** Messages of whom it is not known how long they took. */
  count(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
  }

  /** A send that began so long after it was due. */
  late(milliseconds: number): void {
    this.#lateMs = Math.max(this.#lateMs ?? 0, milliseconds);
  }

  /** A message that did not get there. */
  fail(count = 1): void {
    this.#errors += count;
  }

  /** Messages so far. */
  get messages(): number {
    return this.#messages;
  }

  /** Failures so far. */
  get errors(): number {
    return this.#errors;
  }

  /** The row of a stretch of time. */
  row(kind: "second" | "summary", seconds: number): object {
    const time = Math.max(seconds, 1e-9);
    return {
      kind,
      seconds: rounded(seconds, 1),
      messages: this.#messages,
      perSecond: Math.round(this.#messages / time),
      mibPerSecond: rounded(this.#bytes / MIB / time, 2),
      errors: this.#errors,
      ...(this.histogram.count > 0 && this.#latencies()),
      ...(this.#lateMs !== undefined && { lateMs: rounded(this.#lateMs, 3) }),
    };
  }

  /** Rows of how long messages took, the shortest first; so many `steps` for each doubling. */
  bucketRows(steps?: number): readonly BucketRow[] {
    return Array.from(this.histogram.buckets(steps), ({ from, to, count }) => {
      return { kind: "bucket", fromMs: from / 1000, toMs: to / 1000, count };
    });
  }

  #latencies(): object {
    const { histogram } = this;
    const ms = (percent: number) => rounded(histogram.percentile(percent) / 1000, 3);
    return {
      meanMs: rounded(histogram.mean / 1000, 3),
      p50Ms: ms(50),
      p90Ms: ms(90),
      p99Ms: ms(99),
      p999Ms: ms(99.9),
      maxMs: rounded(histogram.max / 1000, 3),
    };
  }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
