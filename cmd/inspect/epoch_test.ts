import assert from "node:assert/strict";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const PATH = "store/epochFileCheckpoint";

async function epochsOf(lines: readonly string[], ...args: string[]) {
  const files = storeInMemory("5.5.0-d-expire-102");
  files.put(PATH, new TextEncoder().encode([lines.length, 0, ...lines, ""].join("\n")));
  const run = await record(["inspect", "epoch", "store", "-o", "json", ...args], { files });
  return JSON.parse(run.stdout);
}

Deno.test("mq inspect epoch says how much of each leadership the log still has", async () => {
  // The log has 196608 to 327680.
  const rows = await epochsOf(["1-0", "2-65536", "4-200000", "5-300000", "9-400000"]);
  assert.deepEqual(
    rows.map((row: { log: string }) => row.log),
    [
      "none",
      "part",
      "whole",
      "part",
      "none",
    ].map((it, at) => at === 3 ? "part" : it),
  );
  assert.deepEqual(rows[1], {
    epoch: 2,
    startOffset: 65_536,
    endOffset: 200_000,
    bytes: 134_464,
    log: "part",
  });
  const some = await epochsOf(["1-0", "2-65536", "4-200000"], "--from", "65536", "--to", "70000");
  assert.deepEqual(some.map((row: { epoch: number }) => row.epoch), [2]);
});

Deno.test("mq inspect epoch says of every recorded store that it has none", async () => {
  for (const name of storeNames()) {
    const run = await record(["inspect", "epoch", "store"], { files: storeInMemory(name) });
    assert.equal(run.exitCode, 8, name);
    assert.match(run.stderr, /has no epoch file: its broker was not under a controller/);
  }
});
