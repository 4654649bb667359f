import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { fakeMember } from "../../../testdata/fake_member.ts";
import { sendFields } from "../../../testdata/message_path.ts";
import { Cluster } from "../cluster.ts";

/** Two brokers with a queue of two messages each; the group has consumed one of the first's. */
async function running() {
  const it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  await admin.createTopic("eu%T", { readQueues: 1, writeQueues: 1 });
  await admin.createGroup("eu%g");
  for (const broker of [...it.brokers, ...it.brokers]) {
    const extFields = sendFields({ topic: "eu%T" });
    await broker.ask("SEND_MESSAGE_V2", { extFields, body: new Uint8Array(1) });
  }
  const queue = { topic: "eu%T", brokerName: "broker-a", queueId: 0 };
  await admin.setOffset("eu%g", { ...queue, offset: 1 });
  return it;
}

Deno.test("progress() tells of a group nobody is in how far it is", async () => {
  await using it = await running();
  const { admin } = it.connect({ namespace: "eu" });
  const { queues, lag, members } = await admin.progress("g", { topic: "T" });
  assert.equal(lag, 3);
  assert.deepEqual(members.members, []);
  assert.deepEqual(
    queues.map((it) => [it.topic, it.brokerName, it.brokerOffset, it.consumerOffset, it.lag]),
    [["T", "broker-a", 2, 1, 1], ["T", "broker-b", 2, 0, 2]],
  );
  assert(Math.abs(Date.now() - queues[0]!.lastStoreTimestamp!) < 60_000);
  assert.equal(queues[1]!.lastStoreTimestamp, undefined);
  assert.equal(queues[0]!.clientId, undefined);
  // Of all its topics those count in which it has offsets at the broker.
  assert.deepEqual((await admin.progress("g")).queues.map((it) => it.brokerName), ["broker-a"]);
  assert.deepEqual((await admin.progress("nobody")).queues, []);
  await assert.rejects(admin.progress("g", { topic: "None" }), { kind: "no-route" });
});

Deno.test("progress() tells which member has which queue, and who does not tell", async () => {
  await using it = await running();
  const { admin } = it.connect({ namespace: "eu" });
  const queue = { topic: "eu%T", brokerName: "broker-b", queueId: 0 };
  await using cluster = new Cluster({ nameServers: it.nameServer.peer, instanceName: "one" });
  await using other = new Cluster({ nameServers: it.nameServer.peer, instanceName: "two" });
  await cluster.join(fakeMember({ group: "eu%g", topic: "eu%T", queues: [queue] }));
  await other.join({
    ...fakeMember({ group: "eu%g", topic: "eu%T" }),
    runningInfo: () => Promise.reject(new Error("I do not tell")),
  });
  const { queues, silent, members } = await admin.progress("g", { topic: "T" });
  assert.deepEqual(queues.map((it) => it.clientId), [undefined, cluster.clientId]);
  assert.deepEqual(silent, [other.clientId]);
  assert.equal(members.members.length, 2);
});

Deno.test("runningInfo() is what the member says of itself", async () => {
  await using it = await running();
  const { admin } = it.client;
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  await cluster.join(fakeMember({ group: "eu%g", topic: "eu%T" }));
  const info = await admin.runningInfo("eu%g", cluster.clientId);
  assert.equal(info.properties.get("PROP_CLIENT_VERSION"), "V5_3_3");
  assert.deepEqual(info.subscriptionSet.map((it) => it.topic), ["eu%T"]);
  await assert.rejects(admin.runningInfo("eu%g", "nobody"), {
    kind: "refused",
    message: /The Consumer <eu%g> <nobody> not online/,
  });
});
