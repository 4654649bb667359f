/**
 * Single bits flipped in a store of 200 messages, as many as there is time for, and what they cost here
 * and where a broker of Java starts on the same store: the mean over all flips, and the most one did.
 *
 * @module
 */
import type { JavaRelease } from "../store/exact/java_release.ts";
import { BitFlips, type FlipCount, kindOf } from "./bit_flips.ts";
import { type JavaFlipCount, JavaFlips } from "./java_flips.ts";

/** What a campaign is told. */
export interface FlipCampaignOptions {
  /** Where in the store it begins. */
  readonly seed: number;
  /** `Infinity` for every bit. */
  readonly lastsMs: number;
  /** Takes the figures so far, all of them each time. */
  readonly report: (lines: readonly string[]) => void;
  /** What a campaign before has kept: this one goes on there, with the seed of that one. */
  readonly before?: FlipState | undefined;
  /** Takes what the next campaign can go on with. */
  readonly keep?: (state: FlipState) => void;
}

/** How far a campaign is, as JSON. */
export interface FlipState {
  readonly seed: number;
  /** Of plain records and of sealed ones; absent where it has not begun. */
  readonly halves: readonly HalfState[];
  readonly failures: readonly string[];
}

interface HalfState {
  readonly done: number;
  readonly counts: readonly (readonly [string, FlipCount])[];
  readonly lost: readonly (readonly [string, number])[];
  readonly java: readonly (readonly [string, readonly (readonly [string, JavaFlipCount])[]])[];
}

const REPORT_MS = 30_000;
/** No flip costs more messages here. */
const LOST_MAX = 1;

/** What is summed up by kind of file beside what {@linkcode BitFlips} counts. */
type Sums = Map<string, number>;

/** Runs the campaign; returns how many flips cost more than they may. */
export async function flipCampaign(options: FlipCampaignOptions): Promise<number> {
  const { lastsMs, report, before, keep } = options;
  const seed = before?.seed ?? options.seed;
  const finished: string[] = [];
  const states: HalfState[] = [];
  const failures: string[] = [...before?.failures ?? []];
  for (const [at, isSealed] of [false, true].entries()) {
    const begun = performance.now();
    const half = await Half.make(isSealed, seed, before?.halves[at]);
    const tell = () => {
      report([...finished, ...half.figures(), ...failures]);
      keep?.({ seed, halves: [...states, half.state()], failures });
    };
    let reported = begun;
    while (half.done < half.bits && performance.now() - begun < lastsMs / 2) {
      const count = half.done;
      const lost = await half.flip(count);
      if (lost > LOST_MAX) failures.push(`FAILED: ${half.nameOf(count)} costs ${lost} messages`);
      if (performance.now() - reported < REPORT_MS) continue;
      reported = performance.now();
      tell();
    }
    tell();
    finished.push(...half.figures(), "");
    states.push(half.state());
  }
  report([...finished, ...failures]);
  return failures.length;
}

/** The flips of one store. */
class Half {
  readonly bits: number;
  readonly #flips: BitFlips;
  /** Absent where records carry a checksum: a broker of Java with default settings does not look at it. */
  readonly #java: JavaFlips | undefined;
  readonly #bytes: readonly { readonly path: string; readonly at: number }[];
  readonly #stride: number;
  readonly #seed: number;
  readonly #lost: Sums = new Map();
  /** Flips made so far. */
  done = 0;

  private constructor(flips: BitFlips, { isSealed, seed }: { isSealed: boolean; seed: number }) {
    this.#flips = flips;
    this.#seed = seed;
    this.#java = isSealed ? undefined : new JavaFlips(flips);
    this.#bytes = flips.files.flatMap(({ path, length }) => {
      return Array.from({ length }, (_, at) => ({ path, at }));
    });
    this.bits = this.#bytes.length * 8;
    this.#stride = strideOf(this.#bytes.length);
  }

  static async make(isSealed: boolean, seed: number, before?: HalfState): Promise<Half> {
    const half = new Half(await BitFlips.make(isSealed), { isSealed, seed });
    if (before !== undefined) half.#restore(before);
    return half;
  }

  /** What another campaign can go on with. */
  state(): HalfState {
    return {
      done: this.done,
      counts: [...this.#flips.counts],
      lost: [...this.#lost],
      java: [...this.#java?.counts ?? []].map(([release, counts]) => [release, [...counts]]),
    };
  }

  #restore({ done, counts, lost, java }: HalfState): void {
    this.done = done;
    for (const [kind, count] of counts) this.#flips.counts.set(kind, { ...count });
    for (const [kind, sum] of lost) this.#lost.set(kind, sum);
    for (const [release, byKind] of java) {
      const counted = this.#java?.counts.get(release as JavaRelease);
      for (const [kind, count] of byKind) counted?.set(kind, { ...count });
    }
  }

  /** Flip number `count`: every byte has one before any has its second. Returns what it cost. */
  async flip(count: number): Promise<number> {
    const { path, at, bit } = this.#placeOf(count);
    const lost = await this.#flips.flip(path, at, bit);
    await this.#java?.flip(path, at, bit);
    const kind = kindOf(path);
    this.#lost.set(kind, (this.#lost.get(kind) ?? 0) + lost);
    this.done++;
    return lost;
  }

  /** Which flip that is, for a failure. */
  nameOf(count: number): string {
    const { path, at, bit } = this.#placeOf(count);
    const records = this.#java === undefined ? "records with checksums" : "plain records";
    return `bit ${bit} of byte ${at} of "${path}", ${records},`;
  }

  #placeOf(
    count: number,
  ): { readonly path: string; readonly at: number; readonly bit: number } {
    const { length } = this.#bytes;
    const place = this.#bytes[(this.#seed + count * this.#stride) % length]!;
    return { ...place, bit: (place.at + Math.floor(count / length)) % 8 };
  }

  /** A table in Markdown under a line that says how far it is. */
  figures(): string[] {
    const java = [...this.#java?.counts ?? []];
    const head = [
      ...["file", "flips", "told by verify", "altered a message", "cost a key"],
      ...["messages lost: mean", "most"],
      ...java.flatMap(([release]) => [`Java ${release}: mean`, "most"]),
    ];
    const rows = [...this.#flips.counts].sort(([one], [other]) => one < other ? -1 : 1).map(
      ([kind, { flips, seen, altered, keyLossy, lostMax }]) => {
        const rates = [seen, altered, keyLossy].map((part) =>
          `${(part * 100 / flips).toFixed(1)} %`
        );
        const own = [((this.#lost.get(kind) ?? 0) / flips).toFixed(3), lostMax];
        const theirs = java.flatMap(([, counts]) => {
          const count = counts.get(kind)!;
          return [(count.lost / count.flips).toFixed(3), count.lostMax];
        });
        return `| ${[kind, flips, ...rates, ...own, ...theirs].join(" | ")} |`;
      },
    );
    return [
      `${this.#java === undefined ? "With" : "Without"} checksums in the records, ${this.done} ` +
      `flips of ${this.bits}, seed ${this.#seed}:`,
      "",
      `| ${head.join(" | ")} |`,
      `|${" --- |".repeat(head.length)}`,
      ...rows,
    ];
  }
}

/** A stride without a common divisor goes through all of them, and evenly at any time. */
function strideOf(count: number): number {
  const divisor = (one: number, other: number): number => {
    return other === 0 ? one : divisor(other, one % other);
  };
  let stride = Math.floor(count * 0.618);
  while (divisor(stride, count) !== 1) stride++;
  return stride;
}
