/**
 * Rounds in which a program that writes a store is killed, and the store is looked at.
 *
 * @module
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { diskFiles } from "../../store/file_disk.ts";
import { QUARANTINE } from "../../store/quarantine.ts";
import { OverlayFiles } from "../../store/repair/overlay_files.ts";
import type { FlushMode } from "../../store/store.ts";
import { type Death, momentsOf, type Step, STEPS } from "../dying_files.ts";
import { between, randomOf } from "../random.ts";
import { checkStore, findingsIn } from "./store_check.ts";
import type { StoreOrder } from "./order.ts";
import { Victim } from "./victim.ts";

/** Rounds a store lives for: each looks at all its messages. */
const ROUNDS_PER_STORE = 8;
/** Numbers a round may use. */
const NUMBERS_PER_ROUND = 1_000_000;
/** A step that has not come by then does not come. */
const STEP_TIMEOUT_MS = 20_000;

/** A file that was made in this moment, and has no length yet. */
const JUST_MADE = /^error [a-z]+-wrong-length .* 0\+0: file is 0 bytes/;

/** What the rounds came to. */
export class Figures {
  rounds = 0;
  acknowledged = 0;
  /** Messages that were found; more than acknowledged, where an answer was cut off. */
  messages = 0;
  /** Programs that died before their store was open. */
  killedInStart = 0;
  /** Recoveries the checkpoint spared a part of the log. */
  fromCheckpoint = 0;
  readonly recoveriesMs: number[] = [];

  /** Both together. */
  add(other: Figures): this {
    this.rounds += other.rounds;
    this.acknowledged += other.acknowledged;
    this.messages += other.messages;
    this.killedInStart += other.killedInStart;
    this.fromCheckpoint += other.fromCheckpoint;
    this.recoveriesMs.push(...other.recoveriesMs);
    return this;
  }

  /** The figures in a line. */
  toString(): string {
    const times = this.recoveriesMs.toSorted((one, other) => one - other);
    const at = (part: number) => times[Math.floor(part * (times.length - 1))]?.toFixed(1) ?? "-";
    return `${this.rounds} kills (${this.killedInStart} during the start), ` +
      `${this.acknowledged} messages acknowledged, ${this.messages} found; ` +
      `${this.fromCheckpoint} recoveries began at a checkpoint, ` +
      `${at(0.5)} ms median, ${at(1)} ms at most`;
  }
}

/** A store that outlives its writers. */
export class KilledStore implements AsyncDisposable {
  readonly #folder = fs.mkdtempSync(join(os.tmpdir(), "mq-kill9-"));
  readonly #order: Omit<StoreOrder, "seed" | "first">;
  #round = 0;

