import assert from "node:assert/strict";
import {
  consumerOf,
  ConsumerSide,
  type SideRequest,
  subscriptionTo,
} from "../../testdata/consumer_side.ts";
import { sendFields, START } from "../../testdata/message_path.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import type { RequestName } from "../wire/codes.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { newSubscriptionGroup } from "../wire/subscription_group.ts";
import { parseConsumeStats } from "../wire/topic_stats.ts";

/** A side with topics T and U of two queues, and groups G and H. */
async function setUp() {
  const it = await ConsumerSide.open();
  it.createTopics("T", "U");
  for (const group of ["G", "H"]) it.path.groups.put(newSubscriptionGroup(group));
  const client = it.client();
  const ask = <Name extends RequestName>(name: Name, asked: SideRequest<Name> = {}) =>
    client.ask(name, asked);
  const send = async (topic: string, queueId: number) => {
    it.clock.advance(1000);
    const body = new TextEncoder().encode("hello");
    const { code } = await ask("SEND_MESSAGE_V2", {
      extFields: sendFields({ topic, queueId }),
      body,
    });
    assert.equal(code, 0);
  };
  const dispose = () => it[Symbol.asyncDispose]();
  return { it, client, ask, send, offsets: it.path.offsets, [Symbol.asyncDispose]: dispose };
}

function queuesOf({ code, body }: RemotingCommand): string[] {
  assert.equal(code, 0);
  return Array.from(
    parseConsumeStats(body).offsetTable,
    ([queue, at]) => `${queue.topic}/${queue.queueId} ${at.consumerOffset} of ${at.brokerOffset}`,
  ).sort();
}

function json({ code, body }: RemotingCommand): Record<string, unknown> {
  assert.equal(code, 0);
  return parseFastJson(new TextDecoder().decode(body)) as Record<string, unknown>;
}

Deno.test("GET_CONSUME_STATS tells the progress of a group in all its topics, or in those asked for", async () => {
  await using it = await setUp();
  for (const topic of ["T", "U"]) {
    for (const queueId of [0, 0, 1]) await it.send(topic, queueId);
  }
  it.offsets.commit("G", "T", 0, 1);
  it.offsets.commit("G", "U", 1, 1);
  const stats = async (asked: { topic?: string; topicList?: string } = {}) =>
    queuesOf(await it.ask("GET_CONSUME_STATS", { header: { consumerGroup: "G", ...asked } }));
  const [t, u] = [["T/0 1 of 2", "T/1 0 of 1"], ["U/0 0 of 2", "U/1 1 of 1"]];
  assert.deepEqual(await stats(), [...t, ...u]);
  assert.deepEqual(await stats({ topic: " " }), [...t, ...u]);
  assert.deepEqual(await stats({ topic: "U" }), u);
  assert.deepEqual(await stats({ topicList: "T;;nothing; " }), t);
  assert.deepEqual(await stats({ topic: "nothing" }), []);
  await it.client.heartbeat({ consumers: [consumerOf("G", ["T"])] });
  assert.deepEqual(await stats(), t, "it has left U");
  assert.deepEqual(await stats({ topic: "U" }), []);
  assert.deepEqual(await stats({ topicList: "U" }), u, "who names it gets it");
});

Deno.test("GET_CONSUME_STATS of a group nobody knows is empty, as Java's is", async () => {
  await using it = await setUp();
  const answer = await it.ask("GET_CONSUME_STATS", { header: { consumerGroup: "nobody" } });
  assert.deepEqual(queuesOf(answer), []);
  assert.equal(parseConsumeStats(answer.body).consumeTps, 0);
});

Deno.test("GET_BROKER_CONSUME_STATS adds up what all groups have left, or those in order", async () => {
  await using it = await setUp();
  for (const queueId of [0, 0, 0, 1]) await it.send("T", queueId);
  await it.send("U", 0);
  it.offsets.commit("G", "T", 0, 1);
  it.offsets.commit("H", "U", 0, 0);
  const { topics } = it.it.path;
  topics.put({ ...topics.get("U")!, order: true });
  const ask = async (isOrder: boolean) => {
    const stats = json(await it.ask("GET_BROKER_CONSUME_STATS", { header: { isOrder } }));
    const lists = stats["consumeStatsList"] as Record<string, unknown[]>[];
    const groups = lists.flatMap((list) => Object.entries(list))
      .filter(([, topics]) => topics.length > 0).map(([group]) => group);
    return [stats["totalDiff"], groups, stats["brokerAddr"]];
  };
  assert.deepEqual(await ask(false), [4, ["G", "H"], "127.0.0.1:10911"]);
  assert.deepEqual(await ask(true), [1, ["H"], "127.0.0.1:10911"]);
});

