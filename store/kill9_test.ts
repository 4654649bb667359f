/**
 * A real process, killed for real: `kill -9` at random moments under load, and at every call that
 * has a name. After each, the store is opened, read from end to end, stopped and verified.
 *
 * `deno task kill9` runs as many rounds as one likes.
 */
import assert from "node:assert/strict";
import process from "node:process";
import {
  type Figures,
  killAtRandom,
  killAtSteps,
  nameOf,
  STORE_USES,
  type StoreUse,
} from "../testdata/kill9/store_rounds.ts";
import { runs } from "../testdata/runs.ts";

const SEED = 20_261;
const ROUNDS = runs(100, { min: 24 });
/** Of stores that do more than the ordinary. */
const ROUNDS_MORE = runs(16, { min: 8 });

const PLAIN = STORE_USES.filter(({ kind }) => kind === "plain");
const MORE = STORE_USES.filter(({ kind }) => kind !== "plain");

/** All side by side: a round is mostly waiting. */
async function inEachWay(
  uses: readonly StoreUse[],
  work: (use: StoreUse) => Promise<Figures>,
): Promise<Map<StoreUse, Figures>> {
  const ends = await Promise.allSettled(uses.map(work));
  const all = new Map<StoreUse, Figures>();
  for (const [at, end] of ends.entries()) {
    if (end.status === "rejected") throw end.reason;
    all.set(uses[at]!, end.value);
    process.stdout.write(`${nameOf(uses[at]!)}: ${end.value}\n`);
  }
  return all;
}

Deno.test(`a store killed ${ROUNDS} times under load keeps all it acknowledged, seed ${SEED}`, async () => {
  const all = await inEachWay(PLAIN, (use) => killAtRandom({ ...use, rounds: ROUNDS, seed: SEED }));
  for (const figures of all.values()) {
    assert.equal(figures.rounds, ROUNDS);
    assert(figures.acknowledged > ROUNDS * 10, `there was hardly any load: ${figures}`);
    assert(figures.fromCheckpoint > 0, `no checkpoint was of use: ${figures}`);
  }
});

Deno.test(`a store killed at each step keeps all it acknowledged, seed ${SEED}`, async () => {
  await inEachWay(PLAIN, (use) => killAtSteps({ ...use, seed: SEED }));
});

Deno.test(`batch and light queues, extensions, retention and the pool, killed ${ROUNDS_MORE} times each, seed ${SEED}`, async () => {
  const all = await inEachWay(MORE, (use) => {
    return killAtRandom({ ...use, rounds: ROUNDS_MORE, seed: SEED });
  });
  for (const [use, figures] of all) {
    const name = `${nameOf(use)}: ${figures}`;
    assert(figures.acknowledged > ROUNDS_MORE, `there was hardly any load: ${name}`);
    // Only a pool may lack what was acknowledged, and one that is killed between two messages has it all.
    if (use.kind !== "pool") assert.equal(figures.unwritten, 0, name);
  }
});

Deno.test(`batch and light queues, extensions, retention and the pool, killed at each step, seed ${SEED}`, async () => {
  const all = await inEachWay(MORE, (use) => killAtSteps({ ...use, seed: SEED }));
  for (const [use, figures] of all) {
    assert.equal(figures.removed > 0, use.kind === "aging", `${nameOf(use)}: ${figures}`);
  }
});
