import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { fillerRecord } from "../../store/filler_record.ts";
import { storeNames } from "../../testdata/fixture.ts";
import { mountStore, record } from "../../testdata/recorded_terminal.ts";

function mounted(stores: Readonly<Record<string, string>>): MemoryFiles {
  const files = new MemoryFiles();
  for (const [root, name] of Object.entries(stores)) mountStore(files, root, { name });
  return files;
}

Deno.test("mq diff of every store and itself ends with 0", async () => {
  for (const name of storeNames()) {
    const files = mounted({ a: name, b: name });
    const { exitCode, stdout } = await record(["diff", "a", "b", "-o", "jsonl"], { files });
    assert.equal(exitCode, 0, name);
    assert.equal(JSON.parse(stdout).ranges, 0);
  }
});

Deno.test("mq diff --messages prints each message only one side has, with its side", async () => {
  const files = mounted({ a: "5.5.0-b-kill-start-102", b: "5.5.0-b-kill-start-102" });
  files.flip("b/commitlog/00000000000000000000", 2_660);
  const { exitCode, stdout } = await record(["diff", "a", "b", "--messages", "-o", "json"], {
    files,
  });
  const rows = JSON.parse(stdout);
  assert.equal(exitCode, 4);
  assert.deepEqual(rows.map((it: { kind: string }) => it.kind), ["range", "message", "summary"]);
  assert.deepEqual([rows[0].from, rows[0].onlyA, rows[0].damagedBytesB], [2559, 1, 372]);
  assert.deepEqual([rows[1].side, rows[1].commitLogOffset], ["a", 2559]);
  assert.equal(rows[2].from, 2559);
});

Deno.test("mq diff takes what mq recover filled in for no message, nor for nothing", async () => {
  const files = mounted({ a: "5.5.0-b-kill-start-102", b: "5.5.0-b-kill-start-102" });
  const where = { physicalOffset: 2931, size: 289 };
  const filler = fillerRecord({ ...where, storeTimestamp: 1, isSealed: false });
  const file = files.openWrite("b/commitlog/00000000000000000000");
  file.write(filler, 2931);
  file.close();
  for (
    const [stores, figures, side] of [["a b", "1 0 1 0", "b"], ["b a", "0 1 0 1", "a"]] as const
  ) {
    const { stdout } = await record(["diff", ...stores.split(" "), "--messages"], { files });
    const [, range, message] = stdout.split("\n").map((it) => it.replaceAll(/\t+/g, " "));
    const note = `${side} was filled in by mq recover (289 bytes)`;
    assert.equal(range, `range 2931 3220 ${figures} ${note}`);
    assert.match(message!, new RegExp(`^message only in ${side === "a" ? "b" : "a"}: T_plain`));
  }
});

Deno.test("mq diff --limit stops, and says that there may be more", async () => {
  const files = mounted({ a: "5.5.0-b-kill-start-102", b: "5.5.0-b-kill-start-102" });
  for (const at of [100, 2_660]) files.flip("b/commitlog/00000000000000000000", at);
  const { stdout } = await record(["diff", "a", "b", "--limit", "1"], { files });
  assert.match(stdout, /stopped at the limit, there may be more/);
});

Deno.test("mq diff ends with 8 where it cannot look", async () => {
  const files = mounted({ a: "5.5.0-b-kill-start-102" });
  assert.equal((await record(["diff", "a", "nowhere"], { files })).exitCode, 8);
  assert.equal((await record(["diff", "a", "a/config"], { files })).exitCode, 8);
});

Deno.test("mq diff stops when its reader goes away", async () => {
  const files = mounted({ a: "5.5.0-a-clean-102", b: "4.9.7-a-clean-101" });
  const { stdout } = await record(["diff", "a", "b", "--messages"], { files, readerBytesMax: 10 });
  assert(stdout.length < 200_000);
});

Deno.test("mq diff says that it compares no queues and no index", async () => {
  const files = mounted({ a: "5.5.0-a-clean-102", b: "5.5.0-a-clean-102" });
  files.remove("b/consumequeue");
  const { exitCode, stdout } = await record(["diff", "a", "b"], { files });
  assert.equal(exitCode, 0);
  assert.match(stdout, /queues and index were not compared, see mq verify/);
  const logs = await record(["diff", "a/commitlog", "b/commitlog"], { files });
  assert.doesNotMatch(logs.stdout, /not compared/, "two logs have none");
});
