import assert from "node:assert/strict";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { SYS_FLAG } from "./format.ts";
import { hostBytes } from "./host.ts";
import { messageView, viewOfRecord } from "./message_view.ts";
import { RecordView } from "./record_view.ts";

const MESSAGE = sampleMessage({
  queueId: 3,
  queueOffset: 17,
  physicalOffset: 38_100,
  sysFlag: SYS_FLAG.storeHostV6,
  storeHost: hostBytes("::1", 10_911),
  flag: 9,
  reconsumeTimes: 2,
  preparedTransactionOffset: 5,
  properties: "KEYS\u0001k1 k2\u0002__proto__\u0001x\u0002",
});

Deno.test("messageView() has the fields of the JSON contract, in its order", () => {
  assert.equal(
    JSON.stringify(messageView(MESSAGE)),
    JSON.stringify({
      topic: "TopicTest",
      queueId: 3,
      queueOffset: 17,
      commitLogOffset: 38_100,
      storeSize: MESSAGE.totalSize,
      magic: MESSAGE.magic,
      bodyCRC: MESSAGE.bodyCRC,
      storedBodySize: 4,
      sysFlag: 0x20,
      flag: 9,
      bornTimestamp: 1_700_000_000_000,
      bornHost: "10.1.2.3:50000",
      storeTimestamp: 1_700_000_000_005,
      storeHost: "[::1]:10911",
      reconsumeTimes: 2,
      preparedTransactionOffset: 5,
      properties: { KEYS: "k1 k2", ["__proto__"]: "x" },
      msgId: "0000000000000000000000000000000100002A9F00000000000094D4",
    }),
  );
});

Deno.test("viewOfRecord() describes the record a view was loaded with", () => {
  const record = new RecordView();
  record.attach(recordBytes(MESSAGE));
  assert.equal(record.load(0, MESSAGE.totalSize), undefined);
  assert.deepEqual(viewOfRecord(record), messageView(MESSAGE));
});
