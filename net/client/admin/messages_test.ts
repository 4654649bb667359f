import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { fakeMember } from "../../../testdata/fake_member.ts";
import { sendFields } from "../../../testdata/message_path.ts";
import { formatRegisterBody } from "../../wire/register_body.ts";
import { parseTopicConfigs } from "../../wire/topic_config.ts";
import { Cluster } from "../cluster.ts";

const encoder = new TextEncoder();

async function running(brokers = 1) {
  const it = await ClusterFixture.start({ brokers });
  await it.client.admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  return it;
}

async function send(
  { brokers }: ClusterFixture,
  text: string,
  { broker = 0, queueId = 0, ...properties }:
    & { broker?: number; queueId?: number }
    & Record<string, string | number> = {},
): Promise<string> {
  const written = Object.entries(properties).map(([key, value]) => [key, String(value)]);
  const answer = await brokers[broker]!.ask("SEND_MESSAGE_V2", {
    extFields: sendFields({ queueId, properties: Object.fromEntries(written) }),
    body: encoder.encode(text),
  });
  assert.equal(answer.code, 0, answer.remark);
  return answer.extFields!["msgId"]!;
}

Deno.test("messageById() finds by the id of a broker, and by that of a producer in its topic", async () => {
  await using it = await running(2);
  const { admin } = it.client;
  const unique = "7F00000100002A139A556A8C1E2B0000";
  await send(it, "other", { UNIQ_KEY: "0B", broker: 1 });
  const id = await send(it, "this", { UNIQ_KEY: unique, broker: 1 });
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
  await using it = await running(2);
  const { admin } = it.client;
  await send(it, "1", { KEYS: "order-17 x", broker: 1 });
  await send(it, "2", { KEYS: "order-18" });
  await send(it, "3", { KEYS: "order-17" });
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
  await using it = await running();
  await send(it, "1", { KEYS: "k" });
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
  await using it = await running();
  const { admin } = it.client;
  const id = await send(it, "this one");
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
