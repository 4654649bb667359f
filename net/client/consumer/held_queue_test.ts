import assert from "node:assert/strict";
import { FakeOwner, pulledAt } from "../../../testdata/queue_owner.ts";

Deno.test("HeldQueue moves the offset to the first message that is not done with", () => {
  const owner = new FakeOwner();
  const queue = owner.queue(0);
  queue.put(pulledAt(0, [10, 11, 12, 20]));
  const { messages } = queue.take(4)!;
  const offset = () => owner.offsets.get(queue.queue);
  messages[1]!.ack();
  assert.equal(offset(), 10);
  messages[0]!.ack();
  assert.equal(offset(), 12);
  // Twice is once.
  messages[0]!.ack();
  messages[0]!.retry();
  assert.equal(queue.takenCount, 2);
  messages[3]!.ack();
  messages[2]!.ack();
  assert.equal(offset(), 21);
  assert.deepEqual(owner.owed, []);
});

Deno.test("HeldQueue: nothing counts once it is dropped; what is retired counts", () => {
  const owner = new FakeOwner();
  const [dropped, retired] = [owner.queue(0), owner.queue(1)];
  for (const queue of [dropped, retired]) queue.put(pulledAt(queue.queue.queueId, [0, 1]));
  const deliveries = [dropped.take(1)!, retired.take(1)!];
  dropped.drop();
  retired.retire();
  for (const delivery of deliveries) delivery.finish();
  assert.equal(owner.offsets.get(dropped.queue), undefined);
  assert.equal(owner.offsets.get(retired.queue), 1);
  assert.equal(dropped.take(1), undefined);
  assert.equal(retired.take(1), undefined);
});

Deno.test("HeldQueue has room again when enough is done with", async () => {
  const owner = new FakeOwner({ cachedMessagesMax: 2 });
  const queue = owner.queue(0);
  await queue.whenRoom();
  queue.put(pulledAt(0, [0, 1, 2]));
  assert.equal(queue.hasRoom, false);
  let hasRoom = false;
  const waiting = queue.whenRoom().then(() => hasRoom = true);
  const { messages } = queue.take(3)!;
  await Promise.resolve();
  assert.equal(hasRoom, false);
  messages[2]!.ack();
  await waiting;
  queue.put(pulledAt(0, [3, 4]));
  const dropped = queue.whenRoom();
  queue.drop();
  await dropped;
});

Deno.test("HeldQueue has no room beyond its bytes", () => {
  const owner = new FakeOwner({ cachedBytesMax: 5 });
  const queue = owner.queue(0);
  queue.put(pulledAt(0, [0, 1]));
  assert.equal(queue.hasRoom, true);
  queue.put(pulledAt(0, [2]));
  assert.equal(queue.hasRoom, false);
});
