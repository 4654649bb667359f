import assert from "node:assert/strict";
import { byQueue, clusterWithMessages } from "../../../testdata/admin_cluster.ts";

const QUEUE = { topic: "T", brokerName: "broker-a" };

Deno.test("cloneOffsets() gives one group the places of another", async () => {
  await using it = await clusterWithMessages();
  const { admin } = it.client;
  await admin.createGroup("h");
  await admin.setOffset("g", { ...QUEUE, queueId: 1, offset: 2 });
  await admin.cloneOffsets("g", "h", { topic: "T" });
  assert.deepEqual(byQueue(await admin.offsets("h", "T")), [[1, 2]]);
  await admin.setOffset("g", { ...QUEUE, queueId: 0, offset: 1 });
  await admin.cloneOffsets("g", "h");
  assert.deepEqual(byQueue(await admin.offsets("h", "T")), [[0, 1], [1, 2]]);
});

Deno.test("searchOffset() and queueRange() tell where a queue begins, ends, and was at a time", async () => {
  await using it = await clusterWithMessages();
  const { admin } = it.client;
  const queue = { ...QUEUE, queueId: 0 };
  assert.deepEqual(await admin.queueRange(queue), { min: 0, max: 3 });
  assert.equal(await admin.searchOffset(queue, 0), 0);
  assert.equal(await admin.searchOffset(queue, new Date(Date.now() + 60_000)), 3);
  await assert.rejects(admin.queueRange({ ...queue, brokerName: "x" }), { kind: "invalid" });
  await assert.rejects(admin.setOffset("g", { ...queue, offset: -1 }), {
    kind: "invalid",
    message: 'Cannot move group "g": offset is -1, expected 0 or more',
  });
});
