import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const scan = (files: ReturnType<typeof storeInMemory>) =>
  record(["query", "store", "--key", "none", "--scan"], { files });

Deno.test("scanLog() notes damage, because it may hide what is looked for", async () => {
  const { stderr, exitCode } = await scan(storeInMemory("5.5.0-c-flip-102-first"));
  assert.equal(exitCode, 4);
  assert.match(stderr, /the log is damaged at 32324 \(466 bytes\)/);
});

Deno.test("scanLog() takes the torn end of an unclean stop for no damage", async () => {
  const files = storeInMemory("5.5.0-b-kill-load-102");
  files.zero("store/commitlog/00000000000000131072", 35840, 300);
  assert.equal((await scan(files)).exitCode, 0);
  files.remove("store/abort");
  assert.equal((await scan(files)).exitCode, 4);
});
