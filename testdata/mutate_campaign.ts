/**
 * The long campaigns over mutants: those of seeds, until the time is up, and those of every single bit
 * of one store.
 *
 * @module
 */
import process from "node:process";
import { bitsOf, flippedMutant, type Mutant, mutantOf } from "./mutate.ts";
import { type CheckEffort, type CheckFigures, MutantCheck } from "./mutate_check.ts";
import { FLIPPED, makeWrittenStore } from "./mutate_stores.ts";
import { MutantWatch } from "./mutate_watch.ts";

/** What a campaign is told. */
export interface MutantCampaignOptions {
  readonly seed: number;
  /** `Infinity` for as many as there are. */
  readonly lastsMs: number;
  /** Takes the figures so far, all of them each time. */
  readonly report: (lines: readonly string[]) => void;
  /** One mutant only, and of what its seed has in store for it only these steps. */
  readonly keep?: readonly number[] | undefined;
}

const EFFORT: CheckEffort = { copyEvery: 2, commands: 2, thoroughEvery: 500 };
const ALL: CheckEffort = { copyEvery: 1, commands: 0, thoroughEvery: 1 };
const FLIP_EFFORT: CheckEffort = { copyEvery: 16, commands: 1, thoroughEvery: 5000 };
const REPORT_MS = 30_000;
const FAILURES_MAX = 20;
/** A mutant takes some milliseconds, all of its commands a second. */
const MUTANT_MS_MAX = 120_000;
const MIB = 2 ** 20;

/** Checks mutants of seeds; returns how many failed. */
export async function mutantCampaign(options: MutantCampaignOptions): Promise<number> {
  await makeWrittenStore();
  const { seed, keep } = options;
  const effort = keep === undefined ? EFFORT : ALL;
  const campaign = new Campaign(options, effort);
  return await campaign.run(keep === undefined ? Infinity : 1, (nth) => {
    return mutantOf(seed + nth, keep);
  });
}

/** Checks the mutants of one store in each of which one bit is flipped; returns how many failed. */
export async function flippedCampaign(options: MutantCampaignOptions): Promise<number> {
  const campaign = new Campaign(options, FLIP_EFFORT);
  return await campaign.run(bitsOf(FLIPPED), (nth) => flippedMutant(FLIPPED, options.seed + nth));
}

/** Mutants one after another, and what came of them. */
class Campaign {
  readonly #options: MutantCampaignOptions;
  readonly #effort: CheckEffort;
  readonly #begun = performance.now();
  readonly #failures: string[] = [];
  readonly #exits = new Map<number, number>();
  readonly #stores = new Set<string>();
  readonly #most = { calls: 0, bytes: 0, bytesAtOnce: 0 };
  #mutants = 0;
  #runs = 0;

  constructor(options: MutantCampaignOptions, effort: CheckEffort) {
    this.#options = options;
    this.#effort = effort;
  }

  /** Goes on until the time, the mutants or the patience is at an end. */
  async run(count: number, make: (nth: number) => Mutant): Promise<number> {
    const { lastsMs, report } = this.#options;
    await using watch = new MutantWatch(MUTANT_MS_MAX);
    let reported = this.#begun;
    for (let nth = 0; nth < count && performance.now() - this.#begun < lastsMs; nth++) {
      watch.begin(this.#options.seed + nth);
      await this.#check(this.#options.seed + nth, () => make(nth));
      if (this.#failures.length === FAILURES_MAX) break;
      if (performance.now() - reported < REPORT_MS) continue;
      reported = performance.now();
      report(this.#figures());
    }
    report(this.#figures());
    return this.#failures.length;
  }

  async #check(seed: number, make: () => Mutant): Promise<void> {
    this.#mutants++;
    let mutant: Mutant | undefined;
    try {
      mutant = make();
      this.#stores.add(mutant.store.name);
      this.#add(await new MutantCheck(mutant).run(this.#effort));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const done = mutant?.done.map((line) => `  ${line}`) ?? [];
      const of = mutant && `, store "${mutant.store.name}", ${mutant.steps} steps`;
      this.#failures.push([`FAILED: seed ${seed}${of ?? ""}`, ...done, message].join("\n"));
    }
  }

  #add({ runs, most, exits }: CheckFigures): void {
    this.#runs += runs;
    for (const [code, count] of exits) this.#exits.set(code, (this.#exits.get(code) ?? 0) + count);
    for (const key of ["calls", "bytes", "bytesAtOnce"] as const) {
      this.#most[key] = Math.max(this.#most[key], most[key]);
    }
  }

  #figures(): string[] {
    const seconds = (performance.now() - this.#begun) / 1000;
    const cpuSeconds = process.cpuUsage().user / 1e6;
    const { calls, bytes, bytesAtOnce } = this.#most;
    const exits = [...this.#exits].sort(([one], [other]) => one - other);
    const { seed } = this.#options;
    return [
      `${seconds.toFixed(0)} s, ${cpuSeconds.toFixed(0)} s of one core: ${this.#mutants} mutants ` +
      `(${
        (this.#mutants / seconds).toFixed(1)
      }/s) of ${this.#stores.size} stores, ${this.#runs} runs; ` +
      `${this.#failures.length} failures; seeds ${seed} to ${seed + this.#mutants - 1}`,
      `exit codes of commands: ${exits.map(([code, count]) => `${code}: ${count}`).join(", ")}`,
      `most of one run: ${calls} calls, ${bytes} times the store read, ` +
      `${(bytesAtOnce / MIB).toFixed(2)} MiB at once; ` +
      `memory ${(process.memoryUsage().rss / MIB).toFixed(0)} MiB`,
      ...this.#failures,
    ];
  }
}
