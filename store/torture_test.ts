/**
 * At least 100,000 losses of power (10,000 under Bun), each on a disk of its own: after every one of them nothing that was
 * promised is lost, and the store is sound and goes on. `deno task torture` does this for longer.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { runs } from "../testdata/runs.ts";
import { type Effort, type RunResult, shrink, tortureRun } from "../testdata/torture_states.ts";

const SEED = Number(process.env.SEED ?? 20_261_121);
const STATES_MIN = runs(100_000, { min: 10_000 });
const EFFORT: Effort = { triesPerEvent: 7, thoroughEvery: 150, nestedEvery: 100 };

Deno.test(`Store survives ${STATES_MIN} losses of power (seed ${SEED})`, async () => {
  const total = { states: 0, thorough: 0, nested: 0 };
  for (let seed = SEED; total.states < STATES_MIN; seed++) {
    const result = await tortureRun(seed, EFFORT);
    await explain(result);
    total.states += result.states;
    total.thorough += result.thorough;
    total.nested += result.nested;
  }
  // A torture that no longer reaches these parts would pass as well.
  assert(total.thorough >= STATES_MIN / 200, `only ${total.thorough} went on after the recovery`);
  assert(total.nested >= STATES_MIN / 50, `only ${total.nested} interrupted a recovery`);
});

/** Fails with the shortest script that shows what went wrong. */
async function explain({ failure }: RunResult): Promise<void> {
  if (failure === undefined) return;
  const { seed, plan, event, error } = await shrink(failure, EFFORT);
  const script = JSON.stringify(plan);
  throw new Error(`Seed ${seed}, power lost behind event ${event} of ${script}`, { cause: error });
}
