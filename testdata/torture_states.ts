/**
 * Many losses of power out of one run: at every event of its recording some of the disks it could
 * leave are opened and checked, and of some of these recoveries every interruption, too.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { type Choose, CrashDisk } from "./crash_states.ts";
import { openStore } from "./open_store.ts";
import { type DiskEvent, type DiskImage, PowerLossFiles } from "./power_loss.ts";
import { oneOf, randomOf } from "./random.ts";
import { checkCrash } from "./torture_oracle.ts";
import { optionsOf, placeOf, type Plan, planOf, record, type Sent } from "./torture_run.ts";

/** How much of a run is checked. */
export interface Effort {
  /** Disks tried at every event; those seen before do not count as states. */
  readonly triesPerEvent: number;
  /** Every so manieth state is verified, goes on, stops and is opened again. */
  readonly thoroughEvery: number;
  /** The recovery of every so manieth state is interrupted at each of its own events. */
  readonly nestedEvery: number;
}

/** A state in which something did not hold. */
export interface Failure {
  readonly seed: number;
  readonly plan: Plan;
  /** Number of the event the power was lost behind. */
  readonly event: number;
  readonly error: unknown;
}

/** What came out of one run. */
export interface RunResult {
  readonly states: number;
  readonly thorough: number;
  /** States among them in which a recovery was interrupted. */
  readonly nested: number;
  readonly events: number;
  readonly failure?: Failure;
}

/** Some of what there is to lose, most of it, all, or nothing. */
const CHANCES = [0, 1, 0.03, 0.15, 0.5, 0.85, 0.97];

/** What a loss of power leaves, by chance: all, nothing or anything between. */
function chooseBy(random: () => number): Choose {
  const chance = oneOf(random, CHANCES);
  return (versions) => {
    if (random() >= chance) return 0;
    return random() < 0.7 ? versions - 1 : Math.floor(random() * versions);
  };
}

/** Makes a plan from a seed, carries it out and checks what losses of power leave of it. */
export function tortureRun(seed: number, effort: Effort): Promise<RunResult> {
  return torturePlan(planOf(randomOf(seed)), seed, effort);
}

/** As {@linkcode tortureRun}, for a given plan; the seed chooses what is lost. */
export async function torturePlan(plan: Plan, seed: number, effort: Effort): Promise<RunResult> {
  const { events, sent } = await record(plan);
  const torture = new Torture(plan, sent, effort, randomOf(seed ^ 0x5ca1ab1e));
  for (const [number, event] of events.entries()) {
    try {
      await torture.step(event);
    } catch (error) {
      return { ...torture.result(number), failure: { seed, plan, event: number, error } };
    }
  }
  return torture.result(events.length);
}

class Torture {
  readonly #plan: Plan;
  readonly #sent: ReadonlyMap<number, Sent>;
  readonly #effort: Effort;
  readonly #random: () => number;
  readonly #disk = new CrashDisk();
  readonly #promised = new Set<Sent>();
  /** Answered for, but not on the disk yet. */
  readonly #waiting = new Set<Sent>();
  readonly #seen = new Set<number>();
  #states = 0;
  #thorough = 0;
  #nested = 0;

  constructor(
    plan: Plan,
    sent: ReadonlyMap<number, Sent>,
    effort: Effort,
    random: () => number,
  ) {
    this.#plan = plan;
    this.#sent = sent;
    this.#effort = effort;
    this.#random = random;
  }

  result(events: number): RunResult {
    return { states: this.#states, thorough: this.#thorough, nested: this.#nested, events };
  }

  /** Goes one event on and loses the power behind it, in several ways. */
  async step(event: DiskEvent | { readonly verb: "answer"; readonly sent: Sent }): Promise<void> {
    if (event.verb !== "answer") this.#disk.apply(event);
    else if (event.sent.isPromised) this.#promised.add(event.sent);
    else this.#waiting.add(event.sent);
    for (const it of this.#waiting) {
      const { path, from, to } = placeOf(it, this.#plan);
      if (!this.#disk.holds(path, from, to)) continue;
      this.#waiting.delete(it);
      this.#promised.add(it);
    }
    for (let nth = 0; nth < this.#effort.triesPerEvent; nth++) {
      const image = this.#disk.lose(chooseBy(this.#random));
      if (!this.#isNew(image)) continue;
      await this.#check(image);
      if (this.#states % this.#effort.nestedEvery === 0) await this.#interrupt(image);
    }
  }

  /** Loses the power again at every event of a recovery. */
  async #interrupt(image: DiskImage): Promise<void> {
    const disk = new CrashDisk(image);
    const events: DiskEvent[] = [];
    const fs = PowerLossFiles.of(image);
    fs.onEvent = (event) => void events.push(event);
    await openStore(fs, optionsOf(this.#plan));
    for (const event of events) {
      disk.apply(event);
      const left = disk.lose(chooseBy(this.#random));
      if (!this.#isNew(left)) continue;
      await this.#check(left);
      this.#nested++;
    }
  }

  async #check(image: DiskImage): Promise<void> {
    this.#states++;
    const isThorough = this.#states % this.#effort.thoroughEvery === 0;
    if (isThorough) this.#thorough++;
    const options = optionsOf(this.#plan);
    // The store under test writes into what it is given.
    const files = image.files.map(([path, bytes]) => [path, bytes.slice()] as const);
    const promised = this.#promised;
    await checkCrash({ ...image, files }, { promised, sent: this.#sent, options, isThorough });
  }

  /** Whether no such disk with as much promised was checked in this run. */
  #isNew({ folders, files }: DiskImage): boolean {
    let digest = crc32(folders.join("\n"), this.#promised.size);
    let second = digest;
    for (const [path, bytes] of files) {
      digest = crc32(bytes, crc32(path, digest));
      second = (Math.imul(second, 31) + digest) | 0;
    }
    const key = digest * 0x100000 + (second & 0xfffff);
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }
}

/**
 * The shortest plan found that still fails: steps and messages are left out one by one as long as
 * something fails. Ends after so many tries.
 */
export async function shrink(failure: Failure, effort: Effort, tries = 300): Promise<Failure> {
  let least = failure;
  for (let isShorter = true; isShorter;) {
    isShorter = false;
    for (const plan of shorterPlans(least.plan)) {
      if (tries-- <= 0) return least;
      const result = await torturePlan(plan, failure.seed, effort);
      if (result.failure === undefined) continue;
      least = result.failure;
      isShorter = true;
      break;
    }
  }
  return least;
}

function* shorterPlans(plan: Plan): Generator<Plan> {
  for (const [number, step] of plan.steps.entries()) {
    yield { ...plan, steps: plan.steps.toSpliced(number, 1) };
    if (step.verb !== "send" || step.sends.length < 2) continue;
    for (const nth of step.sends.keys()) {
      const sends = step.sends.toSpliced(nth, 1);
      yield { ...plan, steps: plan.steps.with(number, { verb: "send", sends }) };
    }
  }
}
