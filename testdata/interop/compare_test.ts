import assert from "node:assert/strict";
import {
  fieldDifferences,
  notAsSent,
  notExactlyOnce,
  notInQueueOrder,
  notTheSame,
  notWhereAcknowledged,
} from "./compare.ts";
import type { Acknowledged, Received, Sent } from "./message.ts";

const SENT: Sent = {
  how: "sync",
  no: "sync-0",
  status: "SEND_OK",
  msgId: "ID0",
  offsetMsgId: "OFFSET0",
  brokerName: "broker-a",
  queueId: 1,
  queueOffset: 0,
  flag: 3,
  bodySize: 5,
  bodySha256: "abc",
  properties: { no: "sync-0", KEYS: "k", WAIT: "true" },
  sentAfter: 100,
  sentBefore: 110,
};

const RECEIVED: Received = {
  topic: "T",
  queueId: 1,
  queueOffset: 0,
  commitLogOffset: 0,
  storeSize: 200,
  bodyCRC: 1,
  sysFlag: 0,
  flag: 3,
  bornTimestamp: 101,
  bornHost: "127.0.0.1:1",
  storeTimestamp: 105,
  storeHost: "127.0.0.1:2",
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
  msgId: "ID0",
  offsetMsgId: "OFFSET0",
  bodySize: 5,
  bodySha256: "abc",
  properties: { no: "sync-0", KEYS: "k", WAIT: "true", CLUSTER: "C1", MAX_OFFSET: "1" },
};

Deno.test("notExactlyOnce() names what is missing, repeated or unknown", () => {
  const other = { ...RECEIVED, properties: { no: "sync-9" } };
  assert.deepEqual(notExactlyOnce([SENT], [RECEIVED]), []);
  assert.deepEqual(notExactlyOnce([SENT], []), ["sync-0: received 0 times"]);
  assert.deepEqual(notExactlyOnce([SENT], [RECEIVED, RECEIVED]), ["sync-0: received 2 times"]);
  assert.deepEqual(notExactlyOnce([], [other]), ["sync-9: received, never sent"]);
});

Deno.test("notInQueueOrder() sees a gap, a repeat and a swap, each queue by itself", () => {
  const at = (queueId: number, queueOffset: number) => ({ ...RECEIVED, queueId, queueOffset });
  assert.deepEqual(notInQueueOrder([at(0, 0), at(1, 0), at(1, 1), at(0, 1)]), []);
  assert.equal(notInQueueOrder([at(0, 0), at(0, 2)]).length, 1);
  assert.equal(notInQueueOrder([at(0, 0), at(0, 0)]).length, 1);
  assert.equal(notInQueueOrder([at(0, 1), at(0, 0)]).length, 2);
});

Deno.test("notAsSent() compares place, ids, body, flag, times and properties", () => {
  assert.deepEqual(notAsSent([SENT], [RECEIVED]), []);
  const cases: readonly (readonly [Partial<Received>, RegExp])[] = [
    [{ queueId: 2 }, /queueId: expected 1, found 2/],
    [{ queueOffset: 7 }, /queueOffset/],
    [{ msgId: "X" }, /msgId/],
    [{ offsetMsgId: "X" }, /offsetMsgId/],
    [{ bodySha256: "x" }, /bodySha256/],
    [{ flag: 0 }, /flag/],
    [{ bornTimestamp: 99 }, /born 99/],
    [{ storeTimestamp: 111 }, /stored 111/],
    [{ storeTimestamp: 100 }, /stored 100/],
    [{ properties: { no: "sync-0" } }, /property KEYS: expected "k"/],
    [{ properties: { ...RECEIVED.properties, extra: "1" } }, /property extra: never sent/],
  ];
  for (const [change, expected] of cases) {
    assert.match(notAsSent([SENT], [{ ...RECEIVED, ...change }]).join(), expected);
  }
});

Deno.test("notAsSent() lets a broker leave out WAIT=true", () => {
  const properties = { no: "sync-0", KEYS: "k" };
  assert.deepEqual(notAsSent([SENT], [{ ...RECEIVED, properties }]), []);
});

Deno.test("notTheSame() ignores what clients add and the bit Java clears", () => {
  const { MAX_OFFSET: _, ...properties } = RECEIVED.properties;
  assert.deepEqual(notTheSame([RECEIVED], [{ ...RECEIVED, sysFlag: 1, properties }]), []);
});

Deno.test("notTheSame() sees changed, missing and additional messages", () => {
  const second = { ...RECEIVED, queueOffset: 1, commitLogOffset: 200 };
  assert.match(notTheSame([RECEIVED], [{ ...RECEIVED, storeTimestamp: 1 }]).join(), /Timestamp/);
  assert.match(notTheSame([RECEIVED, second], [RECEIVED]).join(), /T 1 1: missing/);
  assert.match(notTheSame([RECEIVED], [RECEIVED, second]).join(), /T 1 1: not expected/);
});

Deno.test("notTheSame() tells the messages of one record of a batch queue apart", () => {
  const second = { ...RECEIVED, queueOffset: 1, bodySha256: "def" };
  assert.deepEqual(notTheSame([RECEIVED, second], [second, RECEIVED]), []);
  assert.match(notTheSame([RECEIVED, second], [RECEIVED]).join(), /T 1 1: missing/);
});

Deno.test("notWhereAcknowledged() wants the very message at the acknowledged place", () => {
  const answer: Acknowledged = {
    no: "sync-0",
    msgId: "ID0",
    offsetMsgId: "OFFSET0",
    queueId: 1,
    queueOffset: 0,
    bodySha256: "abc",
  };
  assert.deepEqual(notWhereAcknowledged([answer], [RECEIVED]), []);
  assert.match(notWhereAcknowledged([answer], []).join(), /nothing at queue 1 at 0/);
  const other = { ...RECEIVED, msgId: "ID1" };
  assert.match(notWhereAcknowledged([answer], [other]).join(), /msgId/);
});

Deno.test("fieldDifferences() compares nested values", () => {
  assert.deepEqual(fieldDifferences("a", { x: { y: [1] } }, { x: { y: [1] }, z: 2 }), []);
  assert.deepEqual(fieldDifferences("a", { x: { y: 1 } }, { x: { y: 1, z: 2 } }), [
    'a: x: expected {"y":1}, found {"y":1,"z":2}',
  ]);
  assert.equal(fieldDifferences("a", [1, 2], [1]).length, 1);
});
