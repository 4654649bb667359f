import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { Cluster } from "../cluster.ts";
import { readMessages, type ReceivedMessage } from "../received_message.ts";
import { sendBack } from "./send_back.ts";

const HOW = { group: "billing", delayLevel: 0, attemptsMax: 3 };
const CONFIG = { messageDelayLevel: "1s 1s 1s 1s", defaultTopicQueueNums: 1 };

async function stored(
  it: ClusterFixture,
  topic: string,
  queueOffset = 0,
): Promise<ReceivedMessage[]> {
  const extFields = {
    consumerGroup: "looker",
    topic,
    queueId: "0",
    queueOffset: String(queueOffset),
    maxMsgNums: "32",
    sysFlag: "4",
    commitOffset: "0",
    suspendTimeoutMillis: "0",
    subscription: "*",
    subVersion: "1",
    expressionType: "TAG",
  };
  const { code, body } = await it.brokers.at(-1)!.ask("PULL_MESSAGE", { extFields });
  return code === 0 ? readMessages(body!, { brokerName: "broker-a" }) : [];
}

async function sent(
  it: ClusterFixture,
  queue?: { readonly brokerName: string; readonly queueId: number },
): Promise<ReceivedMessage> {
  await using producer = it.client.producer({ group: "shop" });
  const one = { topic: "T", body: "one", tag: "a", properties: { own: "1" } };
  await producer.send(one, { queue });
  const [message] = await stored(it, "T");
  return message!;
}

Deno.test("sendBack() has the broker give the message out again, up to its attempts", async () => {
  await using it = await ClusterFixture.start({ config: CONFIG });
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  let message = await sent(it);
  for (const attempt of [2, 3]) {
    await sendBack(cluster, message, HOW);
    await eventually(async () => (await stored(it, "%RETRY%billing")).length === attempt - 1);
    message = (await stored(it, "%RETRY%billing")).at(-1)!;
    assert.equal(message.attempt, attempt);
    assert.equal(message.properties.get("RETRY_TOPIC"), "T");
    assert.equal(message.text(), "one");
  }
  await sendBack(cluster, message, HOW);
  const [dead] = await stored(it, "%DLQ%billing");
  assert.equal(dead?.text(), "one");
});

Deno.test("sendBack() sends the message once more where its broker has no record of it", async () => {
  await using it = await ClusterFixture.start({ config: CONFIG });
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  const message = await sent(it);
  // The broker makes the retry topic of a group that gives back its first message.
  await sendBack(cluster, message, HOW);
  message.record.physicalOffset = 1 << 20;
  await eventually(async () => await cluster.routes.route("%RETRY%billing") !== undefined);
  await sendBack(cluster, message, HOW);
  await eventually(async () => (await stored(it, "%RETRY%billing")).length === 2);
  for (const again of await stored(it, "%RETRY%billing")) {
    assert.equal(again.attempt, 2);
    assert.equal(again.text(), "one");
    assert.equal(again.tag, "a");
    assert.equal(again.properties.get("own"), "1");
    assert.equal(again.properties.get("RETRY_TOPIC"), "T");
    assert.equal(again.messageId, message.messageId);
  }
  await sendBack(cluster, message, { ...HOW, delayLevel: -1 });
  await eventually(async () => (await stored(it, "%DLQ%billing")).length === 1);
});

Deno.test("sendBack() sends it to the first queue of a retry topic that is yet to be made", async () => {
  await using it = await ClusterFixture.start({ config: { ...CONFIG, defaultTopicQueueNums: 8 } });
  // The last of as many queues as another topic would have.
  const random = () => 0.99;
  await using cluster = new Cluster({ nameServers: it.nameServer.peer, random });
  const message = await sent(it, { brokerName: "broker-a", queueId: 0 });
  message.record.physicalOffset = 1 << 20;
  // A name server hears of a new topic by and by.
  const route = cluster.routes.route.bind(cluster.routes);
  cluster.routes.route = async (topic) =>
    topic === "%RETRY%billing" ? undefined : await route(topic);
  await sendBack(cluster, message, HOW);
  await eventually(async () => (await stored(it, "%RETRY%billing")).length === 1);
});

Deno.test("sendBack() fails when nobody takes the message", async () => {
  await using it = await ClusterFixture.start({ config: CONFIG });
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  const message = await sent(it);
  await it.stopBroker(0);
  await assert.rejects(sendBack(cluster, message, HOW), (error: Error) => {
    assert.ok(error.cause instanceof Error);
    return true;
  });
});
