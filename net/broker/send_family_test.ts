import assert from "node:assert/strict";
import { formatHost } from "../../store/host.ts";
import { parseMessageId } from "../../store/message_id.ts";
import { parseProperties } from "../../store/properties.ts";
import type { Asker } from "../../testdata/asker.ts";
import {
  MessagePath,
  messagesOf,
  propertiesOf,
  pullFields,
  sendFields,
  type Sent,
  START,
} from "../../testdata/message_path.ts";
import { formatBatch } from "../wire/batch_body.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { newSubscriptionGroup } from "../wire/subscription_group.ts";
import { parseRecallHandle } from "./recall_handle.ts";
import { newTopic } from "./topic_table.ts";

const BODY = new TextEncoder().encode("hello");
const TRACE = { MSG_REGION: "DefaultRegion", TRACE_ON: "true" };
const STAMP = { ...TRACE, CLUSTER: "C1" };

function send(
  client: Asker,
  sent: Sent = {},
  version: number | undefined = undefined,
): Promise<RemotingCommand> {
  const extFields = sendFields(sent);
  return client.ask("SEND_MESSAGE_V2", { extFields, body: BODY, ...(version && { version }) });
}

async function pullAll(client: Asker, topic: string, queueId = 0) {
  const answer = await client.ask("PULL_MESSAGE", { extFields: pullFields({ topic, queueId }) });
  return messagesOf(answer.body).map((message) => ({
    ...message,
    properties: Object.fromEntries(parseProperties(message.properties)),
  }));
}

Deno.test("SEND_MESSAGE_V2 stores the message and tells its place", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const answer = await send(client, { queueId: 2, properties: { UNIQ_KEY: "0A", TAGS: "TagA" } });
  assert.equal(answer.code, 0);
  assert.equal(answer.remark, undefined);
  assert.deepEqual(answer.extFields, {
    ...TRACE,
    msgId: "7F00000100002A9F0000000000000000",
    queueId: "2",
    queueOffset: "0",
    transactionId: "0A",
  });
  const [message] = await pullAll(client, "T", 2);
  assert.deepEqual(message?.properties, { UNIQ_KEY: "0A", TAGS: "TagA", ...STAMP });
  assert.deepEqual(message.body, BODY);
  assert.equal(message.flag, 7);
  assert.equal(message.bornTimestamp, START - 5);
  assert.equal(message.storeTimestamp, START);
  assert.equal(formatHost(message.bornHost), "127.0.0.1:50000");
  assert.equal(formatHost(message.storeHost), "127.0.0.1:10911");
});

Deno.test("SEND_MESSAGE with the long header does the same", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const extFields = {
    producerGroup: "P",
    topic: "T",
    defaultTopic: "TBW102",
    defaultTopicQueueNums: "4",
    queueId: "1",
    sysFlag: "0",
    bornTimestamp: "1",
    flag: "0",
    properties: "UNIQ_KEY\u00010B",
  };
  const answer = await client.ask("SEND_MESSAGE", { extFields, body: BODY });
  assert.equal(answer.code, 0);
  assert.equal(answer.extFields?.["transactionId"], "0B");
  assert.equal((await pullAll(client, "T", 1)).length, 1);
});

Deno.test("A send gives queues their own offsets and message ids grow with the log", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const places: string[] = [];
  for (const queueId of [0, 1, 0, 0, 1]) {
    const { extFields } = await send(client, { queueId });
    places.push(`${extFields?.["queueId"]}/${extFields?.["queueOffset"]}`);
  }
  assert.deepEqual(places, ["0/0", "1/0", "0/1", "0/2", "1/1"]);
});

Deno.test("A send without a unique id gets one", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const answer = await send(client, { properties: { KEYS: "k" } });
  const id = answer.extFields?.["transactionId"] ?? "";
  assert.match(id, /^7F0000011267[0-9A-F]{20}$/);
  const [message] = await pullAll(client, "T");
  assert.deepEqual(message?.properties, { KEYS: "k", UNIQ_KEY: id, ...STAMP });
});