  constructor(flushMode: FlushMode) {
    this.#order = {
      root: join(this.#folder, "store"),
      acknowledged: join(this.#folder, "acknowledged"),
      flushMode,
      clockFrom: Date.now(),
    };
  }

  /** What the next writer is told. */
  order(seed: number, more: Pick<StoreOrder, "death" | "stopAfter"> = {}): StoreOrder {
    return { ...this.#order, seed, first: this.#round++ * NUMBERS_PER_ROUND, ...more };
  }

  /** The store as it was left, through an overlay: the next writer finds it so, too. */
  async check(order: StoreOrder, figures: Figures): Promise<void> {
    const before = await findingsIn(diskFiles, order.root);
    const errors = before.filter((it) => it.startsWith("error") && !JUST_MADE.test(it));
    assert.deepEqual(errors, [], "errors found by a verification before recovery");
    const checked = await checkStore(new OverlayFiles(diskFiles), order);
    figures.rounds++;
    if (checked.recovery.from > 0) figures.fromCheckpoint++;
    figures.recoveriesMs.push(checked.recoveryMs);
  }

  /** The end of a store: recovered for real, stopped, and looked at once more. */
  async finish(order: StoreOrder, figures: Figures): Promise<void> {
    const { messages } = await checkStore(diskFiles, order);
    const again = await checkStore(diskFiles, order);
    assert.equal(again.recovery.mode, "clean");
    assert.equal(again.messages, messages);
    figures.messages += again.messages;
    figures.acknowledged += again.acknowledged;
  }

  /** Names of what recoveries cut off and kept. */
  get keptAside(): readonly string[] {
    return diskFiles.list(join(this.#order.root, QUARANTINE));
  }

  [Symbol.asyncDispose](): Promise<void> {
    fs.rmSync(this.#folder, { recursive: true, force: true });
    return Promise.resolve();
  }
}

/** Kills a writer as often as asked, at random moments of its start, its recovery and its work. */
export async function killAtRandom(
  options: { readonly flushMode: FlushMode; readonly rounds: number; readonly seed: number },
): Promise<Figures> {
  const { flushMode, rounds, seed } = options;
  const figures = new Figures();
  for (let first = 0; first < rounds; first += ROUNDS_PER_STORE) {
    await using store = new KilledStore(flushMode);
    let order = store.order(seed);
    for (let round = first; round < Math.min(rounds, first + ROUNDS_PER_STORE); round++) {
      const random = randomOf(seed + round);
      order = store.order(seed + round);
      await named(
        `${flushMode}, seed ${seed + round}, round ${round - first} of its store`,
        async () => {
          await using victim = Victim.start("./store_child.ts", order);
          await momentOf(victim, random);
          const { signal, errors } = await victim.kill();
          assert.equal(signal, "SIGKILL", errors);
          if (await victim.said === undefined) figures.killedInStart++;
          await store.check(order, figures);
        },
      );
    }
    await named(`${flushMode}, seed ${seed}, end of the store`, () => store.finish(order, figures));
  }
  return figures;
}

/**
 * Most die at once when they are at work; some while they start or recover; some when they have had the
 * time to write a checkpoint that tells the next one where to begin.
 */
async function momentOf(victim: Victim, random: () => number): Promise<void> {
  const kind = random();
  if (kind < 0.2) return await setTimeout(between(random, 20, 100));
  await victim.said;
  await setTimeout(kind < 0.75 ? between(random, 0, 25) : between(random, 40, 200));
}

/** A death, and those of the writers before, so that there is something to recover. */
export interface NamedDeath extends Death {
  readonly after: readonly Death[];
}

/** Steps that only a recovery takes, and what it must find for that. */
const ONLY_IN_RECOVERY: Readonly<Partial<Record<Step, Death>>> = {
  "log-remove": { step: "log-create", nth: 3, moment: "after" },
  "index-remove": { step: "log-write", nth: 20, moment: "after" },
  "quarantine-write": { step: "log-write", nth: 20, moment: "half" },
};

/** Leaves a torn record at the end of the log. */
const TORN: Death = { step: "log-write", nth: 12, moment: "half" };
const CLEAN_STOP_AFTER = 400;

/** Every step a store takes, at every moment, in a new store or in one that must be recovered. */
export function storeDeaths(random: () => number): NamedDeath[] {
  const steps = (Object.keys(STEPS) as Step[]).filter((step) => STEPS[step][1] !== "config");
  return steps.flatMap((step) =>
    momentsOf(step).map((moment): NamedDeath => {
      const needed = ONLY_IN_RECOVERY[step] ?? (random() < 0.5 ? TORN : undefined);
      if (needed !== undefined) return { step, nth: 1, moment, after: [needed] };
      // The marker is written and removed once.
      const nth = STEPS[step][1] === "abort" ? 1 : between(random, 1, 4);
      return { step, nth, moment, after: [] };
    })
  );
}

/** Kills a writer at a call. */
export async function killAtStep(
  { after, ...last }: NamedDeath,
  { flushMode, seed }: { readonly flushMode: FlushMode; readonly seed: number },
): Promise<Figures> {
  const figures = new Figures();
  await using store = new KilledStore(flushMode);
  let order = store.order(seed);
  for (const death of [...after, last]) {
    const isAtStop = death.step === "abort-remove";
    order = store.order(seed, { death, ...(isAtStop && { stopAfter: CLEAN_STOP_AFTER }) });
    await named(`${flushMode}, seed ${seed}, ${JSON.stringify(death)}`, async () => {
      await using victim = Victim.start("./store_child.ts", order);
      const { code, signal, errors } = await victim.endedWithin(STEP_TIMEOUT_MS);
      assert.equal(signal, "SIGKILL", `it ended with exit code ${code}: ${errors}`);
      if (await victim.said === undefined) figures.killedInStart++;
      await store.check(order, figures);
    });
  }
  const name = `${flushMode}, seed ${seed}, ${JSON.stringify(last)}, in the end`;
  await named(name, async () => {
    await store.finish(order, figures);
    if (after.includes(TORN)) assert(store.keptAside.length > 0, "a torn record is kept aside");
  });
  return figures;
}

/** Kills writers at every call that has a name. */
export async function killAtSteps(
  options: { readonly flushMode: FlushMode; readonly seed: number },
): Promise<Figures> {
  const figures = new Figures();
  for (const death of storeDeaths(randomOf(options.seed))) {
    figures.add(await killAtStep(death, options));
  }
  return figures;
}

/** Says in the error what was under way. */
async function named(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new Error(`After kill -9 (${what}): ${(cause as Error).message}`, { cause });
  }
}
