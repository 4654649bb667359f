/**
 * The campaign: kills stores and brokers as often as asked, and prints what came of it.
 *
 *     deno task kill9 [--rounds 500] [--seed N]
 *
 * A failure names its seed. Where a process was at a random moment depends on the machine, too; what
 * it was doing, and the calls that have a name, come back with the seed.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import type { FlushMode } from "../../store/store.ts";
import { killBroker } from "./broker_rounds.ts";
import { killAtRandom, killAtSteps } from "./store_rounds.ts";

const FLUSH_MODES: readonly FlushMode[] = ["ASYNC_FLUSH", "SYNC_FLUSH"];
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
for (const flushMode of FLUSH_MODES) {
  say(`${flushMode}, random moments: ${await killAtRandom({ flushMode, rounds, seed })}`);
  for (let done = 0; done < rounds; done += ROUNDS_PER_SWEEP) {
    const figures = await killAtSteps({ flushMode, seed: seed + done });
    say(`${flushMode}, each step, seed ${seed + done}: ${figures}`);
  }
}
for (let done = 0; done < rounds; done += ROUNDS_PER_SWEEP) {
  const kills = { rounds: ROUNDS_PER_BROKER, seed: seed + done };
  const { acknowledged, fromBackup } = await killBroker(kills);
  say(
    `broker, configuration files, seed ${seed + done}: ${kills.rounds} kills, ` +
      `${acknowledged} answers kept, ${fromBackup} starts from a backup`,
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
