import assert from "node:assert/strict";
import { fill, recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { fakeMember } from "../../testdata/fake_member.ts";
import { Cluster } from "../../net/client/cluster.ts";

Deno.test("mq group progress tells of each queue how much is left, and who has it", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  await admin.createGroup("g");
  await fill(it, { topic: "T", queueId: 1, count: 3 });
  const queue = { topic: "T", brokerName: "broker-a", queueId: 1 };
  await admin.setOffset("g", { ...queue, offset: 1 });
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  await cluster.join(fakeMember({ group: "g", topic: "T", queues: [queue] }));
  const { rows, stderr } = await rowsAt(it, ["group", "progress", "g", "--topic", "T"]);
  assert.equal(stderr, "");
  assert.deepEqual(rows.map((row) => [row["kind"], row["queueId"], row["lag"], row["clientId"]]), [
    ["queue", 0, 0, undefined],
    ["queue", 1, 2, cluster.clientId],
    ["summary", undefined, 2, undefined],
  ]);
  await cluster.join({
    ...fakeMember({ group: "h", topic: "T" }),
    runningInfo: () => Promise.reject(new Error("no")),
  });
  const silent = await recordAt(it, ["group", "progress", "h", "--topic", "T"]);
  assert.equal(silent.exitCode, 0);
  assert.equal(
    silent.stderr,
    `mq: 1 member: ${cluster.clientId} did not tell which queues they have\n`,
  );
});

Deno.test("mq group progress tells a group without offsets from one that is not there", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createGroup("g");
  const idle = await rowsAt(it, ["group", "progress", "g"]);
  assert.deepEqual(idle.rows, [{ kind: "summary", group: "g", lag: 0, members: 0, consumeTps: 0 }]);
  const none = await recordAt(it, ["group", "progress", "none"]);
  assert.deepEqual([none.exitCode, none.stdout], [8, ""]);
});
