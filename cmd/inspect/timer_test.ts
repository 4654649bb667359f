import assert from "node:assert/strict";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const STORE = "5.5.0-e-timer-102";

Deno.test("mq inspect timer says of every store whether it has a timer store", async () => {
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    const has = files.stat("store/timerwheel") !== undefined;
    const run = await record(["inspect", "timer", "store"], { files });
    assert.equal(run.exitCode, has ? 0 : 8, name);
    if (!has) assert.match(run.stderr, /has no timer store/);
  }
});

Deno.test("mq inspect timer reads a part by its own path, without the rest", async () => {
  const files = storeInMemory(STORE);
  const snapshot = files.snapshot();
  files.put("lone/timerwheel", snapshot.get("store/timerwheel")!);
  files.put(
    "log/timerlog/00000000000000000000",
    snapshot.get("store/timerlog/00000000000000000000")!,
  );
  files.put("check/timercheck", snapshot.get("store/config/timercheck")!);
  const countOf = async (path: string) => {
    const run = await record(["inspect", "timer", path, "-o", "json"], { files });
    return [run.exitCode, JSON.parse(run.stdout).length];
  };
  // Without the timer log the chains of the slots cannot be followed, and all may be pending.
  assert.deepEqual(await countOf("lone/timerwheel"), [4, 18]);
  assert.deepEqual(await countOf("log/timerlog"), [0, 27]);
  assert.deepEqual(await countOf("check/timercheck"), [0, 1]);
  const other = await record(["inspect", "timer", "lone/timerwheel", "--part", "log"], { files });
  assert.match(other.stderr, /"lone\/timerwheel" is no timerlog/);
});

Deno.test("mq inspect timer names the parts that are there when one is missing", async () => {
  const files = storeInMemory(STORE);
  files.remove("store/timerwheel");
  const run = await record(["inspect", "timer", "store"], { files });
  assert.equal(run.exitCode, 8);
  assert.match(
    run.stderr,
    /has no timerwheel; it has --part log, --part checkpoint, --part metrics/,
  );
});

Deno.test("mq inspect timer refuses options that are for another part", async () => {
  const files = storeInMemory(STORE);
  const errorOf = async (...args: string[]) => {
    const run = await record(["inspect", "timer", "store", ...args], { files });
    assert.equal(run.exitCode, 16);
    return run.stderr;
  };
  assert.match(await errorOf("--records"), /--records is for --part log, not for slots/);
  assert.match(await errorOf("--part", "log", "--pending"), /--pending is for --part slots, not/);
  assert.match(
    await errorOf("--part", "checkpoint", "--topic", "T"),
    /--topic is for --part log or --part metrics, not for checkpoint/,
  );
});
