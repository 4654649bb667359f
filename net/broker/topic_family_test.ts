import assert from "node:assert/strict";
import { subscriptionTo } from "../../testdata/consumer_side.ts";
import { BrokerFixture, type BrokerFixtureOptions } from "../../testdata/broker_fixture.ts";
import { pullFields, sendFields, type Sent, START } from "../../testdata/message_path.ts";
import type { WritableFile } from "../../store/file.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import type { RemotingCommand } from "../wire/command.ts";
import type { HeaderOf } from "../wire/headers.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { formatHeartbeat } from "../wire/heartbeat.ts";
import { parseGroupList, parseTopicList } from "../wire/name_lists.ts";
import { parseTopicConfigs, readTopicConfig, type TopicConfig } from "../wire/topic_config.ts";
import { parseTopicStats } from "../wire/topic_stats.ts";
import { TOPIC_QUEUES_MAX } from "./topic_family.ts";
import { newTopic } from "./topic_table.ts";

class FullDisk extends MemoryFiles {
  full = false;

  override openWrite(path: string): WritableFile {
    if (this.full && path.includes("topics.json")) throw new Error("no space left on the disk");
    return super.openWrite(path);
  }
}

/** A broker, and what is asked of it here. */
async function setUp(options: BrokerFixtureOptions = {}) {
  const it = await BrokerFixture.start({ now: () => START, ...options });
  const update = (changes: Partial<HeaderOf<"UPDATE_AND_CREATE_TOPIC">> = {}) => {
    const header = {
      topic: "T",
      defaultTopic: "TBW102",
      readQueueNums: 4,
      writeQueueNums: 4,
      perm: 6,
      topicFilterType: "SINGLE_TAG",
      topicSysFlag: 0,
      order: false,
      ...changes,
    };
    return it.ask("UPDATE_AND_CREATE_TOPIC", { header });
  };
  const topic = async (name = "T"): Promise<TopicConfig | undefined> => {
    const { code, body } = await it.ask("GET_TOPIC_CONFIG", { header: { topic: name } });
    return code === 0 ? readTopicConfig(json(body), name) : undefined;
  };
  const all = async () => parseTopicConfigs((await it.ask("GET_ALL_TOPIC_CONFIG")).body);
  const remove = (name = "T") => it.ask("DELETE_TOPIC_IN_BROKER", { header: { topic: name } });
  const send = (sent: Sent = {}) =>
    it.ask("SEND_MESSAGE_V2", { extFields: sendFields(sent), body: new Uint8Array(9) });
  const dispose = () => it[Symbol.asyncDispose]();
  return { it, update, topic, all, remove, send, [Symbol.asyncDispose]: dispose };
}

function json(body: Uint8Array | undefined): unknown {
  return parseFastJson(new TextDecoder().decode(body));
}

function said({ code, remark }: RemotingCommand): readonly [number, string | undefined] {
  return [code, remark];
}

Deno.test("UPDATE_AND_CREATE_TOPIC creates, changes, and counts only what changed", async () => {
  await using it = await setUp();
  const before = (await it.all()).dataVersion.counter;
  assert.equal((await it.update()).code, 0);
  assert.deepEqual(await it.topic(), newTopic("T", { queues: 4 }));
  assert.equal((await it.update()).code, 0);
  assert.equal((await it.all()).dataVersion.counter, before + 1);
  const changes = { readQueueNums: 8, perm: 4, topicFilterType: "MULTI_TAG", order: true };
  assert.equal((await it.update(changes)).code, 0);
  assert.deepEqual(await it.topic(), { ...newTopic("T", { queues: 4 }), ...changes });
  assert.equal((await it.all()).dataVersion.counter, before + 2);
});

Deno.test("UPDATE_AND_CREATE_TOPIC keeps attributes that a request does not speak of", async () => {
  await using it = await setUp();
  await it.update({ attributes: "+message.type=FIFO" });
  await it.update({ readQueueNums: 9, attributes: "" });
  assert.deepEqual((await it.topic())?.attributes, new Map([["message.type", "FIFO"]]));
  await it.update({ attributes: "-message.type" });
  assert.deepEqual((await it.topic())?.attributes, new Map());
  const refused = await it.update({ attributes: "+retention=5" });
  assert.deepEqual(said(refused), [29, "unsupported key: retention"]);
});

