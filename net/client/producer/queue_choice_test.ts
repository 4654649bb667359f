import assert from "node:assert/strict";
import { FaultAvoidance, JAVA_FAULT_TABLE } from "./fault_avoidance.ts";
import { queueOfKey, QueueTurn } from "./queue_choice.ts";

function queuesOf(...counts: readonly (readonly [brokerName: string, count: number])[]) {
  return counts.flatMap(([brokerName, count]) =>
    Array.from({ length: count }, (_, queueId) => {
      return { topic: "T", brokerName, queueId, address: `${brokerName}:1` };
    })
  );
}

const TWO = queuesOf(["a", 2], ["b", 2]);

function names(turn: QueueTurn, count: number, options = {}): string {
  return Array.from({ length: count }, () => {
    const { brokerName, queueId } = turn.next(TWO, options);
    return `${brokerName}${queueId}`;
  }).join(" ");
}

Deno.test("QueueTurn takes all queues in turn, from a place of chance", () => {
  assert.equal(names(new QueueTurn(() => 0), 6), "a1 b0 b1 a0 a1 b0");
  const starts = [0.1, 0.4, 0.6, 0.9].map((it) => names(new QueueTurn(() => it), 1));
  assert(new Set(starts).size > 1, String(starts));
});

Deno.test("QueueTurn goes on with another broker, where there is one", () => {
  assert.equal(names(new QueueTurn(() => 0), 3, { lastBroker: "a" }), "b0 b1 b0");
  assert.equal(names(new QueueTurn(() => 0), 3, { lastBroker: "b" }), "a1 a0 a1");
  const alone = queuesOf(["a", 2]);
  assert.equal(new QueueTurn(() => 0).next(alone, { lastBroker: "a" }).brokerName, "a");
});

Deno.test("QueueTurn prefers available brokers, then those that did not refuse, then any", () => {
  let time = 0;
  const faults = new FaultAvoidance(JAVA_FAULT_TABLE, { now: () => time });
  faults.note("a", "unanswered", 1);
  assert.equal(names(new QueueTurn(() => 0), 3, { faults }), "b0 b1 b0");
  // Both are avoided, but only b refused.
  faults.note("b", "refused", 1);
  assert.equal(names(new QueueTurn(() => 0), 3, { faults }), "a1 a0 a1");
  faults.note("a", "refused", 1);
  assert.equal(names(new QueueTurn(() => 0), 4, { faults }), "a1 b0 b1 a0");
  time = 10_000;
  assert.equal(names(new QueueTurn(() => 0), 4, { faults }), "a1 b0 b1 a0");
});

Deno.test("QueueTurn survives 2^31 turns", () => {
  const turn = new QueueTurn(() => 0.999_999_999);
  for (let count = 0; count < 10; count++) assert(turn.next(queuesOf(["a", 3])) !== undefined);
});

Deno.test("queueOfKey() chooses as Java's SelectMessageQueueByHash, for hashes of either sign", () => {
  // "polygenelubricants".hashCode() is Integer.MIN_VALUE.
  const counts = [1, 3, 4, 7, 16];
  // Queues of each key for so many, as Java 5.5.0 chose them.
  const rows: [key: string, queues: readonly number[]][] = [
    ["", [0, 0, 0, 0, 0]],
    ["order-17", [0, 2, 1, 3, 5]],
    ["polygenelubricants", [0, 2, 0, 2, 0]],
    ["订单-17", [0, 2, 0, 1, 0]],
    ["😀 smile", [0, 0, 1, 2, 5]],
    ["a", [0, 1, 1, 6, 1]],
    ["customer 4711", [0, 0, 1, 0, 5]],
    ["zzzzzzzzzzzzzz", [0, 2, 0, 0, 0]],
  ];
  for (const [key, queues] of rows) {
    assert.deepEqual(counts.map((count) => queueOfKey(key, count)), queues, key);
  }
});
