import assert from "node:assert/strict";
import { storedMessage } from "../../testdata/stored_message.ts";
import { originTopic, replayed } from "./dead_letter.ts";

Deno.test("originTopic() is that of 5.x, else that of 4.x", () => {
  const topicOf = (properties: Record<string, string>) =>
    originTopic(storedMessage({ properties }));
  assert.equal(topicOf({ RETRY_TOPIC: "Orders" }), "Orders");
  assert.equal(topicOf({ RETRY_TOPIC: "Orders", DLQ_ORIGIN_TOPIC: "Old" }), "Old");
  assert.equal(topicOf({ RETRY_TOPIC: "Orders", DLQ_ORIGIN_TOPIC: "%RETRY%g" }), "Orders");
  assert.equal(topicOf({}), undefined);
});

Deno.test("replayed() is the message as its producer gave it", () => {
  const properties = {
    UNIQ_KEY: "0A",
    KEYS: "a b",
    TAGS: "paid",
    RETRY_TOPIC: "Orders",
    ORIGIN_MESSAGE_ID: "0B",
    DELAY: "3",
    region: "eu",
  };
  const letter = storedMessage({ topic: "%DLQ%billing", properties });
  const message = {
    topic: "Orders",
    body: new TextEncoder().encode("17 apples"),
    tag: "paid",
    keys: ["a", "b"],
    properties: { region: "eu" },
    flag: 7,
  };
  assert.deepEqual(replayed(letter, { group: "billing", target: "origin" }), {
    message,
    properties: [],
  });
  assert.deepEqual(replayed(letter, { group: "billing", target: "retry" }), {
    message: { ...message, topic: "%RETRY%billing" },
    properties: [["RETRY_TOPIC", "Orders"]],
  });
  assert.equal(replayed(storedMessage(), { group: "g", target: "origin" }), undefined);
});
