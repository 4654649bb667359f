import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const PATH = "store/config/timermetrics";
const ARGS = ["inspect", "timer", "store", "--part", "metrics", "-o", "json"];

Deno.test("mq inspect timer --part metrics counts by topic, from the backup where it has to", async () => {
  const files = storeInMemory("5.5.0-e-timer-102");
  const text = (value: string) => new TextEncoder().encode(value);
  const run = await record(ARGS, { files });
  assert.deepEqual(JSON.parse(run.stdout), [
    { topic: "T_timer", count: 12, timestamp: 1_795_254_781_089 },
  ]);
  files.put(PATH, text('{"timingCount":{"A":{"count":1,"timeStamp":2},"B":{"count":0}}}'));
  const other = await record([...ARGS, "--topic", "A"], { files });
  assert.deepEqual(JSON.parse(other.stdout), [{ topic: "A", count: 1, timestamp: 2 }]);
  files.put(PATH, text('{"timingCount":7}'));
  const backup = await record(ARGS, { files });
  assert.equal(backup.exitCode, 4);
  assert.equal(JSON.parse(backup.stdout)[0].count, 12);
  assert.match(backup.stderr, /"timingCount": not an object; read .*\.bak instead/);
  files.remove(`${PATH}.bak`);
  const none = await record(ARGS, { files });
  assert.deepEqual([none.exitCode, none.stdout], [4, "[]\n"]);
});
