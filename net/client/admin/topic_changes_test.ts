import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { Cluster } from "../cluster.ts";
import { allConfigsAt } from "./topics.ts";

Deno.test("createTopic() makes a topic at all brokers, with what is said and Java's defaults", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  assert.deepEqual(await admin.createTopic("Orders", { writeQueues: 3 }), ["broker-a", "broker-b"]);
  assert.deepEqual(
    (await admin.topicConfig("Orders")).map(({ address: _, ...rest }) => rest),
    ["broker-a", "broker-b"].map((brokerName) => ({
      brokerName,
      topic: "Orders",
      readQueues: 8,
      writeQueues: 3,
      perm: 6,
      order: false,
      attributes: {},
    })),
  );
  assert.deepEqual(await admin.createTopic("Only", { brokers: ["broker-b"] }), ["broker-b"]);
  assert.deepEqual((await admin.route("Only"))?.queueDatas.map((it) => it.brokerName), [
    "broker-b",
  ]);
  assert((await admin.topics()).includes("Only"));
  assert((await admin.topics({ cluster: "C1" })).includes("Only"));
  assert.equal(await admin.route("None"), undefined);
});

Deno.test("updateTopic() changes what is said where the topic is, and leaves the rest", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  await admin.createTopic("T", {
    readQueues: 2,
    writeQueues: 2,
    attributes: { "message.type": "FIFO" },
  });
  assert.deepEqual(await admin.updateTopic("T", { writeQueues: 4, brokers: ["broker-b"] }), [
    "broker-b",
  ]);
  assert.deepEqual(await admin.updateTopic("T", { perm: 4 }), ["broker-a", "broker-b"]);
  const [a, b] = await admin.topicConfig("T");
  assert.deepEqual([a!.readQueues, a!.writeQueues, a!.perm], [2, 2, 4]);
  assert.deepEqual([b!.readQueues, b!.writeQueues, b!.perm], [2, 4, 4]);
  assert.deepEqual(b!.attributes, { "message.type": "FIFO" });
  await assert.rejects(admin.updateTopic("T", { perm: 4, brokers: ["broker-c"] }), {
    kind: "invalid",
    message: 'Cannot change topic "T": broker "broker-c" does not have it',
  });
  await assert.rejects(admin.updateTopic("None", { perm: 4 }), { kind: "no-route" });
});

Deno.test("an ordered topic has its queues in the order configuration, until it is deleted", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  await admin.createTopic("T", { writeQueues: 3, order: true });
  assert.deepEqual([...await admin.orderConf("T")], [["broker-a", 3], ["broker-b", 3]]);
  await admin.updateTopic("T", { writeQueues: 6, brokers: ["broker-a"] });
  assert.deepEqual([...await admin.orderConf("T")], [["broker-a", 6], ["broker-b", 3]]);
  await admin.updateTopic("T", { order: false, brokers: ["broker-a"] });
  assert.deepEqual([...await admin.orderConf("T")], [["broker-b", 3]]);
  await admin.updateTopic("T", { order: false });
  assert.equal((await admin.orderConf("T")).size, 0);
  await admin.updateTopic("T", { order: true });
  assert.deepEqual([...await admin.orderConf("T")], [["broker-a", 6], ["broker-b", 3]]);
  await admin.deleteTopic("T");
  assert.equal((await admin.orderConf("T")).size, 0);
  assert.equal(await admin.route("T"), undefined);
  for (const { peer } of it.brokers) {
    await using cluster = new Cluster({ nameServers: it.nameServer.peer });
    assert.equal((await allConfigsAt(cluster, peer)).has("T"), false);
  }
});

Deno.test("createTopic() refuses what no broker would take, before it asks", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  const refused = (message: string) => ({ name: "ClientError", kind: "invalid", message });
  await assert.rejects(
    admin.createTopic("T", { readQueues: 0 }),
    refused('Cannot make topic "T": readQueues is 0, expected 1 to 65536'),
  );
  await assert.rejects(
    admin.createTopic("T", { perm: 16 }),
    refused('Cannot make topic "T": perm is 16, expected 2 (write), 4 (read) or 6'),
  );
  await assert.rejects(
    admin.createTopic(""),
    refused('Cannot make topic "": The specified topic is blank.'),
  );
  await assert.rejects(
    admin.createTopic("T", { cluster: "C2" }),
    refused('Cannot find cluster "C2": there is C1'),
  );
  await assert.rejects(admin.createTopic("a b"), {
    kind: "invalid",
    message: /illegal characters/,
  });
  await assert.rejects(admin.createTopic("T", { attributes: { what: "ever" } }), {
    kind: "refused",
  });
});
