/**
 * The long campaign of `store/torture_test.ts`: losses of power until the time is up. With `--flips` that
 * of `store/bit_flip_test.ts`, with `--stores` that of `cmd/mutated_stores_test.ts`.
 *
 *     deno task torture --minutes 10               new runs
 *     deno task torture --minutes 10 --seed 7      from a seed on
 *     deno task torture --plan '{...}' --seed 7    one run, as a failure has printed it
 *
 *     deno task torture --minutes 10 --flips       single bits of a store, spread evenly
 *     deno task torture --flips --all              every bit: hours
 *     deno task torture --flips --all --state FILE the same, going on where the last run ended
 *
 *     deno task torture --stores --minutes 10              mutated stores, and all that reads them
 *     deno task torture --stores --seed 7 --plan '[0,2]'   one mutant, and of its steps only these
 *     deno task torture --stores --flips --all             every bit of a small store
 *
 * `--figures FILE` writes the figures to a file, too, again and again. Ends with 1 when something did
 * not hold.
 *
 * @module
 */
import { existsSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { flipCampaign, type FlipState } from "./flip_campaign.ts";
import { flippedCampaign, mutantCampaign } from "./mutate_campaign.ts";
import { type Effort, type Failure, shrink, torturePlan, tortureRun } from "./torture_states.ts";

const EFFORT: Effort = { triesPerEvent: 12, thoroughEvery: 60, nestedEvery: 40 };
const FAILURES_MAX = 5;
const REPORT_MS = 30_000;

/** Prints a line of the report. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function report(failure: Failure): Promise<void> {
  say(`FAILED: seed ${failure.seed}: ${failure.error}`);
  const { seed, plan, event, error } = await shrink(failure, EFFORT);
  say(`  power lost behind event ${event}: ${error instanceof Error ? error.stack : error}`);
  say(`  deno task torture --seed ${seed} --plan '${JSON.stringify(plan)}'`);
}

/** Tortures from a seed on until the time is up; returns how many runs failed. */
async function campaign(firstSeed: number, minutes: number): Promise<number> {
  const begun = performance.now();
  const total = { runs: 0, events: 0, states: 0, thorough: 0, nested: 0, failures: 0 };
  const figures = () => {
    const seconds = (performance.now() - begun) / 1000;
    const { runs, events, states, thorough, nested, failures } = total;
    keep([
      `${seconds.toFixed(0)} s: ${states} states (${(states / seconds).toFixed(0)}/s) of ${runs} ` +
      `runs with ${events} events, ${thorough} of them verified and gone on with, ${nested} in ` +
      `the middle of a recovery; ${failures} failures; seeds ${firstSeed} to ` +
      `${firstSeed + runs - 1}`,
    ]);
  };
  let reported = begun;
  for (let seed = firstSeed; performance.now() - begun < minutes * 60_000; seed++) {
    const result = await tortureRun(seed, EFFORT);
    total.runs++;
    total.events += result.events;
    total.states += result.states;
    total.thorough += result.thorough;
    total.nested += result.nested;
    if (result.failure !== undefined) {
      total.failures++;
      await report(result.failure);
      if (total.failures === FAILURES_MAX) break;
    }
    if (performance.now() - reported < REPORT_MS) continue;
    reported = performance.now();
    figures();
  }
  figures();
  return total.failures;
}

/** Shows figures, and writes them to the file that was named, whole. */
function keep(lines: readonly string[]): void {
  for (const line of lines) say(line);
  if (values.figures === undefined) return;
  writeWhole(values.figures, `${lines.join("\n")}\n`);
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

const { values } = parseArgs({
  options: {
    stores: { type: "boolean", default: false },
    flips: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    figures: { type: "string" },
    state: { type: "string" },
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    plan: { type: "string" },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed ?? Date.now() % 2 ** 31)];
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  say("Cannot start: --minutes takes a number over 0, --seed an integer");
  process.exitCode = 16;
} else if (values.stores) {
  const lastsMs = values.all ? Infinity : minutes * 60_000;
  const steps = values.plan === undefined ? undefined : JSON.parse(values.plan);
  const campaign = values.flips ? flippedCampaign : mutantCampaign;
  if (await campaign({ seed, lastsMs, report: keep, keep: steps }) > 0) process.exitCode = 1;
} else if (values.flips) {
  const lastsMs = values.all ? Infinity : minutes * 60_000;
  const { state } = values;
  const before = state === undefined || !existsSync(state)
    ? undefined
    : JSON.parse(readFileSync(state, "utf8")) as FlipState;
  const failed = await flipCampaign({
    seed,
    lastsMs,
    report: keep,
    before,
    keep: (next) => state !== undefined && writeWhole(state, JSON.stringify(next)),
  });
  if (failed > 0) process.exitCode = 1;
} else if (values.plan === undefined) {
  say(`seed ${seed}, ${minutes} minutes`);
  if (await campaign(seed, minutes) > 0) process.exitCode = 1;
} else {
  const { failure, states } = await torturePlan(JSON.parse(values.plan), seed, EFFORT);
  if (failure !== undefined) process.exitCode = 1;
  say(failure === undefined ? `${states} states, all sound` : `behind event ${failure.event}:`);
  if (failure !== undefined) say(String((failure.error as Error).stack));
}
