import assert from "node:assert/strict";
import { readTruth, storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq inspect checkpoint prints what Java wrote at a clean stop", async () => {
  for (const name of storeNames().filter((it) => it.includes("-a-clean"))) {
    const files = storeInMemory(name);
    const { stdout } = await record(["inspect", "checkpoint", "store", "-o", "jsonl"], { files });
    const own = JSON.parse(stdout);
    const java = readTruth(name).checkpoint;
    assert.equal(own.physicMsgTimestamp, java.physicMsgTimestamp, name);
    assert.equal(own.indexMsgTimestamp, java.indexMsgTimestamp, name);
  }
});

Deno.test("mq inspect checkpoint ends with 4 for a file of another length", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.put("store/checkpoint", new Uint8Array(5000));
  const run = await record(["inspect", "checkpoint", "store"], { files });
  assert.equal(run.exitCode, 4);
  assert.match(run.stderr, /it has 5000 bytes, a checkpoint 4096/);
});

Deno.test("mq inspect checkpoint shows no number that is cut in two", async () => {
  const whole = ["physicMsgTimestamp", "logicsMsgTimestamp", "indexMsgTimestamp"];
  for (let size = 0; size < 24; size++) {
    const files = storeInMemory("5.5.0-a-clean-102");
    files.cut("store/checkpoint", size);
    const run = await record(["inspect", "checkpoint", "store", "-o", "json"], { files });
    const [row] = JSON.parse(run.stdout);
    assert.deepEqual(Object.keys(row ?? {}), whole.slice(0, Math.floor(size / 8)), `${size}`);
    assert.equal(run.exitCode, 4);
    assert.match(run.stderr, new RegExp(`it has ${size} bytes, a checkpoint 4096`));
  }
});
