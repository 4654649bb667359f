import assert from "node:assert/strict";
import { FakeOwner, pulledAt } from "../../../testdata/queue_owner.ts";
import { MessageLoop } from "./message_loop.ts";

Deno.test("MessageLoop is at work while its body has a message it has not spoken of", async () => {
  const queue = new FakeOwner().queue(0);
  queue.put(pulledAt(0, [0, 1, 2]));
  const loop = new MessageLoop();
  assert.equal(loop.atWork, false);
  const deliveries = [queue.take(1)!, queue.take(1)!, queue.take(1)!];
  loop.enter(deliveries[0]!);
  assert.equal(loop.atWork, true);
  assert.equal(await loop.whenIdle(1), false);
  const acked = loop.whenIdle(60_000);
  deliveries[0]!.messages[0]!.ack();
  assert.equal(await acked, true);
  loop.enter(deliveries[1]!);
  const ended = loop.whenIdle(60_000);
  loop.resume();
  assert.equal(await ended, true);
  // What an earlier turn has left open is not what the body is at work on.
  loop.enter(deliveries[2]!);
  deliveries[2]!.messages[0]!.ack();
  assert.equal(loop.atWork, false);
});

Deno.test("MessageLoop gives back the message its body was left with, and nothing else", async () => {
  const owner = new FakeOwner();
  const queue = owner.queue(0);
  queue.put(pulledAt(0, [0, 1, 2]));
  const [acked, kept, open] = Array.from({ length: 3 }, () => queue.take(1)!);
  const loop = new MessageLoop();
  loop.enter(acked!);
  acked!.messages[0]!.ack();
  loop.giveBack();
  loop.enter(kept!);
  loop.resume();
  loop.giveBack();
  assert.equal(owner.owed.length, 0);
  loop.enter(open!);
  loop.giveBack();
  loop.giveBack();
  assert.equal(owner.owed.length, 1);
  assert.deepEqual([kept!.open, open!.open, loop.atWork], [true, false, false]);
  kept!.messages[0]!.ack();
  // Too late: it comes again.
  open!.messages[0]!.ack();
  assert.equal(owner.offsets.get(queue.queue), 2);
  await Promise.all(owner.owed);
  queue.drop();
});
