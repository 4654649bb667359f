import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq export prints messages with their bodies, one JSON object a line", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const { stdout, exitCode } = await record(["export", "store", "--topic", "T_tags"], { files });
  const rows = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(exitCode, 0);
  assert.equal(rows.length, 140);
  for (const row of rows) {
    assert.deepEqual([row.topic, row.bodyEncoding], ["T_tags", "base64"]);
    assert.equal(Buffer.from(row.body, "base64").length, row.bodySize);
  }
});

Deno.test("mq export --into makes a store of what was chosen", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const args = ["export", "store", "--topic", "T_tags", "--queue", "1", "--into", "copy"];
  const { stdout, exitCode } = await record([...args, "-o", "json"], { files });
  assert.equal(exitCode, 0);
  const [summary] = JSON.parse(stdout);
  assert.deepEqual([summary.topics, summary.renumberedQueues], [1, 0]);
  assert.equal((await record(["verify", "copy"], { files })).exitCode, 0);
  const found = await record(["inspect", "commitlog", "copy", "-o", "json"], { files });
  const messages = JSON.parse(found.stdout).filter((it: { kind: string }) => it.kind === "message");
  assert.equal(messages.length, summary.messages);
  assert(messages.every((it: { queueId: number }) => it.queueId === 1));
});

Deno.test("mq export --into refuses a place that is taken, and one in the store", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  for (const [into, reason] of [["store", "exists"], ["store/x", "in the store"], ["", "empty"]]) {
    const { stderr, exitCode } = await record(["export", "store", "--into", into!], { files });
    assert.equal(exitCode, into === "" ? 16 : 8);
    assert.match(stderr, new RegExp(reason!));
  }
});

Deno.test("mq export --into ends with 4 where the log is damaged", async () => {
  const files = storeInMemory("5.5.0-c-flip-102-first");
  const { stderr, exitCode } = await record(["export", "store", "--into", "copy"], { files });
  assert.equal(exitCode, 4);
  assert.match(stderr, /466 bytes of the log are no record/);
});

Deno.test("mq export --into refuses how bodies are to be printed", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  for (const option of [["--body", "text"], ["--raw"]]) {
    const args = ["export", "store", "--into", "copy", ...option];
    const { stderr, exitCode } = await record(args, { files });
    assert.equal(exitCode, 16);
    assert.match(stderr, new RegExp(`^mq: ${option[0]} says how bodies are printed; --into keeps`));
    assert.equal(files.stat("copy"), undefined);
  }
});