Deno.test("A send to no queue in particular goes to one by chance", async () => {
  let chance = 0;
  await using path = await MessagePath.open({ random: () => chance });
  await using client = path.client();
  const chosen: (string | undefined)[] = [];
  for (chance of [0, 0.26, 0.99999]) {
    chosen.push((await send(client, { queueId: -1 })).extFields?.["queueId"]);
  }
  assert.deepEqual(chosen, ["0", "1", "3"]);
});

Deno.test("A send to no queue of a topic without queues to write is refused", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  path.topics.put({ ...newTopic("R", { queues: 2 }), writeQueueNums: 0 });
  const answer = await send(client, { topic: "R", queueId: -1 });
  assert.equal(answer.code, 29);
  assert.match(answer.remark ?? "", /^request queueId\[-1\] is illegal/);
});

Deno.test("A one-way send is stored and not answered", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  await client.tell("SEND_MESSAGE_V2", { extFields: sendFields(), body: BODY });
  assert.equal(client.socket.writes.length, 0);
  assert.equal((await pullAll(client, "T")).length, 1);
});

Deno.test("A refused send carries region and trace switch, too", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const answer = await send(client, { queueId: 4 });
  assert.equal(answer.code, 29);
  assert.deepEqual(answer.extFields, TRACE);
});

Deno.test("A send without a body is refused as illegal", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const answer = await client.ask("SEND_MESSAGE_V2", { extFields: sendFields() });
  assert.equal(answer.code, 13);
  assert.equal(
    answer.remark,
    "the message is illegal, maybe msg body or properties length not matched. " +
      "msg body length limit 4194304B, msg properties length limit 32KB.",
  );
  assert.deepEqual(answer.extFields, TRACE);
});

Deno.test("A send over the limits of body or properties is refused as illegal", async () => {
  await using path = await MessagePath.open({ config: { maxMessageSize: 1000 } });
  await using client = path.client();
  const tooLong = await client.ask("SEND_MESSAGE_V2", {
    extFields: sendFields(),
    body: new Uint8Array(1001),
  });
  assert.equal(tooLong.code, 13);
  assert.match(tooLong.remark ?? "", /msg body length limit 1000B/);
  const tooMany = await send(client, { properties: { KEYS: "k".repeat(32_768) } });
  assert.equal(tooMany.code, 13);
  assert.equal((await send(client)).code, 0);
});

Deno.test("A send of a half message is refused where the broker takes none", async () => {
  await using path = await MessagePath.open({ config: { rejectTransactionMessage: true } });
  await using client = path.client();
  const answer = await send(client, { sysFlag: 4, properties: { TRAN_MSG: "true" } });
  assert.equal(answer.code, 16);
  assert.equal(answer.remark, "the broker[127.0.0.1] sending transaction message is forbidden");
  assert.deepEqual(answer.extFields, TRACE);
});

Deno.test("A send of a half message waits in a topic of its own, and keeps what it was sent with", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const answer = await send(client, {
    queueId: 2,
    sysFlag: 5,
    properties: { TRAN_MSG: "true", PGROUP: "P", UNIQ_KEY: "0A", DELAY: "3" },
  });
  assert.equal(answer.code, 0);
  assert.equal(answer.extFields?.["queueId"], "2");
  assert.equal(answer.extFields?.["transactionId"], "0A");
  assert.equal((await pullAll(client, "T")).length, 0);
  const [half] = await pullAll(client, "RMQ_SYS_TRANS_HALF_TOPIC");
  assert.equal(half?.sysFlag, 1);
  assert.equal(half?.flag, 7);
  const place = parseMessageId(answer.extFields?.["msgId"] ?? "")?.physicalOffset;
  assert.equal(half?.physicalOffset, place);
  const { REAL_TOPIC, REAL_QID, __transactionId__, TRAN_MSG, DELAY } = half?.properties ?? {};
  assert.deepEqual(
    { REAL_TOPIC, REAL_QID, __transactionId__, TRAN_MSG, DELAY },
    { REAL_TOPIC: "T", REAL_QID: "2", __transactionId__: "0A", TRAN_MSG: "true", DELAY: "3" },
  );
});