Deno.test("UPDATE_AND_CREATE_TOPIC refuses names and numbers that cannot be", async () => {
  await using it = await setUp();
  const cases: readonly (readonly [Partial<HeaderOf<"UPDATE_AND_CREATE_TOPIC">>, RegExp])[] = [
    [{ topic: " " }, /^The specified topic is blank\.$/],
    [{ topic: "../../x" }, /contains illegal characters/],
    [{ topic: "a".repeat(128) }, /is longer than topic max length: 127$/],
    [{ topic: "SCHEDULE_TOPIC_XXXX" }, /^The topic\[SCHEDULE_TOPIC_XXXX\] is conflict with system/],
    [{ topic: "TBW102" }, /is conflict with system topic\.$/],
    [{ topic: "C1" }, /^The topic\[C1\] is conflict with system topic\.$/],
    [{ topic: "broker-a" }, /is conflict with system topic\.$/],
    [{ topic: "C1_REPLY_TOPIC" }, /is conflict with system topic\.$/],
    [{ readQueueNums: -1 }, /^Topic T cannot have -1 queues, limit is 65536$/],
    [{ writeQueueNums: TOPIC_QUEUES_MAX + 1 }, /^Topic T cannot have 65537 queues/],
  ];
  const { counter } = (await it.all()).dataVersion;
  for (const [changes, remark] of cases) {
    const answer = await it.update(changes);
    assert.equal(answer.code, 29, JSON.stringify(changes));
    assert.match(answer.remark ?? "", remark);
  }
  assert.equal((await it.all()).dataVersion.counter, counter);
});

Deno.test("system topics can be changed and removed where the settings allow it", async () => {
  await using it = await setUp({ config: { validateSystemTopicWhenUpdateTopic: false } });
  assert.equal((await it.update({ topic: "BenchmarkTest" })).code, 0);
  assert.equal((await it.topic("BenchmarkTest"))?.readQueueNums, 4);
  assert.equal((await it.remove("BenchmarkTest")).code, 0);
  assert.equal(await it.topic("BenchmarkTest"), undefined);
});

Deno.test("UPDATE_AND_CREATE_TOPIC is answered when the topic is on the disk, and not before", async () => {
  const fs = new FullDisk();
  await using it = await setUp({ fs });
  fs.full = true;
  const failed = await it.update();
  assert.equal(failed.code, 1);
  assert.match(failed.remark ?? "", /no space left on the disk/);
  // A repetition changes nothing in memory, and must not pass for that.
  assert.equal((await it.update()).code, 1);
  assert.equal((await it.remove("NeverThere")).code, 1);
  fs.full = false;
  assert.equal((await it.update()).code, 0);
  const files = new TextDecoder().decode(fs.snapshot().get("/store/config/topics.json"));
  assert.match(files, /"topicName":"T"/);
});

Deno.test("topics survive a restart, and what was removed stays so", async () => {
  await using it = await setUp();
  await it.update({ attributes: "+message.type=DELAY" });
  await it.update({ topic: "Gone" });
  await it.remove("Gone");
  const { dataVersion } = await it.all();
  await it[Symbol.asyncDispose]();
  await using again = await setUp({ fs: it.it.fs });
  assert.deepEqual((await again.topic())?.attributes, new Map([["message.type", "DELAY"]]));
  assert.equal(await again.topic("Gone"), undefined);
  assert.deepEqual((await again.all()).dataVersion, dataVersion);
});

Deno.test("DELETE_TOPIC_IN_BROKER removes messages, offsets and counters with the topic", async () => {
  await using it = await setUp();
  await it.update();
  await it.send();
  await it.send({ topic: "T" });
  const group = new TextEncoder().encode('{"groupName":"G"}');
  await it.it.ask("UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", { body: group });
  const place = { consumerGroup: "G", topic: "T", queueId: 0 };
  await it.it.ask("UPDATE_CONSUMER_OFFSET", { header: { ...place, commitOffset: 1 } });
  assert.equal((await it.remove()).code, 0);
  assert.equal(await it.topic(), undefined);
  const stats = { statsName: "TOPIC_PUT_NUMS", statsKey: "T" };
  assert.equal((await it.it.ask("VIEW_BROKER_STATS_DATA", { header: stats })).code, 1);
  const topics = await it.it.ask("QUERY_TOPICS_BY_CONSUMER", { header: { group: "G" } });
  assert.deepEqual(parseTopicList(topics.body).topicList, []);
  await it.update();
  const max = await it.it.ask("GET_MAX_OFFSET", { header: { topic: "T", queueId: 0 } });
  assert.equal(max.extFields?.["offset"], "0", "a topic of the same name begins anew");
});

Deno.test("DELETE_TOPIC_IN_BROKER refuses what Java refuses, and takes what is not there", async () => {
  await using it = await setUp();
  assert.deepEqual(said(await it.remove(" ")), [29, "The specified topic is blank."]);
  for (const topic of ["RMQ_SYS_TRANS_HALF_TOPIC", "C1", "broker-a", "rmq_sys_x"]) {
    const remark = `The topic[${topic}] is conflict with system topic.`;
    assert.deepEqual(said(await it.remove(topic)), [29, remark]);
  }
  assert.equal((await it.remove("NoSuch")).code, 0);
});

