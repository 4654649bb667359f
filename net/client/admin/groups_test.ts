import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { fakeMember } from "../../../testdata/fake_member.ts";
import { Cluster } from "../cluster.ts";

Deno.test("createGroup() makes a group with Java's defaults, and keeps what is not said later", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  assert.deepEqual(await admin.createGroup("billing", { retryMaxTimes: 3 }), [
    "broker-a",
    "broker-b",
  ]);
  assert.deepEqual(
    await admin.updateGroup("billing", { consumeEnable: false, brokers: ["broker-b"] }),
    [
      "broker-b",
    ],
  );
  const [a, b] = await admin.groupConfig("billing");
  assert.deepEqual([a?.brokerName, a?.retryMaxTimes, a?.consumeEnable], ["broker-a", 3, true]);
  assert.deepEqual([b?.brokerName, b?.retryMaxTimes, b?.consumeEnable], ["broker-b", 3, false]);
  assert.deepEqual([b?.retryQueueNums, b?.consumeBroadcastEnable, b?.brokerId], [1, true, 0]);
  assert((await admin.groups()).includes("billing"));
  assert.deepEqual(await admin.groupConfig("none"), []);
  await assert.rejects(admin.createGroup("g", { retryMaxTimes: 1.5 }), {
    kind: "invalid",
    message: 'Cannot make group "g": retryMaxTimes is 1.5, expected a whole number',
  });
});

Deno.test("deleteGroup() takes the offsets with it, and topics only where it is asked to", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 1, writeQueues: 1 });
  await admin.createTopic("%RETRY%g", { readQueues: 1, writeQueues: 1 });
  const queue = { topic: "T", brokerName: "broker-a", queueId: 0 };
  for (const offsets of [false, true]) {
    await admin.createGroup("g");
    await admin.setOffset("g", { ...queue, offset: 5 });
    await admin.deleteGroup("g", { offsets });
    assert.equal((await admin.groups()).includes("g"), false);
    assert.equal((await admin.offsets("g", "T"))[0]?.offset, offsets ? undefined : 5);
  }
  assert.notEqual(await admin.route("%RETRY%g"), undefined);
  await admin.deleteGroup("g", { topics: true });
  assert.equal(await admin.route("%RETRY%g"), undefined);
});

Deno.test("members() tells who is in a group once, however many brokers know it", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  await admin.createTopic("eu%T", { readQueues: 1, writeQueues: 1 });
  assert.deepEqual(await admin.members("eu%g"), {
    group: "eu%g",
    consumeType: "",
    messageModel: "",
    consumeFromWhere: "",
    subscriptions: [],
    members: [],
  });
  assert.deepEqual(await admin.producers("eu%p"), []);
  await using cluster = new Cluster({ nameServers: it.nameServer.peer, instanceName: "i" });
  await cluster.join(fakeMember({ group: "eu%g", topic: "eu%T" }));
  await cluster.join({ kind: "producer", group: "eu%p", topics: () => ["eu%T"] });
  const eu = it.connect({ namespace: "eu" }).admin;
  const found = await eu.members("g");
  assert.deepEqual(found.subscriptions, [
    // Brokers add the retry topic of a group by themselves when it is pulled, not when it is told of.
    { topic: "T", expression: "a || b", expressionType: "TAG" },
  ]);
  assert.deepEqual(
    [found.consumeType, found.messageModel, found.consumeFromWhere],
    ["CONSUME_PASSIVELY", "CLUSTERING", "CONSUME_FROM_LAST_OFFSET"],
  );
  assert.deepEqual(found.members.map((it) => it.clientId), [cluster.clientId]);
  assert.match(found.members[0]!.address, /^127\.0\.0\.1:\d+$/);
  assert.equal(found.members[0]!.language, "OTHER");
  const producers = await eu.producers("p");
  assert.deepEqual(producers.map((it) => it.clientId), [cluster.clientId]);
});