Deno.test("A consumer's retry of a message that was sent in a transaction is no half message", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const answer = await send(client, {
    reconsumeTimes: 1,
    properties: { TRAN_MSG: "true", PGROUP: "P", UNIQ_KEY: "0A", DELAY: "3" },
  });
  assert.equal(answer.code, 0);
  assert.equal((await pullAll(client, "RMQ_SYS_TRANS_HALF_TOPIC")).length, 0);
  assert.equal(path.store.queueRange("SCHEDULE_TOPIC_XXXX", 2)?.max, 1);
});

Deno.test("A send with a delivery time of its own is refused where the timer wheel is off", async () => {
  await using path = await MessagePath.open({ config: { timerWheelEnable: false } });
  await using client = path.client();
  const answer = await send(client, { properties: { TIMER_DELAY_SEC: "3600" } });
  assert.equal(answer.code, 1);
  assert.equal(answer.remark, "accurate timer message is not enabled, timerWheelEnable is false");
});

Deno.test("A send with a delivery time of its own waits, and tells how to take it back", async () => {
  await using path = await MessagePath.open({ config: { brokerName: "broker-a" } });
  await using client = path.client();
  const answer = await send(client, {
    queueId: 2,
    properties: { UNIQ_KEY: "0A", TIMER_DELAY_SEC: "3600" },
  });
  const out = START + 3_600_000 - 1000;
  assert.equal(answer.code, 0);
  assert.equal(answer.extFields?.["queueId"], "2");
  assert.deepEqual(parseRecallHandle(answer.extFields?.["recallHandle"] ?? ""), {
    topic: "T",
    brokerName: "broker-a",
    timestamp: String(out + 1),
    messageId: "0A",
  });
  const found = await path.store.get({
    topic: "rmq_sys_wheel_timer",
    queueId: 0,
    queueOffset: 0,
    countMax: 1,
  });
  const pairs = parseProperties(messagesOf(found.body)[0]?.properties ?? "");
  assert.deepEqual(
    ["TIMER_OUT_MS", "REAL_TOPIC", "REAL_QID"].map((name) => pairs.get(name)),
    [String(out), "T", "2"],
  );
});

Deno.test("A send with a delay level and a time of its own goes by the level", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const properties = { UNIQ_KEY: "0A", DELAY: "3", TIMER_DELAY_SEC: "9", TIMER_DELIVER_MS: "8" };
  assert.equal((await send(client, { properties })).code, 0);
  const found = await path.store.get({
    topic: "SCHEDULE_TOPIC_XXXX",
    queueId: 2,
    queueOffset: 0,
    countMax: 1,
  });
  const names = [...parseProperties(messagesOf(found.body)[0]?.properties ?? "").keys()];
  assert.deepEqual(names.filter((name) => name.startsWith("TIMER")), []);
});

Deno.test("A send cannot claim the address bits of the record or an inner batch", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  assert.equal((await send(client, { sysFlag: 0x31 })).code, 0);
  const [message] = await pullAll(client, "T");
  assert.equal(message?.sysFlag, 1);
  assert.equal((await send(client, { sysFlag: 0x80 })).code, 13);
  assert.equal((await send(client, { properties: { INNER_NUM: "2" } })).code, 13);
  assert.equal((await send(client, { properties: { INNER_NUMS: "2" } })).code, 0);
});

Deno.test("A send to a topic of many tags says so in the record", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  path.topics.put({ ...newTopic("M", { queues: 1 }), topicFilterType: "MULTI_TAG" });
  await send(client, { topic: "M" });
  assert.equal((await pullAll(client, "M"))[0]?.sysFlag, 2);
});

