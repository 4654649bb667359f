import assert from "node:assert/strict";
import { FakeOwner, pulledAt } from "../../../testdata/queue_owner.ts";

Deno.test("ReadyQueues goes from queue to queue, each in its order", () => {
  const owner = new FakeOwner();
  const queues = [0, 1, 2].map((queueId) => owner.queue(queueId));
  queues[0]!.put(pulledAt(0, [0, 1, 2, 3]));
  queues[1]!.put(pulledAt(1, [5]));
  queues[2]!.put(pulledAt(2, [7, 8]));
  const taken: string[] = [];
  for (let it = owner.ready.take(1); it !== undefined; it = owner.ready.take(1)) {
    taken.push(it.messages.map((message) => `${message.queueId}/${message.queueOffset}`).join());
  }
  assert.deepEqual(taken, ["0/0", "1/5", "2/7", "0/1", "2/8", "0/2", "0/3"]);
});

Deno.test("ReadyQueues passes over a queue that was dropped, and has many in line", () => {
  const owner = new FakeOwner();
  const queues = Array.from({ length: 300 }, (_, queueId) => owner.queue(queueId));
  for (const [queueId, queue] of queues.entries()) queue.put(pulledAt(queueId, [0, 1]));
  for (const queue of queues.slice(0, 299)) queue.drop();
  assert.equal(owner.ready.take(8)?.messages.length, 2);
  assert.equal(owner.ready.take(8), undefined);
});

Deno.test("ReadyQueues tells of what is offered", () => {
  const owner = new FakeOwner();
  let told = 0;
  owner.ready.onOffer = () => told++;
  const queue = owner.queue(0);
  queue.put(pulledAt(0, []));
  assert.equal(told, 0);
  queue.put(pulledAt(0, [0]));
  queue.put(pulledAt(0, [1]));
  assert.equal(told, 2);
  assert.equal(owner.ready.take(8)?.messages.length, 2);
});
