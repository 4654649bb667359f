/**
 * The long campaign of `store/torture_test.ts`: losses of power until the time is up. With `--flips` that
 * of `store/bit_flip_test.ts`.
 *
 *     deno task torture --minutes 10               new runs
 *     deno task torture --minutes 10 --seed 7      from a seed on
 *     deno task torture --plan '{...}' --seed 7    one run, as a failure has printed it
 *
 *     deno task torture --minutes 10 --flips       single bits of a store, all if there is time
 *
 * Ends with 1 when something did not hold.
 *
 * @module
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { BitFlips } from "./bit_flips.ts";
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
    say(
      `${seconds.toFixed(0)} s: ${states} states (${(states / seconds).toFixed(0)}/s) of ${runs} ` +
        `runs with ${events} events, ${thorough} of them verified and gone on with, ${nested} in ` +
        `the middle of a recovery; ${failures} failures; seeds ${firstSeed} to ` +
        `${firstSeed + runs - 1}`,
    );
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

/** Flips bits, every byte once before any byte's second, and prints what they cost. */
async function flipAll(seed: number, minutes: number): Promise<void> {
  for (const isSealed of [false, true]) {
    const begun = performance.now();
    const flips = await BitFlips.make(isSealed);
    const bytes = flips.files.flatMap(({ path, length }) => {
      return Array.from({ length }, (_, at) => ({ path, at }));
    });
    // A stride without a common divisor goes through all of them, and evenly at any time.
    const stride = strideOf(bytes.length);
    const isTimeUp = () => performance.now() - begun > minutes * 30_000;
    let count = 0;
    for (; count < bytes.length * 8 && !isTimeUp(); count++) {
      const { path, at } = bytes[(seed + count * stride) % bytes.length]!;
      await flips.flip(path, at, (at + Math.floor(count / bytes.length)) % 8);
    }
    say(
      `${isSealed ? "With" : "Without"} checksums in the records, ${count} flips of ` +
        `${bytes.length * 8}:`,
    );
    for (const line of flips.table()) say(line);
  }
}

function strideOf(count: number): number {
  const divisor = (one: number, other: number): number => {
    return other === 0 ? one : divisor(other, one % other);
  };
  let stride = Math.floor(count * 0.618);
  while (divisor(stride, count) !== 1) stride++;
  return stride;
}

const { values } = parseArgs({
  options: {
    flips: { type: "boolean", default: false },
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    plan: { type: "string" },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed ?? Date.now() % 2 ** 31)];
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  say("Cannot start: --minutes takes a number over 0, --seed an integer");
  process.exitCode = 16;
} else if (values.flips) await flipAll(seed, minutes);
else if (values.plan === undefined) {
  say(`seed ${seed}, ${minutes} minutes`);
  if (await campaign(seed, minutes) > 0) process.exitCode = 1;
} else {
  const { failure, states } = await torturePlan(JSON.parse(values.plan), seed, EFFORT);
  if (failure !== undefined) process.exitCode = 1;
  say(failure === undefined ? `${states} states, all sound` : `behind event ${failure.event}:`);
  if (failure !== undefined) say(String((failure.error as Error).stack));
}
