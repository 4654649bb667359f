import assert from "node:assert/strict";
import { Refusal } from "../rpc/refusal.ts";
import { newTopic, TopicTable } from "./topic_table.ts";
import { type BrokerConfig, defaultBrokerConfig } from "./broker_config.ts";
import { checkSend, type SendHeader } from "./send_check.ts";

const PEER = "10.0.0.9:4242";

function setUp(changes: Partial<BrokerConfig> = {}) {
  const defaults = defaultBrokerConfig({ hostname: "broker-a", address: "10.0.0.1" });
  const config = { ...defaults, ...changes };
  const topics = TopicTable.open({ config, now: () => 0 });
  const check = (header: Partial<SendHeader>) =>
    checkSend({ config, topics }, { ...HEADER, ...header }, PEER);
  const refusal = (header: Partial<SendHeader>) => {
    try {
      check(header);
    } catch (error) {
      assert(error instanceof Refusal);
      return [error.code, error.remark];
    }
    assert.fail("it was not refused");
  };
  return { topics, check, refusal };
}

const HEADER: SendHeader = {
  producerGroup: "P",
  topic: "T",
  defaultTopic: "TBW102",
  defaultTopicQueueNums: 4,
  queueId: 0,
  sysFlag: 0,
  bornTimestamp: 0,
  flag: 0,
};

Deno.test("checkSend() refuses names that are none, in Java's words", () => {
  const { refusal } = setUp();
  assert.deepEqual(refusal({ topic: " " }), ["INVALID_PARAMETER", "The specified topic is blank."]);
  assert.deepEqual(refusal({ topic: "a.b" }), [
    "INVALID_PARAMETER",
    "The specified topic: a.b, contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$",
  ]);
  assert.equal(refusal({ topic: "t".repeat(128) })[0], "INVALID_PARAMETER");
});

Deno.test("checkSend() keeps the system's own topics from clients", () => {
  const { refusal, check } = setUp();
  for (const topic of ["SCHEDULE_TOPIC_XXXX", "RMQ_SYS_TRANS_HALF_TOPIC", "SELF_TEST_TOPIC"]) {
    const remark = `Sending message to topic[${topic}] is forbidden.`;
    assert.deepEqual(refusal({ topic }), ["NO_PERMISSION", remark]);
  }
  assert.equal(check({ topic: "TBW102" }).topicName, "TBW102");
});

Deno.test("checkSend() creates a topic with the first message, with as many queues as asked for", () => {
  const { check, topics } = setUp();
  const created = check({ topic: "New", queueId: 3 });
  assert.equal(created, topics.get("New"));
  assert.deepEqual([created.readQueueNums, created.writeQueueNums, created.perm], [4, 4, 6]);
  assert.equal(check({ topic: "Wide", defaultTopicQueueNums: 99 }).writeQueueNums, 8);
});

Deno.test("checkSend() refuses an unknown topic where none may be created", () => {
  const { refusal } = setUp({ autoCreateTopicEnable: false });
  assert.deepEqual(refusal({}), [
    "TOPIC_NOT_EXIST",
    "topic[T] not exist, apply first please!" +
    "\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.",
  ]);
});

Deno.test("checkSend() creates a retry topic where no topic may be created", () => {
  const { check } = setUp({ autoCreateTopicEnable: false });
  const created = check({ topic: "%RETRY%G", unitMode: true });
  assert.deepEqual([created.writeQueueNums, created.perm, created.topicSysFlag], [1, 6, 2]);
});

Deno.test("checkSend() refuses a queue the topic does not have, and creates the topic still", () => {
  const { refusal, topics, check } = setUp();
  assert.deepEqual(refusal({ queueId: 99 }), [
    "INVALID_PARAMETER",
    "request queueId[99] is illegal, TopicConfig [topicName=T, readQueueNums=4, " +
    "writeQueueNums=4, perm=RW-, topicFilterType=SINGLE_TAG, topicSysFlag=0, order=false, " +
    "attributes={}] Producer: 10.0.0.9:4242",
  ]);
  topics.put({
    ...newTopic("T", { queues: 2, perm: 1 }),
    readQueueNums: 6,
    attributes: new Map([["+message.type", "FIFO"], ["a", "b"]]),
  });
  assert.equal(check({ queueId: 5 }).topicName, "T", "a queue may be read only");
  assert.match(refusal({ queueId: 6 })[1]!, /perm=--X.*attributes=\{\+message\.type=FIFO, a=b\}/);
});

Deno.test("checkSend() lets a broker without write permission refuse ordered topics only", () => {
  const { refusal, check, topics } = setUp({ brokerPermission: 4 });
  topics.put({ ...newTopic("O", { queues: 1 }), order: true });
  const remark = "the broker[10.0.0.1] sending message is forbidden";
  assert.deepEqual(refusal({ topic: "O" }), ["NO_PERMISSION", remark]);
  assert.equal(check({}).topicName, "T");
});