Deno.test("a pull of a topic that is removed while it waits is answered in its time", async () => {
  await using it = await setUp({ now: Date.now });
  await it.update();
  const group = new TextEncoder().encode('{"groupName":"G"}');
  await it.it.ask("UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", { body: group });
  const pulled = it.it.ask("PULL_MESSAGE", {
    extFields: pullFields({ sysFlag: 2, suspendMs: 300 }),
  });
  assert.equal((await it.remove()).code, 0);
  assert.equal((await pulled).code, 17);
});

Deno.test("GET_ALL_TOPIC_CONFIG has every topic and says how many", async () => {
  await using it = await setUp();
  await it.update();
  const answer = await it.it.ask("GET_ALL_TOPIC_CONFIG");
  const { topicConfigTable } = parseTopicConfigs(answer.body);
  assert.equal(answer.extFields?.["totalTopicNum"], String(topicConfigTable.size));
  assert.equal(topicConfigTable.size, 12);
  assert(topicConfigTable.has("T") && topicConfigTable.has("TBW102"));
});

Deno.test("GET_TOPIC_CONFIG of a topic that is not there says so in Java's words", async () => {
  await using it = await setUp();
  const answer = await it.it.ask("GET_TOPIC_CONFIG", { header: { topic: "NoSuch" } });
  assert.deepEqual(said(answer), [17, "No topic in this broker. topic: NoSuch"]);
});

Deno.test("GET_TOPIC_STATS_INFO has every queue, those without messages too", async () => {
  await using it = await setUp();
  await it.update({ readQueueNums: 2, writeQueueNums: 3 });
  await it.send({ queueId: 1 });
  await it.send({ queueId: 1 });
  const answer = await it.it.ask("GET_TOPIC_STATS_INFO", { header: { topic: "T" } });
  const { offsetTable, topicPutTps } = parseTopicStats(answer.body);
  const none = { minOffset: 0, maxOffset: 0, lastUpdateTimestamp: 0 };
  assert.deepEqual([...offsetTable], [
    [{ topic: "T", brokerName: "broker-a", queueId: 0 }, none],
    [
      { topic: "T", brokerName: "broker-a", queueId: 1 },
      { minOffset: 0, maxOffset: 2, lastUpdateTimestamp: START },
    ],
    [{ topic: "T", brokerName: "broker-a", queueId: 2 }, none],
  ]);
  assert.equal(topicPutTps, 0.2);
  const missing = await it.it.ask("GET_TOPIC_STATS_INFO", { header: { topic: "NoSuch" } });
  assert.deepEqual(said(missing), [17, "topic[NoSuch] not exist"]);
});

Deno.test("QUERY_TOPIC_CONSUME_BY_WHO knows those online and those with offsets", async () => {
  await using it = await setUp();
  await it.update();
  const consumer = {
    groupName: "Online",
    consumeType: "CONSUME_PASSIVELY",
    messageModel: "CLUSTERING",
    consumeFromWhere: "CONSUME_FROM_LAST_OFFSET",
    unitMode: false,
    subscriptionDataSet: [subscriptionTo("T")],
  };
  const beat = { clientID: "client@1", producerGroups: [], consumers: [consumer] };
  await it.it.ask("HEART_BEAT", { body: formatHeartbeat(beat) });
  const group = new TextEncoder().encode('{"groupName":"Offline"}');
  await it.it.ask("UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", { body: group });
  const place = { consumerGroup: "Offline", topic: "T", queueId: 0, commitOffset: 0 };
  await it.it.ask("UPDATE_CONSUMER_OFFSET", { header: place });
  const who = async (topic: string) => {
    const answer = await it.it.ask("QUERY_TOPIC_CONSUME_BY_WHO", { header: { topic } });
    return parseGroupList(answer.body);
  };
  assert.deepEqual(await who("T"), ["Offline", "Online"]);
  assert.deepEqual(await who("NoSuch"), []);
  const topics = await it.it.ask("QUERY_TOPICS_BY_CONSUMER", { header: { group: "Offline" } });
  const { topicList, brokerAddr } = parseTopicList(topics.body);
  assert.deepEqual([topicList, brokerAddr], [["T"], it.it.peer]);
});

Deno.test("GET_SYSTEM_TOPIC_LIST_FROM_BROKER has the broker's own topics", async () => {
  await using it = await setUp();
  const { topicList } = parseTopicList((await it.it.ask("GET_SYSTEM_TOPIC_LIST_FROM_BROKER")).body);
  for (const topic of ["TBW102", "C1", "broker-a", "C1_REPLY_TOPIC"]) {
    assert(topicList.includes(topic), topic);
  }
  assert(!topicList.includes("T"));
});
