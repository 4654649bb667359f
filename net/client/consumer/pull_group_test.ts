import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { retryTopicOf } from "../../wire/topic_names.ts";
import { parseConsumerIds } from "../../wire/client_connections.ts";
import { Cluster } from "../cluster.ts";
import { pullConsumerSettings } from "./pull_consumer_options.ts";
import { PullGroup, queueText } from "./pull_group.ts";
import { subscriptionTo } from "./subscription.ts";

const QUEUE = { topic: "T", brokerName: "broker-a", queueId: 0 };

Deno.test("PullGroup takes part in what other members of its group failed with", async () => {
  await using it = await ClusterFixture.start();
  await using producer = it.client.producer({ group: "P" });
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  const topics = ["T", retryTopicOf("G")];
  for (const topic of topics) {
    await it.client.admin.createTopic(topic, { readQueues: 1, writeQueues: 1 });
  }
  let rings = 0;
  const settings = pullConsumerSettings({ group: "G", startFrom: "first" });
  await using group = new PullGroup(cluster, { settings, onChange: () => rings++ });
  await group.share(topics.map((topic) => subscriptionTo(topic, "*", { version: 1 })));
  await eventually(() => group.queues.queues.length === 2);
  assert.deepEqual(group.queues.queues.map((queue) => queue.topic), topics);
  await producer.send({ topic: "T", body: "failed" });
  await eventually(() => group.queues.count === 1);
  const [message] = group.queues.take(1);
  const { code } = await it.brokers[0]!.ask("CONSUMER_SEND_MSG_BACK", {
    header: {
      offset: message!.commitLogOffset,
      group: "G",
      delayLevel: 1,
      originMsgId: message!.offsetMessageId,
      originTopic: "T",
      unitMode: false,
      maxReconsumeTimes: 16,
    },
  });
  assert.equal(code, 0);
  group.queues.settle();
  await eventually(() => group.queues.count === 1);
  const [again] = group.queues.take(1);
  assert.deepEqual([again!.topic, again!.record.topic], ["T", retryTopicOf("G")]);
  assert.deepEqual([again!.text(), again!.attempt], ["failed", 2]);
  assert(rings >= 2);
});

Deno.test("PullGroup is no member before it has something, nor after its end", async () => {
  await using it = await ClusterFixture.start();
  const cluster = new Cluster({ nameServers: it.nameServer.peer });
  await it.client.admin.createTopic("T", { readQueues: 1, writeQueues: 1 });
  const settings = pullConsumerSettings({ group: "G", startFrom: "first" });
  const members = async () => {
    const header = { consumerGroup: "G" };
    const answer = await it.brokers[0]!.ask("GET_CONSUMER_LIST_BY_GROUP", { header });
    return answer.code === 0 ? parseConsumerIds(answer.body) : [];
  };
  const group = new PullGroup(cluster, { settings, onChange: () => {} });
  assert.deepEqual(await members(), []);
  group.take([QUEUE], [subscriptionTo("T", "*", { version: 1 })]);
  await eventually(async () => (await members()).join() === cluster.clientId);
  await eventually(() => group.settled().length === 1);
  await group[Symbol.asyncDispose]();
  assert.deepEqual([group.isClosed, await members()], [true, []]);
  await group[Symbol.asyncDispose]();
  // Where it began is where the group is, although nothing came.
  const again = new PullGroup(cluster, { settings, onChange: () => {} });
  assert.equal(await again.committed(QUEUE), 0);
  await again[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

Deno.test("queueText() names a queue", () => {
  assert.equal(queueText(QUEUE), 'queue 0 of topic "T" at broker-a');
});
