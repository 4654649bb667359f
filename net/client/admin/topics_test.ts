import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { sendFields } from "../../../testdata/message_path.ts";

Deno.test("topicStats() tells of every queue of every broker how far it is written", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 1, writeQueues: 2 });
  for (let count = 0; count < 3; count++) {
    await it.brokers[1]!.ask("SEND_MESSAGE_V2", {
      extFields: sendFields({ queueId: 1 }),
      body: new Uint8Array(1),
    });
  }
  const { queues } = await admin.topicStats("T");
  assert.deepEqual(
    queues.map((it) => [it.brokerName, it.queueId, it.minOffset, it.maxOffset]),
    [["broker-a", 0, 0, 0], ["broker-a", 1, 0, 0], ["broker-b", 0, 0, 0], ["broker-b", 1, 0, 3]],
  );
  assert.equal(queues[0]!.lastStoreTimestamp, undefined);
  assert(Math.abs(Date.now() - queues[3]!.lastStoreTimestamp!) < 60_000);
  await assert.rejects(admin.topicStats("None"), {
    kind: "no-route",
    message: 'Cannot find topic "None": no broker has it',
  });
});

Deno.test("topics of a namespace are called without it, and others are not seen", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("Other");
  const eu = it.connect({ namespace: "eu" });
  await eu.admin.createTopic("Orders", { order: true });
  assert.deepEqual(await eu.admin.topics(), ["Orders"]);
  assert((await it.client.admin.topics()).includes("eu%Orders"));
  assert.equal((await eu.admin.topicConfig("Orders"))[0]!.topic, "Orders");
  assert.deepEqual([...await it.client.admin.orderConf("eu%Orders")], [["broker-a", 8]]);
  assert.deepEqual((await eu.admin.allTopics()).map((it) => it.topic), ["Orders"]);
  await eu.admin.deleteTopic("Orders");
  assert.deepEqual(await eu.admin.topics(), []);
});
