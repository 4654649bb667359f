import assert from "node:assert/strict";
import type { MessageRecord } from "../../../store/message.ts";
import { ReceivedMessage } from "../received_message.ts";
import { PulledQueue } from "./pulled_queue.ts";

const QUEUE = { topic: "T", brokerName: "broker-a", queueId: 0 };
const SIZE = 100;

function messagesAt(...offsets: number[]): ReceivedMessage[] {
  return offsets.map((queueOffset) => {
    const record = { topic: "T", queueOffset, totalSize: SIZE } as MessageRecord;
    return new ReceivedMessage(record, { brokerName: "broker-a" });
  });
}

function taken(queue: PulledQueue, max: number): number[] {
  const into: ReceivedMessage[] = [];
  queue.take(max, into);
  return into.map((it) => it.queueOffset);
}

/** A queue with the messages 10 to 13, the next pull at 20. */
function pulled(): PulledQueue {
  const queue = new PulledQueue(QUEUE);
  queue.add(messagesAt(10, 11, 12, 13), 20);
  return queue;
}

Deno.test("PulledQueue knows no place before the first pull", () => {
  const queue = new PulledQueue(QUEUE);
  assert.deepEqual([queue.position, queue.next, queue.settledOffset], [
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(taken(queue, 10), []);
  queue.add([], 7);
  assert.deepEqual([queue.position, queue.next, queue.settledOffset], [7, 7, 7]);
});

Deno.test("PulledQueue settles what was taken, and the offsets behind it that no message has", () => {
  const queue = pulled();
  assert.deepEqual([queue.position, queue.settledOffset], [10, 10]);
  assert.deepEqual(taken(queue, 3), [10, 11, 12]);
  assert.deepEqual([queue.position, queue.settledOffset, queue.count, queue.bytes], [
    13,
    10,
    1,
    SIZE,
  ]);
  queue.settle();
  assert.equal(queue.settledOffset, 13);
  assert.deepEqual(taken(queue, 3), [13]);
  assert.deepEqual([queue.position, queue.settledOffset, queue.count, queue.bytes], [20, 13, 0, 0]);
  assert.deepEqual(taken(queue, 3), []);
  queue.settle();
  assert.equal(queue.settledOffset, 20);
});

Deno.test("PulledQueue is full by messages, bytes or span, and never when it is empty", () => {
  const queue = pulled();
  const none = { messages: Infinity, bytes: Infinity, span: Infinity };
  assert.equal(queue.isFull(none), false);
  assert.equal(queue.isFull({ ...none, messages: 4 }), true);
  assert.equal(queue.isFull({ ...none, messages: 5 }), false);
  assert.equal(queue.isFull({ ...none, bytes: 4 * SIZE }), true);
  assert.equal(queue.isFull({ ...none, bytes: 4 * SIZE + 1 }), false);
  assert.equal(queue.isFull({ ...none, span: 3 }), true);
  assert.equal(queue.isFull({ ...none, span: 4 }), false);
  taken(queue, 4);
  assert.equal(queue.isFull({ messages: 0, bytes: 0, span: 0 }), false);
});

Deno.test("PulledQueue.seek() lets go what is there", () => {
  const queue = pulled();
  taken(queue, 1);
  const { seeks } = queue;
  queue.seek(3);
  assert.notEqual(queue.seeks, seeks);
  assert.deepEqual([queue.position, queue.settledOffset, queue.count, queue.bytes], [3, 3, 0, 0]);
  queue.add(messagesAt(3), 4);
  assert.deepEqual(taken(queue, 9), [3]);
});

Deno.test("PulledQueue.correct() forward keeps what is there", () => {
  const queue = pulled();
  taken(queue, 1);
  queue.correct(500);
  assert.deepEqual([queue.position, queue.next, queue.settledOffset], [11, 500, 10]);
  assert.deepEqual(taken(queue, 9), [11, 12, 13]);
  queue.settle();
  assert.equal(queue.settledOffset, 500);
});

Deno.test("PulledQueue.correct() backward keeps only what does not come again", () => {
  const queue = pulled();
  taken(queue, 1);
  queue.correct(12);
  assert.deepEqual([queue.count, queue.bytes, queue.next, queue.settledOffset], [1, SIZE, 12, 10]);
  queue.correct(5);
  assert.deepEqual([queue.count, queue.position, queue.settledOffset], [0, 5, 5]);
});

Deno.test("PulledQueue holds no message for long that was taken", () => {
  const queue = new PulledQueue(QUEUE);
  let sum = 0;
  for (let at = 0; at < 1000; at++) {
    queue.add(messagesAt(2 * at, 2 * at + 1), 2 * at + 2);
    sum += taken(queue, 1).length;
    assert.equal(queue.position, at + 1);
  }
  assert.deepEqual([sum, queue.count, queue.bytes], [1000, 1000, 1000 * SIZE]);
  assert.deepEqual(taken(queue, 5000).at(-1), 1999);
});
