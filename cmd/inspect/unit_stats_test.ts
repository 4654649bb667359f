import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

interface StatsRow {
  readonly topic: string;
  readonly queueId?: number;
  readonly [count: string]: unknown;
}

async function statsOf(name: string, ...args: string[]): Promise<StatsRow[]> {
  const files = storeInMemory(name);
  const run = await record(["inspect", ...args, "store", "-o", "json"], { files });
  assert.equal(run.exitCode, 0);
  return JSON.parse(run.stdout);
}

Deno.test("--stats counts the units Java reads, by queue and by topic", async () => {
  for (const name of ["5.5.0-a-clean-102", "4.9.7-a-clean-101", "4.2.0-a-clean-103"]) {
    const queues = readTruth(name).queues.filter((it) => it.cq.length > 0);
    const byQueue = await statsOf(name, "cq", "--stats", "queue");
    for (const { topic, queueId, cq } of queues) {
      const row = byQueue.find((it) => it.topic === topic && it.queueId === queueId)!;
      assert.equal(row.units, cq.length);
      assert.equal(row.bytes, cq.reduce((sum, unit) => sum + unit[2]!, 0));
      assert.deepEqual([row.firstQueueOffset, row.lastQueueOffset], [cq[0]![0], cq.at(-1)![0]]);
      assert.deepEqual([row.firstLogOffset, row.lastLogOffset], [cq[0]![1], cq.at(-1)![1]]);
    }
    const byTopic = await statsOf(name, "cq", "--stats", "topic");
    const sum = (rows: readonly StatsRow[]) => rows.reduce((all, it) => all + Number(it.units), 0);
    assert.equal(sum(byTopic), sum(byQueue));
    assert.equal(sum(byTopic), queues.reduce((all, it) => all + it.cq.length, 0));
    assert.equal(byTopic.length, new Set(byQueue.map((it) => it.topic)).size);
  }
});

Deno.test("--stats counts the messages of batches", async () => {
  const name = "5.5.0-e-bcq-102";
  const [row] = await statsOf(name, "bcq", "--stats", "topic");
  const queues = readTruth(name).queues.filter((it) => it.cqType === "BatchCQ");
  assert.equal(row!.messages, queues.reduce((all, it) => all + it.maxOffset - it.minOffset, 0));
  assert.equal(row!.units, queues.reduce((all, it) => all + it.cq.length, 0));
});

Deno.test("--stats counts holes, lost files and what leads out of the log, and ends with 4", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const path = "store/consumequeue/T_order/0/00000000000000000000";
  files.zero(path, 40, 60);
  files.flip(path, 6 * 20 + 3);
  const run = await record(["inspect", "cq", path, "--stats", "queue", "-o", "json"], { files });
  const [row] = JSON.parse(run.stdout);
  assert.deepEqual([row.units, row.holes, row.beyond, row.missing], [7, 3, 1, 0]);
  assert.equal(run.exitCode, 4);
  files.remove("store/consumequeue/T_plain/0/00000000000000000000");
  const rest = await record(
    ["inspect", "cq", "store/consumequeue/T_plain/0", "--stats", "queue", "-o", "json"],
    { files },
  );
  assert.deepEqual(JSON.parse(rest.stdout)[0].firstQueueOffset, 60);
});

Deno.test("--stats counts what a filter leaves", async () => {
  const [row] = await statsOf("5.5.0-a-clean-102", "cq", "--stats", "topic", "--tag", "O");
  assert.deepEqual([row!.topic, row!.units], ["%RETRY%G_retry", 0]);
  const rows = await statsOf("5.5.0-a-clean-102", "cq", "--stats", "topic", "--tag", "O");
  assert.equal(rows.find((it) => it.topic === "T_order")!.units, 20);
});