Deno.test("QUERY_CONSUME_TIME_SPAN tells the times of every queue", async () => {
  await using it = await setUp();
  for (let count = 0; count < 3; count++) await it.send("T", 0);
  it.it.clock.advance(500);
  const spans = async () => {
    const header = { topic: "T", group: "G" };
    const { consumeTimeSpanSet } = json(await it.ask("QUERY_CONSUME_TIME_SPAN", { header }));
    return (consumeTimeSpanSet as Record<string, number>[]).map((span) => [
      span["minTimeStamp"],
      span["maxTimeStamp"],
      span["consumeTimeStamp"],
      span["delayTime"],
    ]);
  };
  const [first, second, third] = [1000, 2000, 3000].map((ms) => START + ms);
  const empty = [-1, -1, -1, 0];
  assert.deepEqual(await spans(), [[first, third, first, 2500], empty]);
  it.offsets.commit("G", "T", 0, 2);
  assert.deepEqual(await spans(), [[first, third, second, 500], empty]);
  it.offsets.commit("G", "T", 0, 3);
  assert.deepEqual(await spans(), [[first, third, third, 0], empty], "nothing waits");
  it.offsets.commit("G", "T", 0, 2 ** 53);
  assert.deepEqual(await spans(), [[first, third, -1, 0], empty], "there is no such message");
  const unknown = await it.ask("QUERY_CONSUME_TIME_SPAN", { header: { topic: "X", group: "G" } });
  assert.deepEqual([unknown.code, unknown.remark], [17, "topic[X] not exist"]);
});

Deno.test("QUERY_SUBSCRIPTION_BY_CONSUMER tells the subscription of a group that is online", async () => {
  await using it = await setUp();
  const ask = async (topic?: string) =>
    json(await it.ask("QUERY_SUBSCRIPTION_BY_CONSUMER", { header: { group: "G", topic } }));
  assert.deepEqual(await ask("T"), { group: "G", topic: "T" });
  const subscription = subscriptionTo("T", { subString: "TagA" });
  await it.client.heartbeat({ consumers: [consumerOf("G", [subscription])] });
  assert.deepEqual((await ask("T"))["subscriptionData"], subscription);
  assert.equal((await ask("U"))["subscriptionData"], undefined);
  assert.equal((await ask())["subscriptionData"], undefined);
});

Deno.test("CLONE_GROUP_OFFSET gives a group the offsets of another, in one topic or in all", async () => {
  await using it = await setUp();
  const { offsets } = it;
  const clone = async (asked: { topic?: string; offline?: boolean } = {}) => {
    offsets.deleteGroup("H");
    const header = { srcGroup: "G", destGroup: "H", ...asked };
    assert.equal((await it.ask("CLONE_GROUP_OFFSET", { header })).code, 0);
    return offsets.topicsOf("H").sort();
  };
  for (const topic of ["T", "U", "gone"]) offsets.commit("G", topic, 0, 7);
  assert.deepEqual(await clone(), ["T", "U"]);
  assert.equal(offsets.query("H", "U", 0), 7);
  assert.deepEqual(await clone({ topic: "T" }), ["T"]);
  assert.deepEqual(await clone({ topic: "nothing" }), []);
  await it.client.heartbeat({ consumers: [consumerOf("G", ["U"])] });
  assert.deepEqual(await clone(), ["U"], "the group has left T");
  assert.deepEqual(await clone({ offline: true }), ["T", "U"]);
});

Deno.test("QUERY_CORRECTION_OFFSET tells the smallest offsets, and forgets none of those left out", async () => {
  await using it = await setUp();
  const { offsets } = it;
  const ask = async (asked: { compareGroup: string; filterGroups?: string }) => {
    const { body, code } = await it.ask("QUERY_CORRECTION_OFFSET", {
      header: { topic: "T", ...asked },
    });
    assert.equal(code, 0);
    return new TextDecoder().decode(body);
  };
  assert.equal(await ask({ compareGroup: "G" }), '{"correctionOffsets":{}}');
  for (const [group, queueId, offset] of [["G", 0, 7], ["H", 0, 5], ["I", 0, 9], ["G", 1, 2]]) {
    offsets.commit(group as string, "T", queueId as number, offset as number);
  }
  assert.equal(await ask({ compareGroup: "X" }), '{"correctionOffsets":{0:5,1:2}}');
  assert.equal(
    await ask({ compareGroup: "X", filterGroups: "H,G" }),
    '{"correctionOffsets":{0:9}}',
  );
  assert.equal(
    await ask({ compareGroup: "G", filterGroups: "G,H" }),
    '{"correctionOffsets":{0:9223372036854775807}}',
  );
  assert.equal(offsets.query("H", "T", 0), 5);
});
