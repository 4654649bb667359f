import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { SYS_FLAG } from "../../store/format.ts";
import { formatProperties } from "../../store/properties.ts";
import { ReplyMessage } from "./reply_message.ts";

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

Deno.test("ReplyMessage has what was replied, decompressed", () => {
  const plain = new ReplyMessage(HEADER, BYTES);
  assert.deepEqual(plain.json(), { apples: 42 });
  assert.deepEqual([plain.topic, plain.tag, plain.keys], ["C1_REPLY_TOPIC", "t", ["a", "b"]]);
  assert.deepEqual([plain.flag, +plain.bornAt, +plain.storedAt], [7, 1000, 2000]);
  assert.deepEqual([plain.bornHost, plain.storeHost], ["10.0.0.1:5", "10.0.0.2:10911"]);
  assert.equal(plain.messageId, "");
  const compressed = { ...HEADER, properties: undefined, sysFlag: SYS_FLAG.compressed };
  const squeezed = new ReplyMessage(compressed, new Uint8Array(deflateSync(BYTES)));
  assert.deepEqual([squeezed.text(), squeezed.keys, squeezed.tag], [
    `{"apples":42}`,
    [],
    undefined,
  ]);
  const damaged = new ReplyMessage(compressed, BYTES);
  assert.throws(() => damaged.body, { kind: "damaged", message: /^Cannot read the reply from 10/ });
});
