import assert from "node:assert/strict";
import { isOwnGroup, topicKindIn } from "./own_names.ts";

const BROKERS = [
  { cluster: "C1", brokerName: "broker-a" },
  { cluster: "C2", brokerName: "broker-b" },
];

Deno.test("topicKindIn() knows the topics that are called after brokers and clusters", () => {
  for (const topic of ["C1", "C2", "broker-b", "C2_REPLY_TOPIC", "DefaultHeartBeatSyncerTopic"]) {
    assert.equal(topicKindIn(BROKERS, topic), "system", topic);
  }
  assert.equal(topicKindIn([], "broker-b"), "user");
  assert.equal(topicKindIn(BROKERS, "Orders"), "user");
  assert.equal(topicKindIn(BROKERS, "%DLQ%Orders"), "dead-letter");
  assert.equal(topicKindIn(BROKERS, "SCHEDULE_TOPIC_XXXX"), "delay");
  assert.equal(topicKindIn(BROKERS, "CHECKPOINT_TOPIC"), "system");
});

Deno.test("isOwnGroup() tells groups of brokers and tools from those of users", () => {
  for (const group of ["CID_RMQ_SYS_TRANS", "TOOLS_CONSUMER", "CLIENT_INNER_PRODUCER"]) {
    assert.equal(isOwnGroup(group), true, group);
  }
  for (const group of ["billing", "CID_billing", "TOOLS"]) assert.equal(isOwnGroup(group), false);
});
