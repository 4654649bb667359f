import assert from "node:assert/strict";
import { clusterWithTopic, sendTo } from "../../../testdata/admin_cluster.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { fakeMember } from "../../../testdata/fake_member.ts";
import { formatRegisterBody } from "../../wire/register_body.ts";
import { parseTopicConfigs } from "../../wire/topic_config.ts";
import { Cluster } from "../cluster.ts";

Deno.test("messageById() finds by the id of a broker, and by that of a producer in its topic", async () => {
  await using it = await clusterWithTopic({ brokers: 2 });
  const { admin } = it.client;
  const unique = "7F00000100002A139A556A8C1E2B0000";
  await sendTo(it, "other", { UNIQ_KEY: "0B", broker: 1 });
  const id = await sendTo(it, "this", { UNIQ_KEY: unique, broker: 1 });
  const found = await admin.messageById(id);
  assert.deepEqual([found?.text(), found?.brokerName], ["this", "broker-b"]);
  await eventually(async () => await admin.messageById(unique, { topic: "T" }) !== undefined);
  assert.equal((await admin.messageById(unique, { topic: "T" }))?.offsetMessageId, id);
  assert.equal(await admin.messageById(unique.replace("2A", "2B"), { topic: "T" }), undefined);
  assert.equal(await admin.messageById(id.slice(0, -2) + "7F"), undefined);
  await assert.rejects(admin.messageById(unique), {
    kind: "invalid",
    message: `Cannot find message "${unique}": it names no broker of this cluster; ` +
      "an id made by a producer is found with its topic only",
  });
  await assert.rejects(admin.messageById(unique, { topic: "None" }), { kind: "no-route" });
});

Deno.test("messagesByKey() finds at all brokers, the oldest first, and nothing with another key", async () => {
  await using it = await clusterWithTopic({ brokers: 2 });
  const { admin } = it.client;
  await sendTo(it, "1", { KEYS: "order-17 x", broker: 1 });
  await sendTo(it, "2", { KEYS: "order-18" });
  await sendTo(it, "3", { KEYS: "order-17" });
  const found = async (options = {}) =>
    (await admin.messagesByKey("T", "order-17", options)).map((it) => it.text()).sort();
  await eventually(async () => (await found()).length === 2);
  assert.deepEqual(await found(), ["1", "3"]);
  assert.deepEqual(await found({ since: Date.now() + 60_000 }), []);
  assert.deepEqual(await found({ until: new Date(0) }), []);
  assert.equal((await found({ max: 1 })).length, 1);
  await assert.rejects(found({ max: 65 }), {
    kind: "invalid",
    message: 'Cannot look for key "order-17": max is 65, expected 1 to 64',
  });
});

Deno.test("messagesByKey() does not say what it finds while it could not look everywhere", async () => {
  await using it = await clusterWithTopic();
  await sendTo(it, "1", { KEYS: "k" });
  // As for two minutes after a crash: the name server still has a broker that is gone.
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  const { body } = await cluster.call(it.brokers[0]!.peer, "GET_ALL_TOPIC_CONFIG");
  await cluster.call(it.nameServer.peer, "REGISTER_BROKER", {
    header: {
      brokerName: "gone",
      brokerAddr: "127.0.0.1:1",
      clusterName: "C1",
      brokerId: 0,
      haServerAddr: "127.0.0.1:2",
    },
    body: formatRegisterBody(
      { topics: parseTopicConfigs(body), filterServerList: [] },
      { compressed: false },
    ),
  });
  await assert.rejects(it.client.admin.messagesByKey("T", "k"), {
    name: "RpcError",
    kind: "connect",
    address: "127.0.0.1:1",
  });
});

Deno.test("consumeDirectly() hands a stored message to one member", async () => {
  await using it = await clusterWithTopic();
  const { admin } = it.client;
  const id = await sendTo(it, "this one");
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  const member = fakeMember({ group: "g", topic: "T" });
  await cluster.join(member);
  const asked = { group: "g", clientId: cluster.clientId, offsetMessageId: id, topic: "T" };
  assert.equal((await admin.consumeDirectly(asked)).consumeResult, "CR_SUCCESS");
  assert.equal(member.consumed.length, 1);
  await assert.rejects(admin.consumeDirectly({ ...asked, clientId: "nobody" }), {
    kind: "refused",
  });
  await assert.rejects(admin.consumeDirectly({ ...asked, offsetMessageId: "x" }), {
    kind: "invalid",
  });
});
