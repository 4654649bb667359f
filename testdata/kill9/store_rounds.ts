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
import { eventually } from "../eventually.ts";
import { between, randomOf } from "../random.ts";
import { answersIn } from "./answer_file.ts";
import { STORE_KINDS, type StoreKind } from "./load.ts";
import { type StoreOrder, TOPIC_TABLE } from "./order.ts";
import { type Checked, checkStore, findingsIn, readAcknowledged } from "./store_check.ts";
import { Victim } from "./victim.ts";

/** Rounds a store lives for: each looks at all its messages. */
const ROUNDS_PER_STORE = 8;
/** Numbers a round may use. */
const NUMBERS_PER_ROUND = 1_000_000;
/** Answers a writer gives that is to write a checkpoint first, however little time it is given. */
const ANSWERS_MIN = 800;
/** A step that has not come by then does not come. */
const STEP_TIMEOUT_MS = 20_000;
/**
 * On a slow disk, queues lag behind ten of a store's tiny log files, the most Java 5.x looks at; a
 * start of ours looks at as many as it takes.
 */
const BEYOND_JAVA =
  /^error checkpoint-starts-late [^:]+: [^:]+ behind them: Java 5\.x at \d+, as the last \d+ files are the most that are looked at$/;

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
  /** Acknowledged messages that retention removed, and those a transient store pool lost. */
  removed = 0;
  unwritten = 0;
  readonly recoveriesMs: number[] = [];

  /** Both together. */
  add(other: Figures): this {
    this.rounds += other.rounds;
    this.acknowledged += other.acknowledged;
    this.messages += other.messages;
    this.killedInStart += other.killedInStart;
    this.fromCheckpoint += other.fromCheckpoint;
    this.removed += other.removed;
    this.unwritten += other.unwritten;
    this.recoveriesMs.push(...other.recoveriesMs);
    return this;
  }

  /** The figures in a line. */
  toString(): string {
    const times = this.recoveriesMs.toSorted((one, other) => one - other);
    const at = (part: number) => times[Math.floor(part * (times.length - 1))]?.toFixed(1) ?? "-";
    return `${this.rounds} kills (${this.killedInStart} during the start), ` +
      `${this.acknowledged} messages acknowledged, ${this.messages} found; ` +
      (this.removed > 0 ? `${this.removed} removed by retention; ` : "") +
      (this.unwritten > 0 ? `${this.unwritten} more acknowledged and not yet written; ` : "") +
      `${this.fromCheckpoint} recoveries began at a checkpoint, ` +
      `${at(0.5)} ms median, ${at(1)} ms at most`;
  }
}

/** How a store is used. */
export interface StoreUse {
  readonly flushMode: FlushMode;
  /** Default: `plain`. */
  readonly kind?: StoreKind;
}

/** Every way in which a store is used and killed. A pool is there only where nobody waits for the disk. */
export const STORE_USES: readonly StoreUse[] = STORE_KINDS.flatMap((kind) => {
  const modes: FlushMode[] = kind === "pool" ? ["ASYNC_FLUSH"] : ["ASYNC_FLUSH", "SYNC_FLUSH"];
  return modes.map((flushMode) => ({ flushMode, kind }));
});

/** A store that outlives its writers. */
export class KilledStore implements AsyncDisposable {
  readonly #folder = fs.mkdtempSync(join(os.tmpdir(), "mq-kill9-"));
  readonly #order: Omit<StoreOrder, "seed" | "first">;
  #round = 0;

