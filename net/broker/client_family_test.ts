import assert from "node:assert/strict";
import {
  consumerOf,
  ConsumerSide,
  type SideClient,
  subscriptionTo,
} from "../../testdata/consumer_side.ts";
import { formatClientCheck, type HeartbeatData } from "../wire/heartbeat.ts";
import { parseConsumerIds } from "../wire/client_connections.ts";
import { newSubscriptionGroup } from "../wire/subscription_group.ts";
import { newTopic } from "./topic_table.ts";

const encoder = new TextEncoder();

/** Whether the client is to send its subscriptions with the next heartbeat. */
async function mustSendAll(
  client: SideClient,
  beat: Partial<HeartbeatData>,
): Promise<string | undefined> {
  const { code, extFields } = await client.heartbeat(beat);
  assert.equal(code, 0);
  assert.equal(extFields?.["IS_SUPPORT_HEART_BEAT_V2"], "true");
  return extFields?.["IS_SUB_CHANGE"];
}

Deno.test("HEART_BEAT makes the group and its retry topic, as the group's settings say", async () => {
  await using it = await ConsumerSide.open();
  const { groups, topics } = it.path;
  groups.put({ ...newSubscriptionGroup("Wide"), retryQueueNums: 3 });
  topics.put({ ...newTopic("Ordered", { queues: 1 }), order: true });
  await it.client().heartbeat({
    consumers: [
      consumerOf("G", ["T"]),
      consumerOf("Wide", ["T", "Ordered"], { unitMode: true }),
    ],
  });
  assert.equal(groups.get("G")?.retryMaxTimes, 16);
  const { topicName: _, ...retry } = topics.get("%RETRY%G")!;
  assert.deepEqual(retry, {
    readQueueNums: 1,
    writeQueueNums: 1,
    perm: 6,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
  });
  const wide = topics.get("%RETRY%Wide");
  assert.deepEqual([wide?.readQueueNums, wide?.topicSysFlag, wide?.order], [3, 2, true]);
  assert.equal(topics.get("T"), undefined, "a topic is not made by subscribing to it");
});

Deno.test("HEART_BEAT passes over groups that may not be made, and takes the others", async () => {
  await using it = await ConsumerSide.open({ config: { autoCreateSubscriptionGroup: false } });
  it.path.groups.put(newSubscriptionGroup("Known"));
  const names = ["Unknown", "Known", "CID_RMQ_SYS_X", "", "no good", "x".repeat(300)];
  const consumers = names.map((name) => consumerOf(name, ["T"]));
  const { code } = await it.client().heartbeat({ consumers, producerGroups: ["P"] });
  assert.equal(code, 0);
  const online = Array.from(it.consumers.all(), (group) => group.name);
  assert.deepEqual(online, ["Known", "CID_RMQ_SYS_X"]);
  assert.equal(it.path.topics.get("%RETRY%Unknown"), undefined);
  assert.equal(it.producers.get("P")?.length, 1);
});

Deno.test("HEART_BEAT tells what the client is: language, release, connection, time", async () => {
  await using it = await ConsumerSide.open();
  const client = it.client("10.0.0.1@7");
  await client.heartbeat({ consumers: [consumerOf("G")], version: 317 });
  it.clock.advance(5000);
  await client.heartbeat({ consumers: [consumerOf("G")], version: 317 });
  const [channel] = it.consumers.get("G")!.channels;
  assert.deepEqual({ ...channel, connection: undefined }, {
    connection: undefined,
    clientId: "10.0.0.1@7",
    language: "OTHER",
    version: 317,
    lastUpdateTimestamp: it.clock.now(),
  });
});

Deno.test("HEART_BEAT without a fingerprint is always to be followed by one with all", async () => {
  await using it = await ConsumerSide.open();
  const client = it.client();
  const beat = { consumers: [consumerOf("G", ["T"])] };
  assert.equal(await mustSendAll(client, beat), "true");
  assert.equal(await mustSendAll(client, { ...beat, heartbeatFingerprint: 0 }), "true");
  assert.equal(await mustSendAll(client, { producerGroups: ["P"] }), "true");
});

