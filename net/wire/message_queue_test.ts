import assert from "node:assert/strict";
import { asInteger, BodyError } from "./json_body.ts";
import { queueTable, readMessageQueue } from "./message_queue.ts";

const QUEUE = { topic: "T", brokerName: "b", queueId: 3 };

Deno.test("readMessageQueue() reads a queue, numbers also as texts", () => {
  assert.deepEqual(readMessageQueue({ topic: "T", brokerName: "b", queueId: "3" }, "queue"), QUEUE);
  assert.throws(() => readMessageQueue("T", "queue"), BodyError);
});

Deno.test("queueTable() reads keys in any order of members and spacing", () => {
  const table = { '{ "queueId" : 3, "topic":"T", "brokerName":"b" }': 7 };
  assert.deepEqual([...queueTable({ table }, "table", asInteger)], [[QUEUE, 7]]);
  assert.deepEqual([...queueTable({}, "table", asInteger)], []);
});

Deno.test("queueTable() refuses keys that are no queues", () => {
  for (const key of ["T", "7", "[1]", "{"]) {
    assert.throws(() => queueTable({ table: { [key]: 7 } }, "table", asInteger), BodyError, key);
  }
});
