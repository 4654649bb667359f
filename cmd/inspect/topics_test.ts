import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

async function rowsOf(name: string, args: readonly string[]) {
  const files = storeInMemory(name);
  const run = await record(["inspect", "topics", "store", "-o", "json", ...args], { files });
  return JSON.parse(run.stdout);
}

Deno.test("mq inspect topics --queues has the extents and times Java has", async () => {
  for (const name of ["5.5.0-a-clean-102", "4.9.7-a-clean-101", "5.5.0-d-expire-102"]) {
    const { queues, log } = readTruth(name);
    const timeOf = new Map(log.map((it) => [it.commitLogOffset, it.storeTimestamp]));
    for (const row of await rowsOf(name, ["--queues"])) {
      const java = queues.find((it) => it.topic === row.topic && it.queueId === row.queueId)!;
      assert.deepEqual([row.minOffset, row.maxOffset], [java.minOffset, java.maxOffset]);
      assert.equal(row.messages, java.messages.length);
      assert.equal(row.firstStoreTimestamp, timeOf.get(java.messages[0]?.[1] ?? -1));
      assert.equal(row.lastStoreTimestamp, timeOf.get(java.messages.at(-1)?.[1] ?? -1));
    }
  }
});

Deno.test("mq inspect topics sums the queues of a topic, and keeps topics without any", async () => {
  const rows = await rowsOf("5.5.0-a-clean-102", []);
  const find = (topic: string) => rows.find((row: { topic: string }) => row.topic === topic);
  assert.equal(find("T_plain").messages, 267);
  assert.deepEqual([find("TBW102").queues, find("TBW102").configured], [0, true]);
  const topics = rows.map((row: { topic: string }) => row.topic);
  assert.deepEqual(topics, topics.toSorted());
});

Deno.test("mq inspect topics takes no light queue for a topic that was deleted", async () => {
  const files = storeInMemory("5.5.0-e-lmq-102");
  for (const what of ["topics", "store"]) {
    const { stdout } = await record(["inspect", what, "store"], { files });
    const light = stdout.split("\n").filter((line) => line.startsWith("%LMQ%dev"));
    assert.equal(light.length, 3, what);
    assert(light.every((line) => !line.includes("topics.json")), what);
  }
});