Deno.test("A delayed send waits in the queue of its level and tells the queue it was sent to", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const answer = await send(client, { queueId: 3, properties: { UNIQ_KEY: "0A", DELAY: "5" } });
  assert.equal(answer.extFields?.["queueId"], "3");
  assert.equal(answer.extFields?.["queueOffset"], "0");
  assert.equal(path.stats.data("TOPIC_PUT_NUMS", "T"), undefined, "it has not come there yet");
  assert.equal(path.stats.data("TOPIC_PUT_NUMS", "SCHEDULE_TOPIC_XXXX")?.statsMinute.sum, 1);
  const [message] = await pullAll(client, "SCHEDULE_TOPIC_XXXX", 4);
  assert.deepEqual(message?.properties, {
    UNIQ_KEY: "0A",
    DELAY: "5",
    REAL_TOPIC: "T",
    REAL_QID: "3",
    ...STAMP,
  });
});

Deno.test("A delayed send past the last level waits as long as that", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  await send(client, { properties: { DELAY: "99" } });
  const [message] = await pullAll(client, "SCHEDULE_TOPIC_XXXX", 17);
  assert.equal(message?.properties["DELAY"], "18");
  assert.equal((await send(client, { properties: { DELAY: "soon" } })).code, 1);
});

Deno.test("A retry goes back to its group, and to the dead letters after too many times", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  path.groups.put({ ...newSubscriptionGroup("G"), retryMaxTimes: 3 });
  const retry = { topic: "%RETRY%G", properties: { UNIQ_KEY: "0A", DELAY: "0" } };
  assert.equal((await send(client, { ...retry, reconsumeTimes: 3 })).code, 0);
  assert.equal((await pullAll(client, "%RETRY%G")).length, 1);
  const answer = await send(client, { ...retry, reconsumeTimes: 4 });
  assert.equal(answer.code, 0);
  const [dead] = await pullAll(client, "%DLQ%G");
  assert.equal(dead?.properties["DELAY"], "-1");
  assert.equal(dead.reconsumeTimes, 4);
  assert.deepEqual(path.topics.get("%DLQ%G")?.perm, 6);
});

Deno.test("A retry counts by the consumer's own limit, if its release gives one", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  path.groups.put(newSubscriptionGroup("G"));
  const retry = { topic: "%RETRY%G", reconsumeTimes: 2, maxReconsumeTimes: 1 };
  await send(client, retry, 120);
  assert.equal(path.topics.get("%DLQ%G"), undefined);
  await send(client, retry, 121);
  assert.equal((await pullAll(client, "%DLQ%G")).length, 1);
});

Deno.test("A retry of a group that consumes in order is a dead letter at once", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  path.groups.put(newSubscriptionGroup("G"));
  path.locks.lock("G", { topic: "T", brokerName: "b", queueId: 0 }, "c");
  await send(client, { topic: "%RETRY%G" });
  assert.equal((await pullAll(client, "%DLQ%G")).length, 1);
});

Deno.test("A retry of a group that is not there and may not be created is refused", async () => {
  await using path = await MessagePath.open({ config: { autoCreateSubscriptionGroup: false } });
  await using client = path.client();
  const answer = await send(client, { topic: "%RETRY%G" });
  assert.equal(answer.code, 26);
  assert.match(answer.remark ?? "", /^subscription group not exist, G \nSee https:/);
  assert.deepEqual(answer.extFields, TRACE);
});

function batchOf(...names: string[]): Uint8Array {
  const text = new TextEncoder();
  return formatBatch(names.map((name, flag) => ({
    flag,
    body: text.encode(`body of ${name}`),
    properties: text.encode(propertiesOf({ UNIQ_KEY: name, KEYS: `钥匙 ${name}` })),
  })));
}

