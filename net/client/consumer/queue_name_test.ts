import assert from "node:assert/strict";
import { compareQueues, queueName } from "./queue_name.ts";

function queue(topic: string, brokerName: string, queueId: number) {
  return { topic, brokerName, queueId };
}

Deno.test("queueName() tells queues apart, whatever a broker is called", () => {
  const queues = [
    queue("T", "b", 1),
    queue("T", "b", 11),
    queue("T", "b 1", 1),
    queue("T1", "b", 1),
    queue("T", "1 b", 1),
  ];
  assert.equal(new Set(queues.map(queueName)).size, queues.length);
  assert.equal(queueName({ ...queue("T", "b", 1), ...{ address: "h:1" } }), queueName(queues[0]!));
});

Deno.test("compareQueues() orders by topic, broker and number, as UTF-16 does", () => {
  const sorted = [
    queue("A", "z", 9),
    queue("a", "B", 10),
    queue("a", "a", 2),
    queue("a", "a", 10),
    queue("a", "\u{10000}", 0),
    queue("a", "\uffff", 0),
  ];
  assert.deepEqual([...sorted].reverse().sort(compareQueues), sorted);
  assert.equal(compareQueues(sorted[0]!, { ...sorted[0]! }), 0);
});
