/**
 * A real process, killed for real: `kill -9` at random moments under load, and at every call that
 * has a name. After each, the store is opened, read from end to end, stopped and verified.
 *
 * `deno task kill9` runs as many rounds as one likes.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { type Figures, killAtRandom, killAtSteps } from "../testdata/kill9/store_rounds.ts";
import type { FlushMode } from "./store.ts";

const SEED = 20_261;
const ROUNDS = 100;
const FLUSH_MODES: readonly FlushMode[] = ["ASYNC_FLUSH", "SYNC_FLUSH"];

/** Both modes side by side: a round is mostly waiting. */
async function inEachMode(work: (flushMode: FlushMode) => Promise<Figures>): Promise<Figures[]> {
  const ends = await Promise.allSettled(FLUSH_MODES.map(work));
  const all = ends.map((end) => {
    if (end.status === "rejected") throw end.reason;
    return end.value;
  });
  all.forEach((figures, at) => process.stdout.write(`${FLUSH_MODES[at]}: ${figures}\n`));
  return all;
}

Deno.test(`a store killed ${ROUNDS} times under load keeps all it acknowledged, seed ${SEED}`, async () => {
  const all = await inEachMode((flushMode) =>
    killAtRandom({ flushMode, rounds: ROUNDS, seed: SEED })
  );
  for (const figures of all) {
    assert.equal(figures.rounds, ROUNDS);
    assert(figures.acknowledged > ROUNDS * 10, `there was hardly any load: ${figures}`);
    assert(figures.fromCheckpoint > 0, `no checkpoint was of use: ${figures}`);
  }
});

Deno.test(`a store killed at each step keeps all it acknowledged, seed ${SEED}`, async () => {
  await inEachMode((flushMode) => killAtSteps({ flushMode, seed: SEED }));
});