Deno.test("SEND_BATCH_MESSAGE stores consecutive messages and tells all their ids", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const extFields = sendFields({ batch: true, properties: { UNIQ_KEY: "B", WAIT: "true" } });
  const body = batchOf("b0", "b1", "b2");
  const first = await client.ask("SEND_BATCH_MESSAGE", { extFields, body });
  const second = await client.ask("SEND_BATCH_MESSAGE", { extFields, body });
  assert.equal(first.code, 0);
  assert.equal(first.extFields?.["queueOffset"], "0");
  assert.equal(first.extFields?.["transactionId"], "B");
  assert.equal(second.extFields?.["queueOffset"], "3");
  const messages = await pullAll(client, "T");
  const ids = messages.map((message) =>
    `7F00000100002A9F${message.physicalOffset.toString(16).toUpperCase().padStart(16, "0")}`
  );
  assert.equal(first.extFields?.["msgId"], ids.slice(0, 3).join(","));
  assert.deepEqual(messages.map((it) => it.queueOffset), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(messages.map((it) => it.flag), [0, 1, 2, 0, 1, 2]);
  assert.deepEqual(messages[1]?.properties, { UNIQ_KEY: "b1", KEYS: "钥匙 b1" });
  assert.equal(new TextDecoder().decode(messages[1].body), "body of b1");
});

Deno.test("SEND_BATCH_MESSAGE refuses what Java refuses", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  path.groups.put(newSubscriptionGroup("G"));
  const answers = async (sent: Sent, body = batchOf("b0")) => {
    const extFields = sendFields({ batch: true, ...sent });
    const { code, remark } = await client.ask("SEND_BATCH_MESSAGE", { extFields, body });
    return [code, remark];
  };
  const illegal = /^the message is illegal/;
  assert.deepEqual(await answers({ topic: "%RETRY%G" }), [
    13,
    "batch request does not support retry group %RETRY%G",
  ]);
  assert.match((await answers({ properties: { DELAY: "1" } })).join(), /^13,the message is/);
  assert.match(String((await answers({ sysFlag: 4 }))[1]), illegal);
  assert.match(String((await answers({}, new Uint8Array()))[1]), illegal);
  const longDlq = `%DLQ%${"g".repeat(125)}`;
  path.topics.put(newTopic(longDlq, { queues: 1 }));
  assert.deepEqual(await answers({ topic: longDlq }), [13, "message topic length too long 130"]);
});

Deno.test("SEND_BATCH_MESSAGE refuses bytes that are no batch, at every length", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const extFields = sendFields({ batch: true });
  const whole = batchOf("b0");
  for (let length = 1; length < whole.length; length++) {
    const body = whole.subarray(0, length);
    const { code, remark } = await client.ask("SEND_BATCH_MESSAGE", { extFields, body });
    assert.equal(code, 13);
    assert.match(remark ?? "", /^Cannot read batch: /);
  }
  assert.equal(path.store.queueRange("T", 0), undefined);
});

Deno.test("A send counts in the statistics, and a failed one as failed", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  await send(client);
  const extFields = sendFields({ batch: true });
  await client.ask("SEND_BATCH_MESSAGE", { extFields, body: batchOf("b0", "b1") });
  await send(client, { properties: { KEYS: "k".repeat(32_768) } });
  assert.equal(path.stats.totals.puts, 3);
  assert.equal(path.stats.totals.putFailures, 1);
  // Bytes are those of the records, as in Java.
  const { min, max } = path.store.logRange;
  assert.equal(path.stats.totals.putBytes, max - min);
  assert.equal(path.stats.data("TOPIC_PUT_SIZE", "T")?.statsMinute.sum, max - min);
});

Deno.test("Sends of one turn keep their order and are answered in it", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const sends = Array.from({ length: 64 }, (_, at) =>
    client.tell("SEND_MESSAGE_V2", {
      extFields: sendFields({ properties: { UNIQ_KEY: String(at) } }),
      body: BODY,
    }));
  await Promise.all(sends);
  const keys: string[] = [];
  for (let queueOffset = 0; queueOffset < 64; queueOffset += 32) {
    const extFields = pullFields({ queueOffset });
    const { body } = await client.ask("PULL_MESSAGE", { extFields });
    for (const { properties } of messagesOf(body)) {
      keys.push(parseProperties(properties).get("UNIQ_KEY") ?? "");
    }
  }
  assert.deepEqual(keys, Array.from({ length: 64 }, (_, at) => String(at)));
});