Deno.test("HEART_BEAT with the fingerprint of the last one may leave subscriptions out", async () => {
  await using it = await ConsumerSide.open();
  const client = it.client();
  const full = { consumers: [consumerOf("G", ["T"])], heartbeatFingerprint: 7 };
  const light = { consumers: [consumerOf("G")], heartbeatFingerprint: 7, withoutSub: true };
  assert.equal(await mustSendAll(client, full), "false");
  assert.equal(await mustSendAll(client, light), "false");
  assert.equal(await mustSendAll(client, full), "false");
  assert.ok(it.consumers.get("G")?.subscription("T"), "they stay");
  const other = { consumers: [consumerOf("G", ["T", "U"])], heartbeatFingerprint: 8 };
  assert.equal(await mustSendAll(client, other), "true", "they changed");
  assert.equal(await mustSendAll(client, other), "false");
});

Deno.test("HEART_BEAT of an old client among new ones makes the new ones tell all again", async () => {
  await using it = await ConsumerSide.open();
  const [young, old] = [it.client("young"), it.client("old")];
  const full = { consumers: [consumerOf("G", ["T"])], heartbeatFingerprint: 7 };
  const light = { consumers: [consumerOf("G")], heartbeatFingerprint: 7, withoutSub: true };
  await mustSendAll(young, full);
  await mustSendAll(old, { consumers: [consumerOf("G", ["U"])] });
  assert.equal(await mustSendAll(young, light), "true");
  assert.equal(await mustSendAll(young, full), "false");
  assert.ok(it.consumers.get("G")?.subscription("T"));
});

Deno.test("HEART_BEAT that leaves out the subscriptions of a group nobody knows is not enough", async () => {
  await using it = await ConsumerSide.open();
  const light = { consumers: [consumerOf("G")], heartbeatFingerprint: 7, withoutSub: true };
  assert.equal(await mustSendAll(it.client(), light), "true");
});

Deno.test("HEART_BEAT that says withoutSub but has no fingerprint takes what it has", async () => {
  await using it = await ConsumerSide.open();
  await it.client().heartbeat({ consumers: [consumerOf("G", ["T"])], withoutSub: true });
  assert.ok(it.consumers.get("G")?.subscription("T"));
});

Deno.test("UNREGISTER_CLIENT leaves the groups it names and no others", async () => {
  await using it = await ConsumerSide.open();
  const client = it.client();
  await client.heartbeat({ consumers: [consumerOf("G"), consumerOf("H")], producerGroups: ["P"] });
  const leave = (header: { producerGroup?: string; consumerGroup?: string }) =>
    client.ask("UNREGISTER_CLIENT", { header: { clientId: "C1", ...header } });
  const { code, extFields } = await leave({ consumerGroup: "G" });
  assert.deepEqual([code, { ...extFields }], [0, {}]);
  assert.deepEqual(Array.from(it.consumers.all(), (it) => it.name), ["H"]);
  assert.equal((await leave({})).code, 0);
  assert.equal((await leave({ consumerGroup: "nobody", producerGroup: "nobody" })).code, 0);
  assert.equal(it.producers.get("P")?.length, 1);
  await leave({ producerGroup: "P", consumerGroup: "H" });
  assert.equal(it.producers.get("P"), undefined);
  assert.equal(it.consumers.get("H"), undefined);
});

Deno.test("UNREGISTER_CLIENT gives up the locks the client has in its group", async () => {
  await using it = await ConsumerSide.open();
  const client = it.client();
  await client.heartbeat({ consumers: [consumerOf("G")] });
  const queue = { topic: "T", brokerName: "broker-a", queueId: 0 };
  it.path.locks.lock("G", queue, "C1");
  await client.ask("UNREGISTER_CLIENT", { header: { clientId: "C2", consumerGroup: "G" } });
  assert.equal(it.path.locks.lock("G", queue, "C3"), false);
  await client.ask("UNREGISTER_CLIENT", { header: { clientId: "C1", consumerGroup: "G" } });
  assert.equal(it.path.locks.lock("G", queue, "C3"), true);
});

Deno.test("GET_CONSUMER_LIST_BY_GROUP lists members, and refuses where there are none", async () => {
  await using it = await ConsumerSide.open();
  const [one, two] = [it.client("one"), it.client("two")];
  for (const client of [one, two]) await client.heartbeat({ consumers: [consumerOf("G")] });
  const list = (consumerGroup: string) =>
    one.ask("GET_CONSUMER_LIST_BY_GROUP", { header: { consumerGroup } });
  assert.deepEqual(parseConsumerIds((await list("G")).body).sort(), ["one", "two"]);
  await two.leave();
  assert.deepEqual(parseConsumerIds((await list("G")).body), ["one"]);
  const { code, remark } = await list("H");
  assert.deepEqual([code, remark], [1, "no consumer for this group, H"]);
});

