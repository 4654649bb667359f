import assert from "node:assert/strict";
import { fill, recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { fakeMember } from "../../testdata/fake_member.ts";
import { Cluster } from "../../net/client/cluster.ts";

Deno.test("mq group list tells members and lag, and leaves out the brokers' own groups", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 1, writeQueues: 1 });
  await admin.createGroup("idle");
  await admin.createGroup("g");
  await fill(it, { topic: "T", queueId: 0, count: 3 });
  await admin.setOffset("g", { topic: "T", brokerName: "broker-a", queueId: 0, offset: 1 });
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  await cluster.join(fakeMember({ group: "g", topic: "T" }));
  const { rows, exitCode } = await rowsAt(it, ["group", "list"]);
  assert.equal(exitCode, 0);
  assert.deepEqual(rows, [
    {
      group: "g",
      members: 1,
      lag: 2,
      consumeTps: 0,
      topics: ["T"],
      messageModel: "CLUSTERING",
      consumeType: "CONSUME_PASSIVELY",
    },
    { group: "idle", members: 0, lag: 0, consumeTps: 0, topics: [] },
  ]);
  const { stdout } = await recordAt(it, ["group", "list", "--all", "--fields", "group"]);
  assert(stdout.includes("TOOLS_CONSUMER\n"));
});
