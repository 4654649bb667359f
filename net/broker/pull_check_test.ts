import assert from "node:assert/strict";
import { stringHash } from "../../store/hash.ts";
import { MessagePath, type Pulled, pullFields } from "../../testdata/message_path.ts";
import type { SubscriptionData } from "../wire/heartbeat.ts";
import { newSubscriptionGroup } from "../wire/subscription_group.ts";
import { newTopic } from "./topic_table.ts";

const HINT = "\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.";

async function setUp(config: Parameters<typeof MessagePath.open>[0] = {}) {
  const path = await MessagePath.open(config);
  const client = path.client();
  path.topics.put(newTopic("T", { queues: 2 }));
  const stack = new AsyncDisposableStack();
  stack.use(path);
  stack.use(client);
  const answer = async (pulled: Pulled = {}) => {
    const { code, remark, extFields } = await client.ask("PULL_MESSAGE", {
      extFields: pullFields(pulled),
    });
    return [code, remark, extFields];
  };
  const subscribe = (
    changes: Partial<SubscriptionData> = {},
    messageModel: "CLUSTERING" | "BROADCASTING" = "CLUSTERING",
  ) =>
    path.consumers.register({
      connection: client.connection,
      clientId: "c",
      language: "JAVA",
      version: 513,
      lastUpdateTimestamp: 0,
    }, {
      groupName: "G",
      consumeType: "CONSUME_PASSIVELY",
      messageModel,
      consumeFromWhere: "CONSUME_FROM_LAST_OFFSET",
      unitMode: false,
      subscriptionDataSet: [{
        topic: "T",
        subString: "*",
        expressionType: "TAG",
        tagsSet: [],
        codeSet: [],
        subVersion: 10,
        classFilterMode: false,
        ...changes,
      }],
    });
  return { path, client, answer, subscribe, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const FROM_HEARTBEAT: Pulled = { subscription: undefined };
const NOT_FOUND = 19;

Deno.test("checkPull() refuses on a broker that may not be read", async () => {
  await using it = await setUp({ config: { brokerPermission: 2 } });
  const remark = "the broker[127.0.0.1] pulling message is forbidden";
  assert.deepEqual(await it.answer(), [16, remark, { forbiddenType: "1" }]);
});

Deno.test("checkPull() creates the group, or refuses where that is not allowed", async () => {
  await using open = await setUp();
  assert.equal((await open.answer())[0], NOT_FOUND);
  assert.equal(open.path.groups.get("G")?.groupName, "G");
  await using closed = await setUp({ config: { autoCreateSubscriptionGroup: false } });
  const remark = `subscription group [G] does not exist, ${HINT}`;
  assert.deepEqual(await closed.answer(), [26, remark, {}]);
});

Deno.test("checkPull() refuses a group that may not consume", async () => {
  await using it = await setUp();
  it.path.groups.put({ ...newSubscriptionGroup("G"), consumeEnable: false });
  const remark = "subscription group no permission, G";
  assert.deepEqual(await it.answer(), [16, remark, { forbiddenType: "2" }]);
});

Deno.test("checkPull() refuses topics that are not there or may not be read", async () => {
  await using it = await setUp();
  const remark = `topic[U] not exist, apply first please! ${HINT}`;
  assert.deepEqual(await it.answer({ topic: "U" }), [17, remark, {}]);
  it.path.topics.put(newTopic("W", { queues: 1, perm: 2 }));
  assert.deepEqual(await it.answer({ topic: "W" }), [
    16,
    "the topic[W] pulling message is forbidden",
    { forbiddenType: "3" },
  ]);
});

Deno.test("checkPull() refuses queues the topic does not have to read", async () => {
  await using it = await setUp();
  for (const queueId of [2, -1]) {
    assert.deepEqual(await it.answer({ queueId }), [
      29,
      `queueId[${queueId}] is illegal, topic:[T] topicConfig.readQueueNums:[2] ` +
      "consumer:[/127.0.0.1:50000]",
      {},
    ]);
  }
});

Deno.test("checkPull() takes the subscription that comes along", async () => {
  await using it = await setUp();
  const failed = [23, "parse the consumer's subscription failed", {}];
  assert.equal((await it.answer({ subscription: "TagA || TagB" }))[0], NOT_FOUND);
  assert.deepEqual(await it.answer({ subscription: "||" }), failed);
  assert.deepEqual(await it.answer({ subscription: "", expressionType: "SQL92" }), failed);
});

Deno.test("checkPull() refuses to filter by properties, sent along or subscribed", async () => {
  await using it = await setUp();
  const remark = "The broker does not support consumer to filter message by SQL92";
  const sql = { expressionType: "SQL92", subscription: "a > 1" };
  assert.deepEqual(await it.answer(sql), [1, remark, {}]);
  it.subscribe({ expressionType: "SQL92", subString: "a > 1" });
  assert.deepEqual(await it.answer(FROM_HEARTBEAT), [1, remark, {}]);
});

Deno.test("checkPull() wants a filter that the broker could read, and that is the latest", async () => {
  await using it = await setUp({ config: { enablePropertyFilter: true } });
  const sql = { expressionType: "SQL92", subString: "a > 1" };
  it.subscribe({ ...sql, subString: "a >" });
  assert.deepEqual(await it.answer(FROM_HEARTBEAT), [
    27,
    "The broker's consumer filter data is not exist!Your expression may be wrong!",
    {},
  ]);
  it.subscribe({ ...sql, subVersion: 20 });
  assert.equal((await it.answer({ ...FROM_HEARTBEAT, subVersion: 20 }))[0], NOT_FOUND);
  // A filter that was kept, and a member whose heartbeat told a newer subscription to another broker.
  it.path.filters.unregister("G");
  assert.equal((await it.answer({ ...FROM_HEARTBEAT, subVersion: 20 }))[0], NOT_FOUND);
  const newer = { ...it.path.consumers.get("G")!.subscription("T")!, subVersion: 30 };
  it.path.consumers.get("G")!.updateSubscriptions([newer]);
  const old = "the consumer's consumer filter data not latest";
  assert.deepEqual(await it.answer({ ...FROM_HEARTBEAT, subVersion: 30 }), [28, old, {}]);
});

Deno.test("checkPull() looks for a filter before it tells that filters are off, as Java does", async () => {
  await using it = await setUp();
  it.subscribe({ expressionType: "SQL92", subString: "a >" });
  assert.equal((await it.answer(FROM_HEARTBEAT))[0], 27);
  const sent = { expressionType: "SQL92", subscription: "a >" };
  assert.equal((await it.answer(sent))[0], 1);
});

Deno.test("checkPull() reads an expression that comes along, and refuses what is none", async () => {
  await using it = await setUp({ config: { enablePropertyFilter: true } });
  const answer = (subscription: string, expressionType = "SQL92") => {
    return it.answer({ expressionType, subscription });
  };
  const failed = [23, "parse the consumer's subscription failed", {}];
  assert.equal((await answer("a > 1 AND b IS NULL"))[0], NOT_FOUND);
  assert.deepEqual(await answer("a >"), failed);
  assert.deepEqual(await answer(""), failed);
  assert.deepEqual(await answer("a > 1", "GROOVY"), failed);
});

Deno.test("checkPull() knows the subscriptions of heartbeats", async () => {
  await using it = await setUp();
  const noGroup = `the consumer's group info not exist${HINT}`;
  assert.deepEqual(await it.answer(FROM_HEARTBEAT), [24, noGroup, {}]);
  it.subscribe({ topic: "Other" });
  const noTopic = `the consumer's subscription not exist${HINT}`;
  assert.deepEqual(await it.answer(FROM_HEARTBEAT), [24, noTopic, {}]);
  it.subscribe({ subString: "TagA", codeSet: [stringHash("TagA")] });
  assert.equal((await it.answer({ ...FROM_HEARTBEAT, subVersion: 10 }))[0], NOT_FOUND);
  const old = "the consumer's subscription not latest";
  assert.deepEqual(await it.answer({ ...FROM_HEARTBEAT, subVersion: 11 }), [25, old, {}]);
});

Deno.test("checkPull() refuses to broadcast where the group may not", async () => {
  await using it = await setUp();
  it.path.groups.put({ ...newSubscriptionGroup("G"), consumeBroadcastEnable: false });
  it.subscribe({}, "BROADCASTING");
  assert.deepEqual(await it.answer(FROM_HEARTBEAT), [
    16,
    "the consumer group[G] can not consume by broadcast way",
    { forbiddenType: "4" },
  ]);
});
