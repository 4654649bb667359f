import assert from "node:assert/strict";
import { pulledAt } from "../../../testdata/queue_owner.ts";
import { ReceivedMessage } from "../received_message.ts";
import { ConsumedMessage, type MessageGiver } from "./consumed_message.ts";

function messageOf(fields: { topic?: string; properties?: string; reconsumeTimes?: number } = {}) {
  const told: unknown[] = [];
  const giver: MessageGiver = {
    ack: (message) => told.push(["ack", message.queueOffset]),
    retry: (_, delayLevel) => told.push(["retry", delayLevel]),
    reply: (_, body) => Promise.resolve(void told.push(["reply", body])),
    triesOf: () => 1,
  };
  const { record, brokerName } = pulledAt(0, [4]).messages[0]!;
  const received = new ReceivedMessage({ ...record, ...fields }, { brokerName });
  const unwrap = (topic: string) => topic.replace("eu%", "");
  return { message: new ConsumedMessage(received, { giver, unwrap }), told };
}

Deno.test("ConsumedMessage hands what is said of it to who gave it out", async () => {
  const { message, told } = messageOf();
  message.ack();
  message.retry();
  message.retry({ delayLevel: 5 });
  await message.reply("yes");
  assert.deepEqual(told, [["ack", 4], ["retry", 0], ["retry", 5], ["reply", "yes"]]);
});

Deno.test("ConsumedMessage.retry() refuses levels that are no integers", () => {
  const { message, told } = messageOf();
  for (const delayLevel of [NaN, 1.5, Infinity, 2 ** 31, "3" as never, null as never]) {
    const invalid = { name: "ClientError", kind: "invalid", message: /delayLevel is / };
    assert.throws(() => message.retry({ delayLevel }), invalid);
  }
  message.retry({ delayLevel: -1 });
  assert.deepEqual(told, [["retry", -1]]);
});

Deno.test("ConsumedMessage counts what its record knows and what it does not", () => {
  assert.equal(messageOf({ reconsumeTimes: 2 }).message.attempt, 4);
});

Deno.test("ConsumedMessage of a retry topic has the topic it was sent to", () => {
  const topic = "%RETRY%eu%billing";
  const { message } = messageOf({ topic, properties: "RETRY_TOPIC\u0001eu%Orders\u0002" });
  assert.equal(message.topic, "Orders");
  assert.equal(messageOf({ topic }).message.topic, "%RETRY%billing");
  const own = messageOf({ topic: "eu%T", properties: "RETRY_TOPIC\u0001other\u0002" });
  assert.equal(own.message.topic, "T");
});
