import assert from "node:assert/strict";
import { fill, recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";

Deno.test("mq topic describe tells of brokers, queues and groups", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 1, writeQueues: 2, order: true });
  await admin.createGroup("g");
  await fill(it, { topic: "T", queueId: 0, count: 3 });
  await admin.setOffset("g", { topic: "T", brokerName: "broker-a", queueId: 0, offset: 1 });
  const { rows } = await rowsAt(it, ["topic", "describe", "T"]);
  assert.deepEqual(rows.map((row) => row["kind"]), [
    "broker",
    "queue",
    "queue",
    "group",
    "summary",
  ]);
  assert.deepEqual(rows[3], { kind: "group", topic: "T", group: "g", lag: 2, members: 0 });
  assert.deepEqual(rows[4], { kind: "summary", topic: "T", queues: 2, messages: 3 });
  assert.equal(rows[1]!["messages"], 3);
  const { stdout } = await recordAt(it, ["topic", "describe", "T"]);
  const lines = stdout.split("\n");
  assert.match(lines[1]!, /: 1 to read, 2 to write, perm 6, order$/);
  assert.match(lines[3]!, /^queue\tbroker-a\t1\t0\t0\t0\t.*\twritten only$/);
  assert.match(lines[5]!, /\t2 queues$/);
});

Deno.test("mq topic describe says that there is no such topic", async () => {
  await using it = await ClusterFixture.start();
  const { exitCode, stdout, stderr } = await recordAt(it, ["topic", "describe", "None"]);
  assert.deepEqual([exitCode, stdout], [8, ""]);
  assert.equal(stderr, 'mq: Cannot find topic "None": no broker has it\n');
});
