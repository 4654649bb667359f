import assert from "node:assert/strict";
import { parseProperties } from "../../store/properties.ts";
import type { Asker } from "../../testdata/asker.ts";
import {
  MessagePath,
  type MessagePathOptions,
  messagesOf,
  pullFields,
  sendFields,
} from "../../testdata/message_path.ts";
import { encodeHeader, type HeaderOf } from "../wire/headers.ts";
import { newSubscriptionGroup } from "../wire/subscription_group.ts";
import { newTopic } from "./topic_table.ts";

const BODY = Uint8Array.of(1, 2, 3);

/** A path with one message of topic T at the beginning of its log. */
async function setUp(options: MessagePathOptions = {}) {
  const path = await MessagePath.open(options);
  const client = path.client();
  const extFields = sendFields({ properties: { UNIQ_KEY: "0A", TAGS: "a" }, sysFlag: 1 });
  await client.ask("SEND_MESSAGE_V2", { extFields, body: BODY });
  const stack = new AsyncDisposableStack();
  stack.use(path);
  stack.use(client);
  return { path, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function giveBack(
  client: Asker,
  changes: Partial<HeaderOf<"CONSUMER_SEND_MSG_BACK">> = {},
  version = 513,
) {
  const header = { offset: 0, group: "G", delayLevel: 0, originTopic: "T", ...changes };
  const extFields = encodeHeader("CONSUMER_SEND_MSG_BACK", header);
  return client.ask("CONSUMER_SEND_MSG_BACK", { extFields, version });
}

async function pull(client: Asker, topic: string, queueId = 0) {
  const answer = await client.ask("PULL_MESSAGE", { extFields: pullFields({ topic, queueId }) });
  return messagesOf(answer.body).map((message) => ({
    ...message,
    properties: Object.fromEntries(parseProperties(message.properties)),
  }));
}

Deno.test("CONSUMER_SEND_MSG_BACK parks the message on its way to the retry topic", async () => {
  await using it = await setUp();
  const answer = await giveBack(it.client);
  assert.deepEqual([answer.code, answer.remark, answer.extFields], [0, undefined, undefined]);
  const [message] = await pull(it.client, "SCHEDULE_TOPIC_XXXX", 2);
  assert.deepEqual(message?.properties, {
    UNIQ_KEY: "0A",
    TAGS: "a",
    MSG_REGION: "DefaultRegion",
    TRACE_ON: "true",
    CLUSTER: "C1",
    RETRY_TOPIC: "T",
    ORIGIN_MESSAGE_ID: "7F00000100002A9F0000000000000000",
    WAIT: "false",
    DELAY: "3",
    REAL_TOPIC: "%RETRY%G",
    REAL_QID: "0",
  });
  assert.deepEqual(message.body, BODY);
  assert.equal(message.reconsumeTimes, 1);
  assert.equal(message.sysFlag, 1);
  const retry = it.path.topics.get("%RETRY%G");
  assert.deepEqual([retry?.writeQueueNums, retry?.perm, retry?.topicSysFlag], [1, 6, 0]);
});

Deno.test("CONSUMER_SEND_MSG_BACK waits longer each time, and as long as the consumer says", async () => {
  await using it = await setUp();
  await giveBack(it.client);
  const [once] = await pull(it.client, "SCHEDULE_TOPIC_XXXX", 2);
  await giveBack(it.client, { offset: once!.physicalOffset });
  const [twice] = await pull(it.client, "SCHEDULE_TOPIC_XXXX", 3);
  assert.equal(twice?.reconsumeTimes, 2);
  assert.equal(twice.properties["DELAY"], "4");
  assert.equal(twice.properties["RETRY_TOPIC"], "T", "the first topic stays");
  const origin = "7F00000100002A9F0000000000000000";
  assert.equal(twice.properties["ORIGIN_MESSAGE_ID"], origin, "the first id stays");
  await giveBack(it.client, { delayLevel: 1 });
  assert.equal((await pull(it.client, "SCHEDULE_TOPIC_XXXX", 0)).length, 1);
  await giveBack(it.client, { delayLevel: 40 });
  const [longest] = await pull(it.client, "SCHEDULE_TOPIC_XXXX", 17);
  assert.equal(longest?.properties["DELAY"], "18");
});

Deno.test("CONSUMER_SEND_MSG_BACK lays a message to rest that came back too often", async () => {
  await using it = await setUp();
  it.path.groups.put({ ...newSubscriptionGroup("G"), retryMaxTimes: 0 });
  assert.equal((await giveBack(it.client)).code, 0);
  const [dead] = await pull(it.client, "%DLQ%G");
  assert.equal(dead?.properties["DELAY"], "0");
  assert.equal(dead.properties["RETRY_TOPIC"], "T");
  assert.equal(dead.reconsumeTimes, 1);
  await giveBack(it.client, { maxReconsumeTimes: 5 });
  assert.equal((await pull(it.client, "SCHEDULE_TOPIC_XXXX", 2)).length, 1, "the consumer's limit");
  await giveBack(it.client, { maxReconsumeTimes: 5 }, 120);
  assert.equal((await pull(it.client, "%DLQ%G")).length, 2, "old consumers have none");
});

Deno.test("CONSUMER_SEND_MSG_BACK lays a message to rest that the consumer gives up", async () => {
  await using it = await setUp();
  await giveBack(it.client, { delayLevel: -1, maxReconsumeTimes: 16 });
  assert.equal((await pull(it.client, "%DLQ%G")).length, 1);
});

Deno.test("CONSUMER_SEND_MSG_BACK chooses one of the group's retry queues", async () => {
  await using it = await setUp({ random: () => 0.7 });
  it.path.groups.put({ ...newSubscriptionGroup("G"), retryQueueNums: 4 });
  await giveBack(it.client, { unitMode: true });
  const [message] = await pull(it.client, "SCHEDULE_TOPIC_XXXX", 2);
  assert.equal(message?.properties["REAL_QID"], "2");
  const retry = it.path.topics.get("%RETRY%G");
  assert.deepEqual([retry?.readQueueNums, retry?.topicSysFlag], [4, 2]);
});

Deno.test("CONSUMER_SEND_MSG_BACK does nothing for a group without retry queues", async () => {
  await using it = await setUp();
  it.path.groups.put({ ...newSubscriptionGroup("G"), retryQueueNums: 0 });
  const { max } = it.path.store.logRange;
  assert.equal((await giveBack(it.client)).code, 0);
  assert.equal(it.path.store.logRange.max, max);
});

Deno.test("CONSUMER_SEND_MSG_BACK refuses what Java refuses", async () => {
  await using it = await setUp();
  const answers = async (changes: Partial<HeaderOf<"CONSUMER_SEND_MSG_BACK">>) => {
    const { code, remark } = await giveBack(it.client, changes);
    return [code, remark];
  };
  assert.deepEqual(await answers({ offset: 5 }), [1, "look message by offset failed, 5"]);
  assert.deepEqual(await answers({ offset: -1 }), [1, "look message by offset failed, -1"]);
  it.path.topics.put(newTopic("%RETRY%G", { queues: 1, perm: 4 }));
  assert.deepEqual(await answers({}), [16, "the topic[%RETRY%G] sending message is forbidden"]);
  assert.equal((await answers({ group: "a b" }))[0], 26);
});

Deno.test("CONSUMER_SEND_MSG_BACK is refused by a broker that takes no messages", async () => {
  await using it = await setUp({ config: { brokerPermission: 4 } });
  const { code, remark } = await giveBack(it.client);
  assert.deepEqual([code, remark], [16, "the broker[127.0.0.1] sending message is forbidden"]);
});

Deno.test("CONSUMER_SEND_MSG_BACK counts by the first topic of the message", async () => {
  await using it = await setUp();
  await giveBack(it.client);
  it.path.stats.sample();
  assert.equal(it.path.stats.data("SNDBCK_PUT_NUMS", "T@G")?.statsMinute.sum, 1);
});
