import assert from "node:assert/strict";
import { fill, recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { fakeMember } from "../../testdata/fake_member.ts";
import { Cluster } from "../../net/client/cluster.ts";

Deno.test("mq group describe tells settings, members, subscriptions and lag", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  await admin.createGroup("g", { retryMaxTimes: 3, consumeBroadcastEnable: false });
  await fill(it, { topic: "T", queueId: 0, count: 3 });
  await admin.setOffset("g", { topic: "T", brokerName: "broker-a", queueId: 0, offset: 1 });
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  await cluster.join(fakeMember({ group: "g", topic: "T" }));
  const { rows } = await rowsAt(it, ["group", "describe", "g"]);
  assert.deepEqual(rows.map((row) => row["kind"]), [
    "broker",
    "member",
    "subscription",
    "topic",
    "summary",
  ]);
  assert.equal(rows[0]!["retryMaxTimes"], 3);
  assert.equal(rows[1]!["clientId"], cluster.clientId);
  assert.deepEqual(rows[3], { kind: "topic", group: "g", topic: "T", queues: 2, lag: 2 });
  const { stdout } = await recordAt(it, ["group", "describe", "g"]);
  assert.match(stdout, /: 3 retries in 1 queue, may not broadcast\n/);
  assert.match(stdout, /\ta \|\| b\n/);
  assert.match(stdout, /\t2\t1 member online, clustering\n$/);
});

Deno.test("mq group describe says that there is no such group, and that nobody is there", async () => {
  await using it = await ClusterFixture.start();
  const none = await recordAt(it, ["group", "describe", "none"]);
  assert.deepEqual([none.exitCode, none.stdout], [8, ""]);
  assert.equal(
    none.stderr,
    'mq: Group "none" does not exist: no broker has settings or offsets of it\n',
  );
  await it.client.admin.createGroup("g");
  assert.match((await recordAt(it, ["group", "describe", "g"])).stdout, /\tnobody is online\n$/);
});