  constructor({ flushMode, kind = "plain" }: StoreUse) {
    const config = join(this.#folder, "store", "config");
    fs.mkdirSync(config, { recursive: true });
    if (kind === "rich") fs.writeFileSync(join(config, "topics.json"), JSON.stringify(TOPIC_TABLE));
    this.#order = {
      root: join(this.#folder, "store"),
      acknowledged: join(this.#folder, "acknowledged"),
      flushMode,
      kind,
      clockFrom: Date.now(),
    };
  }

  /** What the next writer is told. */
  order(seed: number, more: Pick<StoreOrder, "death" | "stopAfter"> = {}): StoreOrder {
    return { ...this.#order, seed, first: this.#round++ * NUMBERS_PER_ROUND, ...more };
  }

  /**
   * The store as it was left, through an overlay: the next writer finds it so, too. Returns whether
   * its log ends with a torn record.
   */
  async check(order: StoreOrder, figures: Figures): Promise<boolean> {
    const before = await findingsIn(diskFiles, order.root);
    const errors = before.filter((it) => it.startsWith("error") && !BEYOND_JAVA.test(it));
    assert.deepEqual(errors, [], "errors found by a verification before recovery");
    const checked = await checkStore(new OverlayFiles(diskFiles), order);
    figures.rounds++;
    if (checked.recovery.from > 0) figures.fromCheckpoint++;
    figures.recoveriesMs.push(checked.recoveryMs);
    this.#forget(checked, figures);
    return before.some((it) => it.includes(" log-torn-tail "));
  }

  /** The end of a store: recovered for real, stopped, and looked at once more. */
  async finish(order: StoreOrder, figures: Figures): Promise<void> {
    const checked = await checkStore(diskFiles, order);
    const { messages } = checked;
    this.#forget(checked, figures);
    const again = await checkStore(diskFiles, order);
    assert.equal(again.recovery.mode, "clean");
    assert.equal(again.messages, messages);
    figures.messages += again.messages;
    figures.acknowledged += again.acknowledged;
    figures.removed += again.removed;
  }

  /** What a pool lost is missing from now on, whatever comes to stand in its place. */
  #forget({ unwritten }: Checked, figures: Figures): void {
    if (unwritten.length === 0) return;
    figures.unwritten += unwritten.length;
    const lost = new Set(unwritten.map(({ number }) => number));
    const lines = readAcknowledged(this.#order.acknowledged)
      .filter(({ number }) => !lost.has(number))
      .map((it) => `${it.number} ${it.physicalOffset} ${it.queueOffset}\n`);
    fs.writeFileSync(this.#order.acknowledged, lines.join(""));
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

/** What rounds are told. */
export interface RoundsOptions extends StoreUse {
  readonly seed: number;
  /** Told what did not hold; then other stores are killed all the same. Default: it is thrown. */
  readonly onFailure?: (error: unknown) => void;
}

/** Kills a writer as often as asked, at random moments of its start, its recovery and its work. */
export async function killAtRandom(
  options: RoundsOptions & { readonly rounds: number },
): Promise<Figures> {
  const { rounds, onFailure } = options;
  const figures = new Figures();
  for (let first = 0; first < rounds; first += ROUNDS_PER_STORE) {
    const of = { ...options, first, to: Math.min(rounds, first + ROUNDS_PER_STORE) };
    await tolerant(onFailure, () => killStore(of, figures));
  }
  return figures;
}

/** The rounds of one store. */
async function killStore(
  { seed, first, to, ...use }: StoreUse & { seed: number; first: number; to: number },
  figures: Figures,
): Promise<void> {
  await using store = new KilledStore(use);
  let order = store.order(seed);
  for (let round = first; round < to; round++) {
    const random = randomOf(seed + round);
    order = store.order(seed + round);
    const name = `${nameOf(use)}, seed ${seed + round}, round ${round - first} of its store`;
    await named(name, async () => {
      await using victim = Victim.start("./store_child.ts", order);
      await momentOf(victim, { random, order });
      const { signal, errors } = await victim.kill();
      assert.equal(signal, "SIGKILL", errors);
      if (await victim.said === undefined) figures.killedInStart++;
      await store.check(order, figures);
    });
  }
  const name = `${nameOf(use)}, seed ${seed}, end of the store`;
  await named(name, () => store.finish(order, figures));
}

/**
 * Most die at once when they are at work; some while they start or recover; some when they have done
 * enough to write a checkpoint that tells the next one where to begin.
 */
async function momentOf(
  victim: Victim,
  { random, order }: { readonly random: () => number; readonly order: StoreOrder },
): Promise<void> {
  const kind = random();
  if (kind < 0.2) return await setTimeout(between(random, 20, 100));
  await victim.said;
  if (kind < 0.75) return await setTimeout(between(random, 0, 25));
  const before = answersIn(order.acknowledged).length;
  await setTimeout(between(random, 40, 200));
  await eventually(() => answersIn(order.acknowledged).length >= before + ANSWERS_MIN);
}

/** A death, and those of the writers before, so that there is something to recover. */
export interface NamedDeath extends Death {
  readonly after: readonly Death[];
}

/** A clean stop, as far as it can be killed. */
const STOPPED: Death = { step: "abort-remove", nth: 1, moment: "after" };

/** Steps that only some starts take, and what those must find. */
const NEEDED: Readonly<Partial<Record<Step, Death>>> = {
  "log-remove": { step: "log-rename", nth: 3, moment: "after" },
  "index-remove": { step: "log-write", nth: 20, moment: "after" },
  "quarantine-write": { step: "log-write", nth: 20, moment: "half" },
  "ends-remove": STOPPED,
};
/** Steps of a clean stop. */
const AT_STOP: readonly Step[] = ["ends-rename", "abort-remove"];
/** Steps that come once. */
const ONCE = ["abort", "queueends"];

/** Steps only some kinds of stores take, and those whose other steps are of no more interest. */
const STEPS_OF: Readonly<Record<Exclude<StoreKind, "plain">, readonly Step[]>> = {
  rich: ["batch-rename", "batch-write", "batch-sync", "ext-rename", "ext-write", "ext-sync"],
  aging: ["log-remove", "queue-remove", "index-remove"],
  pool: ["log-rename", "log-write", "log-sync", "queue-write", "checkpoint-write"],
};
const NOT_PLAIN: readonly Step[] = [...STEPS_OF.rich, "queue-remove", "index-remove"];

function stepsOf(kind: StoreKind): readonly Step[] {
  if (kind !== "plain") return STEPS_OF[kind];
  const steps = Object.keys(STEPS) as Step[];
  return steps.filter((step) => !STEPS[step][1].startsWith("config") && !NOT_PLAIN.includes(step));
}

/** Leaves a torn record at the end of the log. */
const TORN: Death = { step: "log-write", nth: 12, moment: "half" };
const CLEAN_STOP_AFTER = 400;

/** Every step a store takes, at every moment, in a new store or in one that must be recovered. */
function storeDeaths(random: () => number, kind: StoreKind = "plain"): NamedDeath[] {
  return stepsOf(kind).flatMap((step) =>
    momentsOf(step).map((moment): NamedDeath => {
      const needed = kind === "plain" ? NEEDED[step] : undefined;
      if (needed !== undefined) return { step, nth: 1, moment, after: [needed] };
      const isOnce = ONCE.includes(STEPS[step][1]);
      if (random() < 0.5) return { step, nth: 1, moment, after: [TORN] };
      return { step, nth: isOnce ? 1 : between(random, 1, 4), moment, after: [] };
    })
  );
}

/** Kills a writer at a call. */
async function killAtStep(
  { after, ...last }: NamedDeath,
  { seed, ...use }: StoreUse & { readonly seed: number },
): Promise<Figures> {
  const figures = new Figures();
  await using store = new KilledStore(use);
  let order = store.order(seed);
  let wasTorn = false;
  for (const death of [...after, last]) {
    const isAtStop = AT_STOP.includes(death.step);
    order = store.order(seed, { death, ...(isAtStop && { stopAfter: CLEAN_STOP_AFTER }) });
    await named(`${nameOf(use)}, seed ${seed}, ${JSON.stringify(death)}`, async () => {
      await using victim = Victim.start("./store_child.ts", order);
      const { code, signal, errors } = await victim.endedWithin(STEP_TIMEOUT_MS);
      assert.equal(signal, "SIGKILL", `it ended with exit code ${code}: ${errors}`);
      if (await victim.said === undefined) figures.killedInStart++;
      wasTorn = await store.check(order, figures) || wasTorn;
    });
  }
  const name = `${nameOf(use)}, seed ${seed}, ${JSON.stringify(last)}, in the end`;
  await named(name, async () => {
    await store.finish(order, figures);
    if (wasTorn) assert(store.keptAside.length > 0, "a torn record is kept aside");
  });
  return figures;
}

/** Kills writers at every call that has a name. */
export async function killAtSteps(options: RoundsOptions): Promise<Figures> {
  const figures = new Figures();
  for (const death of storeDeaths(randomOf(options.seed), options.kind)) {
    await tolerant(options.onFailure, async () => {
      figures.add(await killAtStep(death, options));
    });
  }
  return figures;
}

/** How a store is used, for people. */
export function nameOf({ flushMode, kind = "plain" }: StoreUse): string {
  return `${kind} store, ${flushMode}`;
}

/** Hands a failure on, if there is somebody to take it. */
async function tolerant(
  onFailure: RoundsOptions["onFailure"],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (onFailure === undefined) throw error;
    onFailure(error);
  }
}

/** Says in the error what was under way. */
async function named(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new Error(`After kill -9 (${what}): ${(cause as Error).message}`, { cause });
  }
}
