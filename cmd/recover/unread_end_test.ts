import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq recover counts messages as lost that stand where the disk cannot read the log's end", async () => {
  for (const args of [[], ["--into", "copy"]]) {
    const files = storeInMemory("5.5.0-a-clean-102");
    files.breakRange("store/commitlog/00000000000000327680", 0, 65_536);
    const run = await record(["recover", "store", ...args, "-o", "jsonl"], { files });
    const rows = run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    const { messages, messagesLost, logEnd } = rows.at(-1);
    assert.deepEqual([messages, messagesLost, logEnd], [563, 6, 327_680]);
    const dropped = rows.filter((it) => it.action === "truncate-queue");
    assert(dropped.length > 0 && dropped.every((it) => it.safe === false));
  }
});

Deno.test("mq recover drops units behind a log that was read to its end without a loss", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.zero("store/commitlog/00000000000000327680", 0, 65_536);
  files.breakRange("store/commitlog/00000000000000065536", 0, 4096);
  const { stdout } = await record(["recover", "store", "-o", "jsonl"], { files });
  const rows = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  const dropped = rows.filter((it) => it.action === "truncate-queue");
  assert(dropped.length > 0 && dropped.every((it) => it.safe === true));
});
