/**
 * One run of a bench: it ends after its time, prints a row a second and a summary, and says what
 * failed first.
 *
 * @module
 */
import { EXIT } from "../exit_code.ts";
import { lettingOut } from "../output/letting_out.ts";
import { type Field, formatOf, openRows, type OutputOptions } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { note, type Terminal } from "../terminal.ts";
import { barFields, BENCH_FIELDS, BUCKET_FIELDS, type BucketRow, Load } from "./load.ts";

/** What every bench may be asked. */
export interface BenchOptions extends OutputOptions {
  /** Seconds it takes. */
  readonly duration: number;
  /** Whether only the summary is printed. */
  readonly summary?: boolean | undefined;
  /** Whether it is printed how many messages took how long. */
  readonly histogram?: boolean | undefined;
}

const SECOND_MS = 1000;
/** Of its time a run may be behind at its end without a word. */
const BEHIND_SHARE = 0.05;

/** Buckets of a table for each doubling: enough to see the shape. */
const TABLE_STEPS = 4;

/** What a bench does until its signal fires. */
export interface BenchWork {
  /** Takes what was counted. */
  readonly bench: BenchRun;
  /** Fires when time is up, or it is stopped, or nobody reads. */
  readonly signal: AbortSignal;
}

/** Runs a bench and returns the exit code: 4 where something failed. */
export async function runBench(
  terminal: Terminal,
  options: BenchOptions,
  work: (run: BenchWork) => Promise<void>,
): Promise<number> {
  const { histogram = false } = options;
  const fields = histogram ? [...BENCH_FIELDS, ...BUCKET_FIELDS.map(withoutColumn)] : BENCH_FIELDS;
  const rows = openRows(terminal, fields, options);
  if (rows === undefined) return EXIT.ok;
  // Buckets have a table of their own, unless columns are chosen.
  const isApart = formatOf(terminal, options) === "table" && options.fields === undefined;
  const bench = new BenchRun(rows, { ...options, histogram: histogram && !isApart });
  const stop = terminal.stopSignal();
  await lettingOut(terminal, async (gone) => {
    const late = AbortSignal.timeout(options.duration * SECOND_MS);
    await bench.run((signal) => work({ bench, signal }), AbortSignal.any([stop, gone, late]));
  });
  rows.end();
  if (histogram && isApart) printBuckets(terminal, bench.bucketRows(TABLE_STEPS), options);
  terminal.out.flush();
  if (bench.firstError !== undefined) note(terminal, `first failure: ${bench.firstError.message}`);
  if (bench.behindMs > options.duration * SECOND_MS * BEHIND_SHARE) {
    const behind = Math.round(bench.behindMs);
    note(terminal, `the rate was not reached: the last send began ${behind} ms after it was due`);
  }
  if (stop.aborted) throw stop.reason;
  return bench.errors > 0 ? EXIT.left : EXIT.ok;
}

function withoutColumn({ width: _, ...field }: Field): Field {
  return field;
}

function printBuckets(
  terminal: Terminal,
  buckets: readonly BucketRow[],
  options: OutputOptions,
): void {
  if (buckets.length === 0) return;
  const rows = openRows(terminal, barFields(buckets), options)!;
  terminal.out.write("\n");
  for (const row of buckets) rows.row(row);
  rows.end();
}

/** A run under way. */
export class BenchRun {
  /** What the first failure was. */
  firstError: Error | undefined;
  /** How long after it was due the last send began. */
  behindMs = 0;
  readonly #rows: RowWriter;
  readonly #options: BenchOptions;
  readonly #all = new Load();
  #second = new Load();
  #begunAt = performance.now();

  constructor(rows: RowWriter, options: BenchOptions) {
    this.#rows = rows;
    this.#options = options;
  }

  /** Failures so far. */
  get errors(): number {
    return this.#all.errors;
  }

  /** A message that took so long. */
  add(bytes: number, milliseconds: number): void {
    this.#all.add(bytes, milliseconds);
    this.#second.add(bytes, milliseconds);
  }

  /** Messages without a time of their own. */
  count(messages: number, bytes: number): void {
    this.#all.count(messages, bytes);
    this.#second.count(messages, bytes);
  }

  /** A send that began so long after it was due. */
  late(milliseconds: number): void {
    this.behindMs = Math.max(0, milliseconds);
    this.#all.late(this.behindMs);
    this.#second.late(this.behindMs);
  }

  /** Something that failed. */
  fail(error: Error, count = 1): void {
    this.firstError ??= error;
    this.#all.fail(count);
    this.#second.fail(count);
  }

  /** Rows of how long messages took; so many `steps` for each doubling. */
  bucketRows(steps?: number): readonly BucketRow[] {
    return this.#all.bucketRows(steps);
  }

  /** Does the work; what fails before anything was counted fails the run. */
  async run(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#begunAt = performance.now();
    let secondAt = this.#begunAt;
    const timer = setInterval(() => {
      const now = performance.now();
      if (this.#options.summary !== true) {
        this.#rows.row(this.#second.row("second", (now - secondAt) / SECOND_MS));
      }
      secondAt = now;
      this.#second = new Load();
    }, SECOND_MS);
    try {
      await work(signal);
    } finally {
      clearInterval(timer);
    }
    const seconds = (performance.now() - this.#begunAt) / SECOND_MS;
    if (this.#options.histogram === true) {
      for (const row of this.bucketRows()) this.#rows.row(row);
    }
    this.#rows.row(this.#all.row("summary", seconds));
  }
}
