import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq inspect offsets --delay has Java's queues, and when the next message is due", async () => {
  for (const name of ["5.5.0-a-clean-102", "4.9.7-a-clean-101", "4.2.0-a-clean-103"]) {
    const files = storeInMemory(name);
    const run = await record(["inspect", "offsets", "store", "--delay", "-o", "json"], { files });
    assert.equal(run.exitCode, 0);
    const rows = JSON.parse(run.stdout);
    const queues = readTruth(name).queues.filter((it) => {
      return it.topic === "SCHEDULE_TOPIC_XXXX" && it.cq.length > 0;
    });
    for (const queue of queues) {
      const row = rows.find((it: { queueId: number }) => it.queueId === queue.queueId);
      assert.equal(row.level, queue.queueId + 1);
      assert.deepEqual([row.minOffset, row.maxOffset], [queue.minOffset, queue.maxOffset]);
      const next = queue.cq.find(([index]) => index! >= (row.offset ?? 0));
      assert.equal(row.nextDelivery, next?.[3]);
      assert.equal(row.lag, queue.maxOffset - (row.offset ?? 0));
    }
  }
});

Deno.test("mq inspect offsets --delay tells the levels a broker was set to by its messages", async () => {
  const store = new SmallStore({ segmentBytes: 65_536, fileUnits: 100 });
  const queue = { topic: "SCHEDULE_TOPIC_XXXX", queueId: 18 };
  for (let unit = 0; unit < 3; unit++) store.add({ ...queue, properties: "DELAY\u000119\u0002" });
  const { files } = store.save();
  const run = await record(["inspect", "offsets", "store", "--delay", "-o", "json"], { files });
  assert.equal(run.exitCode, 0);
  const [row, ...rest] = JSON.parse(run.stdout);
  assert.deepEqual(rest, []);
  assert.deepEqual([row.level, row.queueId, row.maxOffset], [19, 18, 3]);
});
