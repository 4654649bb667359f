import assert from "node:assert/strict";
import { Refusal } from "../rpc/refusal.ts";
import { request } from "../wire/command.ts";
import { newSubscriptionGroup } from "../wire/subscription_group.ts";
import { defaultBrokerConfig } from "./broker_config.ts";
import {
  deadLetterTopic,
  givingGroup,
  groupOfRetryTopic,
  reconsumeTimesMax,
} from "./dead_letter.ts";
import { GroupTable } from "./group_table.ts";
import { TopicTable } from "./topic_table.ts";

const CONFIG = defaultBrokerConfig({ hostname: "broker-a", address: "127.0.0.1" });
const now = () => 0;

Deno.test("deadLetterTopic() has one queue to read and write, and is made once", () => {
  const topics = TopicTable.open({ config: CONFIG, now });
  const topic = deadLetterTopic(topics, "G");
  assert.equal(topic.topicName, "%DLQ%G");
  assert.deepEqual([topic.readQueueNums, topic.writeQueueNums, topic.perm], [1, 1, 6]);
  assert.equal(deadLetterTopic(topics, "G"), topic);
});

Deno.test("givingGroup() creates the group, or refuses where that is not allowed", () => {
  const open = GroupTable.open({ config: CONFIG, now });
  assert.equal(givingGroup(open, "G").groupName, "G");
  const config = { ...CONFIG, autoCreateSubscriptionGroup: false };
  const closed = GroupTable.open({ config, now });
  assert.throws(() => givingGroup(closed, "G"), (error) => {
    return error instanceof Refusal && error.code === "SUBSCRIPTION_GROUP_NOT_EXIST" &&
      error.remark.startsWith("subscription group not exist, G \nSee ");
  });
});

Deno.test("reconsumeTimesMax() hears consumers from 3.4.9 on", () => {
  const group = { ...newSubscriptionGroup("G"), retryMaxTimes: 16 };
  const command = request("CONSUMER_SEND_MSG_BACK", { opaque: 1 });
  command.version = 121;
  assert.equal(reconsumeTimesMax(group, command, 3), 3);
  assert.equal(reconsumeTimesMax(group, command, undefined), 16);
  command.version = 120;
  assert.equal(reconsumeTimesMax(group, command, 3), 16);
});

Deno.test("groupOfRetryTopic() takes the prefix away", () => {
  assert.equal(groupOfRetryTopic("%RETRY%my-group"), "my-group");
});
