import assert from "node:assert/strict";
import { formatProperties } from "../../store/properties.ts";
import { PendingReplies } from "./pending_replies.ts";

const HEADER = {
  producerGroup: "prices",
  topic: "C1_REPLY_TOPIC",
  defaultTopic: "TBW102",
  defaultTopicQueueNums: 4,
  queueId: 0,
  sysFlag: 0,
  bornTimestamp: 1000,
  flag: 7,
  properties: formatProperties([["CORRELATION_ID", "c1"], ["TAGS", "t"], ["KEYS", "a b"]]),
  reconsumeTimes: 0,
  unitMode: false,
  bornHost: "10.0.0.1:5",
  storeHost: "10.0.0.2:10911",
  storeTimestamp: 2000,
};
const BYTES = new TextEncoder().encode(`{"apples":42}`);

Deno.test("PendingReplies gives a reply to who waits for it, once", async () => {
  const replies = new PendingReplies();
  const one = replies.wait("c1");
  const other = replies.wait("c2");
  replies.take({ ...HEADER, properties: undefined }, BYTES);
  replies.take(HEADER, BYTES);
  assert.equal((await one.reply).text(), `{"apples":42}`);
  assert.equal(replies.size, 1);
  replies.take(HEADER, BYTES);
  other[Symbol.dispose]();
  one[Symbol.dispose]();
  assert.equal(replies.size, 0);
});
