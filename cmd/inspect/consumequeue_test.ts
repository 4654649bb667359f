import assert from "node:assert/strict";
import { readTruth, storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { applyRepair } from "../../store/repair/repair.ts";

const CLEAN = storeNames().filter((name) =>
  /-(a-clean|e-(?!rocksdb|bcq-kill|cqext)|f-ha)/.test(name)
);

Deno.test("mq inspect consumequeue prints the units Java reads", async () => {
  for (const name of CLEAN) {
    const files = storeInMemory(name);
    const run = await record(["inspect", "cq", "store", "-o", "jsonl"], { files });
    assert.equal(run.exitCode, 0, name);
    const units = new Map<string, number[][]>();
    for (const line of run.stdout.split("\n").filter(Boolean)) {
      const row = JSON.parse(line);
      if (row.kind !== "unit") continue;
      const queue = `${row.topic}/${row.queueId}`;
      const unit = [row.queueOffset, row.commitLogOffset, row.size, Number(row.tagsCode)];
      units.set(queue, [...units.get(queue) ?? [], unit]);
    }
    for (const queue of readTruth(name).queues.filter((it) => it.cq.length > 0)) {
      const place = `${queue.topic}/${queue.queueId}`;
      const java = queue.cq.map((unit) => unit.slice(0, 4));
      const own = units.get(place)!.filter(([index]) => index! >= queue.minOffset);
      assert.deepEqual(own, java, `${name} ${place}`);
    }
  }
});

Deno.test("mq inspect consumequeue stops at the limit, over queues", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const { stdout } = await record(
    ["inspect", "cq", "store/consumequeue/T_order", "--limit", "11", "--no-header"],
    { files },
  );
  const kinds = stdout.trimEnd().split("\n").map((line) => line.split("\t")[0]);
  assert.equal(kinds.filter((kind) => kind === "unit").length, 11);
});

Deno.test("mq inspect consumequeue shows the padding of a queue that begins inside a file", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  const path = "store/consumequeue/T_plain/0/00000000000000000000";
  const bytes = files.snapshot().get(path)!;
  const padded = new Uint8Array(bytes.length);
  const padding = new DataView(padded.buffer);
  for (const unit of [0, 1]) padding.setInt32(unit * 20 + 8, 0x7fffffff);
  padded.set(bytes.subarray(0, 20), 40);
  files.put(path, padded);
  const { stdout } = await record(
    ["inspect", "cq", path, "-o", "jsonl", "--fields", "kind,queueOffset,units"],
    { files },
  );
  assert.deepEqual(stdout.trimEnd().split("\n").map((line) => JSON.parse(line)), [
    { kind: "padding", queueOffset: 0, units: 2 },
    { kind: "unit", queueOffset: 2 },
    { kind: "tail", queueOffset: 3, units: 57 },
  ]);
});

Deno.test("mq inspect consumequeue shows which units stand in for lost messages", async () => {
  const store = new SmallStore();
  store.addMany(10, { body: new Uint8Array(100) }).save();
  for (const nth of [0, 1, 4, 5]) store.log.flip(store.log.records[nth]!.at + 120);
  await applyRepair(store.files, "store", { allowDataLoss: true });
  const kindsOf = async (place: string, ...options: readonly string[]) => {
    const wish = ["-o", "jsonl", "--fields", "kind,queueOffset", ...options];
    const run = await record(["inspect", "cq", place, ...wish], { files: store.files });
    return run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === "stand-in").map(({ queueOffset }) => queueOffset);
  };
  assert.deepEqual(await kindsOf("store"), [0, 1, 4, 5]);
  assert.deepEqual(await kindsOf("store", "--from", "5", "--to", "6"), [5]);
  // Which of the units in a row is the message's own only the log tells.
  store.files.remove("store/commitlog");
  assert.deepEqual(await kindsOf("store/consumequeue/TopicTest/0"), []);
});
