import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

async function ask(files: ReturnType<typeof storeInMemory>, topic: string, index: number) {
  const place = ["--topic", topic, "--queue", "0", "--queue-offset", String(index)];
  const run = await record(
    ["query", "store", "--fields", "queueOffset", "--no-header", ...place],
    { files },
  );
  return run;
}

Deno.test("findByQueueOffset() reads the log for what a queue does not have", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const path = "store/consumequeue/T_plain/0/00000000000000001200";
  files.zero(path, 60, 1140);
  const lost = await ask(files, "T_plain", 65);
  assert.equal(lost.stdout, "65\n");
  assert.match(lost.stderr, /not in the queue's files: reading the log from \d+ on/);
  files.remove("store/consumequeue/T_plain");
  const gone = await ask(files, "T_plain", 3);
  assert.equal(gone.stdout, "3\n");
  assert.match(gone.stderr, /reading the whole log/);
});

Deno.test("findByQueueOffset() finds the batch a message is in", async () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const { stdout, stderr } = await ask(files, "T_bcq", 4);
  assert.equal(stdout, "3\n");
  assert.match(stderr, /the queue leads to a record of T_bcq queue 0 offset 3/);
});

Deno.test("findByQueueOffset() tells removed from damaged records", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.flip("store/commitlog/00000000000000000000", 100);
  const damaged = await ask(files, "T_retry", 0);
  assert.equal(damaged.exitCode, 4);
  assert.match(damaged.stderr, /the queue leads to 0, where the log is damaged/);
  files.remove("store/commitlog/00000000000000000000");
  const removed = await ask(files, "T_retry", 0);
  assert.equal(removed.exitCode, 0);
  assert.match(removed.stderr, /which the log no longer has/);
});
