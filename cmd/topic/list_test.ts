import assert from "node:assert/strict";
import { recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";

Deno.test("mq topic list tells of each topic what its brokers say together", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  await admin.createTopic("Orders", { readQueues: 3, writeQueues: 4 });
  await admin.createTopic("%RETRY%g", { readQueues: 1, writeQueues: 1, brokers: ["broker-b"] });
  await admin.updateTopic("Orders", { perm: 4, brokers: ["broker-a"] });
  const { rows, exitCode } = await rowsAt(it, ["topic", "list"]);
  assert.equal(exitCode, 0);
  assert.deepEqual(rows, [
    {
      topic: "%RETRY%g",
      kind: "retry",
      readQueues: 1,
      writeQueues: 1,
      perm: 6,
      order: false,
      brokers: ["broker-b"],
      attributes: {},
    },
    {
      topic: "Orders",
      kind: "user",
      readQueues: 6,
      writeQueues: 8,
      perm: 6,
      order: false,
      brokers: ["broker-a", "broker-b"],
      attributes: {},
    },
  ]);
});

Deno.test("mq topic list leaves out the brokers' own topics unless they are asked for", async () => {
  await using it = await ClusterFixture.start();
  assert.equal((await recordAt(it, ["topic", "list", "--no-header"])).stdout, "");
  const { rows } = await rowsAt<{ topic: string; kind: string }>(it, ["topic", "list", "--all"]);
  const kinds = new Map(rows.map((row) => [row.topic, row.kind]));
  for (const topic of ["TBW102", "C1", "broker-a", "C1_REPLY_TOPIC"]) {
    assert.equal(kinds.get(topic), "system", topic);
  }
  assert.equal(kinds.get("SCHEDULE_TOPIC_XXXX"), "delay");
  const none = await recordAt(it, ["topic", "list", "--cluster", "C2"]);
  assert.equal(none.exitCode, 16);
  assert.match(none.stderr, /^mq: Cannot find cluster "C2": there is C1; /);
});
