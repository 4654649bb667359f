import assert from "node:assert/strict";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq cluster status refuses addresses that are none, and prints its fields", async () => {
  const bad = await record(["cluster", "status", "-n", "nowhere"]);
  assert.deepEqual([bad.exitCode, bad.stdout], [16, ""]);
  const fields = await record(["cluster", "status", "-o", "help"]);
  assert.equal(fields.exitCode, 0);
  assert.match(fields.stdout, /diskRatio/);
});