Deno.test("CHECK_CLIENT_CONFIG takes tags and refuses other languages", async () => {
  await using it = await ConsumerSide.open();
  const client = it.client();
  const check = async (expressionType: string) => {
    const subscriptionData = subscriptionTo("T", { expressionType, subString: "a > 1" });
    const body = formatClientCheck({ clientId: "C1", group: "G", subscriptionData });
    const { code, remark } = await client.ask("CHECK_CLIENT_CONFIG", { body });
    return [code, remark];
  };
  assert.deepEqual(await check("TAG"), [0, undefined]);
  assert.deepEqual(await check(""), [0, undefined]);
  const refusal = "The broker does not support consumer to filter message by SQL92";
  assert.deepEqual(await check("SQL92"), [1, refusal]);
  const body = formatClientCheck({ clientId: "C1", group: "G" });
  assert.equal((await client.ask("CHECK_CLIENT_CONFIG", { body })).code, 0, "nothing to object to");
});

Deno.test("CHECK_CLIENT_CONFIG reads expressions where these are served", async () => {
  await using it = await ConsumerSide.open({ config: { enablePropertyFilter: true } });
  const client = it.client();
  const check = async (subString: string, expressionType = "SQL92") => {
    const subscriptionData = subscriptionTo("T", { expressionType, subString });
    const body = formatClientCheck({ clientId: "C1", group: "G", subscriptionData });
    const { code, remark } = await client.ask("CHECK_CLIENT_CONFIG", { body });
    return [code, remark];
  };
  assert.deepEqual(await check("a > 1"), [0, undefined]);
  assert.deepEqual(await check("a >"), [
    23,
    "Cannot read the expression at character 4: expected a value, found the end",
  ]);
  assert.equal((await check("a > 1", "GROOVY"))[0], 23);
});

Deno.test("HEART_BEAT tells the broker the filters of groups, and leaving that they left", async () => {
  await using it = await ConsumerSide.open();
  const { filters } = it.path;
  const sql = { expressionType: "SQL92", subString: "a > 1" };
  const consumers = [consumerOf("G", [subscriptionTo("T", sql)])];
  const [one, two] = [it.client("C1"), it.client("C2")];
  await one.heartbeat({ consumers });
  await two.heartbeat({ consumers });
  assert.equal(filters.get("T", "G")?.data.deadTime, 0);
  // What a fingerprint stands for is no subscription to nothing.
  const bare = { consumers: [consumerOf("G")], heartbeatFingerprint: 7, withoutSub: true };
  await one.heartbeat(bare);
  assert.equal(filters.get("T", "G")?.data.deadTime, 0);
  await one.ask("UNREGISTER_CLIENT", { header: { clientId: "C1", consumerGroup: "G" } });
  assert.equal(filters.get("T", "G")?.data.deadTime, 0, "the other is still there");
  await two.leave();
  assert.equal(filters.get("T", "G")?.data.deadTime, it.clock.now());
});

Deno.test("Bodies that are no heartbeat are refused with the reason, and change nothing", async () => {
  await using it = await ConsumerSide.open();
  const client = it.client();
  const bodies = {
    "": /^Cannot read body of heartbeat/,
    "nonsense": /^Cannot read body of heartbeat/,
    "[]": /"heartbeat" is \[\], expected an object$/,
    '{"consumerDataSet":7}': /"consumerDataSet" is 7, expected an array$/,
    '{"consumerDataSet":[{"groupName":"G","subscriptionDataSet":[7]}]}': /expected an object$/,
    '{"consumerDataSet":[{"groupName":"G"}],"heartbeatFingerprint":"x"}': /expected a number$/,
  };
  for (const [text, expected] of Object.entries(bodies)) {
    const body = encoder.encode(text);
    const { code, remark } = await client.ask("HEART_BEAT", { body });
    assert.equal(code, 1, text);
    assert.match(remark ?? "", expected);
  }
  assert.deepEqual([...it.consumers.all()], []);
  assert.deepEqual(it.path.told, [], "that is no failure of the broker");
});
