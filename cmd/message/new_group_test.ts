import assert from "node:assert/strict";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { beginGroup } from "./new_group.ts";

async function filled(): Promise<ClusterFixture> {
  const it = await ClusterFixture.start({ brokers: 2 });
  await it.client.admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  const producer = it.client.producer({ group: "p" });
  for (let at = 0; at < 8; at++) await producer.send({ topic: "T", body: `${at}` });
  return it;
}

async function ends({ client: { admin } }: ClusterFixture): Promise<number[]> {
  return (await admin.topicStats("T")).queues.map(({ maxOffset }) => maxOffset);
}

async function offsets({ client: { admin } }: ClusterFixture, group: string): Promise<number[]> {
  return (await admin.offsets(group, "T")).map(({ offset }) => offset);
}

Deno.test("beginGroup() commits the ends of all queues for a group nobody knows", async () => {
  await using it = await filled();
  await beginGroup(it.client, { group: "g", topic: "T", startFrom: "last" });
  assert.deepEqual(await offsets(it, "g"), await ends(it));
  assert.deepEqual((await it.client.admin.members("g")).members, []);
});

Deno.test("beginGroup() commits where a time is, for a group without offsets", async () => {
  await using it = await filled();
  await it.client.admin.createGroup("g");
  await beginGroup(it.client, { group: "g", topic: "T", startFrom: new Date(0) });
  assert.deepEqual(await offsets(it, "g"), [0, 0, 0, 0]);
});

Deno.test("beginGroup() leaves groups alone that have been in the topic, or are in it", async () => {
  await using it = await filled();
  const { admin } = it.client;
  await admin.createGroup("g");
  for (const offset of [0, 1]) {
    const queue = { topic: "T", brokerName: "broker-b", queueId: 1 };
    await admin.setOffset("g", { ...queue, offset });
    await beginGroup(it.client, { group: "g", topic: "T", startFrom: "last" });
    assert.deepEqual(await admin.offsets("g", "T"), [{ ...queue, offset }]);
  }
  await using member = it.connect().pullConsumer({ group: "h", autoCommit: false });
  await member.subscribe("T");
  await beginGroup(it.client, { group: "h", topic: "T", startFrom: "last" });
  assert.deepEqual(await offsets(it, "h"), []);
});

Deno.test("beginGroup() fails where brokers take no new groups", async () => {
  await using it = await ClusterFixture.start({ config: { autoCreateSubscriptionGroup: false } });
  await it.client.admin.createTopic("T");
  const begun = beginGroup(it.client, { group: "g", topic: "T", startFrom: "last" });
  await assert.rejects(begun, { code: "SUBSCRIPTION_GROUP_NOT_EXIST" });
});
