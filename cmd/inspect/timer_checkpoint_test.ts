import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq inspect timer --part checkpoint prints as many fields as the file has", async () => {
  const files = storeInMemory("5.5.0-e-timer-102");
  const args = ["inspect", "timer", "store", "--part", "checkpoint", "-o", "json"];
  const [whole] = JSON.parse((await record(args, { files })).stdout);
  assert.equal(whole.lastTimerQueueOffset, 26);
  for (const [size, fields] of [[4096, 7], [4095, 7], [56, 7], [55, 6], [8, 1], [7, 0], [0, 0]]) {
    files.cut("store/config/timercheck", size!);
    const run = await record(args, { files });
    assert.equal(run.exitCode, size === 4096 ? 0 : 4);
    const [row] = JSON.parse(run.stdout);
    assert.deepEqual(row, Object.fromEntries(Object.entries(whole).slice(0, fields)));
  }
});
