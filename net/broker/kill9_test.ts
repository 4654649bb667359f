/**
 * A whole broker in a process of its own, killed for real while it replaces its configuration files.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { killBroker } from "../../testdata/kill9/broker_rounds.ts";

const SEED = 20_262;
const ROUNDS = 20;

Deno.test(`a broker killed ${ROUNDS} times as it saves its tables keeps what it answered, seed ${SEED}`, async () => {
  const { acknowledged, fromBackup } = await killBroker({ rounds: ROUNDS, seed: SEED });
  process.stdout.write(
    `${ROUNDS} kills, ${acknowledged} answers kept, ${fromBackup} starts from a backup\n`,
  );
  assert(acknowledged > ROUNDS, "the broker died before it answered");
  assert(fromBackup > 0, "no kill fell between the two renames");
});
