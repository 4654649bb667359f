/**
 * The campaign: kills stores and brokers as often as asked, and prints what came of it.
 *
 *     deno task kill9 [--rounds 500] [--seed N]
 *
 * A failure names its seed, and the rest goes on. Where a process was at a random moment depends on the machine, too; what
 * it was doing, and the calls that have a name, come back with the seed.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { killBroker } from "./broker_rounds.ts";
import { Figures, killAtRandom, killAtSteps, nameOf, STORE_USES } from "./store_rounds.ts";

/** Random kills for each time all steps are gone through, and for each broker. */
const ROUNDS_PER_SWEEP = 100;
const ROUNDS_PER_BROKER = 20;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "500" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
  throw new RangeError("Cannot start the campaign: --rounds and --seed are integers");
}
say(`seed ${seed}`);
// A round is mostly waiting.
await Promise.all(STORE_USES.map(async (use) => {
  const name = nameOf(use);
  const figures = await killAtRandom({ ...use, rounds, seed, onFailure });
  say(`${name}, random moments: ${figures}`);
  const steps = new Figures();
  for (let done = 0; done < rounds; done += ROUNDS_PER_SWEEP) {
    steps.add(await killAtSteps({ ...use, seed: seed + done, onFailure }));
  }
  say(`${name}, each step: ${steps}`);
}));
for (let done = 0; done < rounds; done += ROUNDS_PER_SWEEP) {
  const kills = { rounds: ROUNDS_PER_BROKER, seed: seed + done };
  try {
    const { acknowledged, fromBackup } = await killBroker(kills);
    say(
      `broker, configuration files, seed ${seed + done}: ${kills.rounds} kills, ` +
        `${acknowledged} answers kept, ${fromBackup} starts from a backup`,
    );
  } catch (error) {
    onFailure(error);
  }
}

/** Goes on; the program ends with 1. */
function onFailure(error: unknown): void {
  process.exitCode = 1;
  say(`FAILED: ${error instanceof Error ? error.message : error}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
