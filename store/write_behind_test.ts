import assert from "node:assert/strict";
import { WriteBehind, type WrittenBehind } from "./write_behind.ts";

/** A queue that counts what is done to it. */
class CountingQueue implements WrittenBehind {
  unwritten = 0;
  writes = 0;
  obstacle: Error | undefined;

  write(): void {
    if (this.obstacle !== undefined) throw this.obstacle;
    this.unwritten = 0;
    this.writes++;
  }
}

function take(behind: WriteBehind, queue: CountingQueue, units = 1): void {
  for (let count = 0; count < units; count++) {
    behind.note(queue);
    queue.unwritten++;
  }
}

Deno.test("WriteBehind.write() writes every queue that took units, once", () => {
  const behind = new WriteBehind();
  const queues = Array.from({ length: 10 }, () => new CountingQueue());
  for (const queue of queues.slice(0, 7)) take(behind, queue, 3);
  behind.write();
  behind.write();
  assert.deepEqual(queues.map(({ writes }) => writes), [1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
  assert.equal(behind.waiting, 0);
});

Deno.test("WriteBehind.write() takes so many queues a look, the longest waiting first", () => {
  const behind = new WriteBehind();
  const queues = Array.from({ length: 1_200 }, () => new CountingQueue());
  for (const queue of queues) take(behind, queue);
  const written = () => queues.findLastIndex(({ writes }) => writes > 0) + 1;
  behind.write();
  assert.equal(written(), 512);
  take(behind, queues[0]!);
  behind.write();
  assert.deepEqual([written(), queues[0]!.writes], [1_024, 1]);
  behind.write();
  assert.deepEqual([written(), queues[0]!.writes, behind.waiting], [1_200, 2, 0]);
});

Deno.test("WriteBehind.write() takes a queue that fills fast out of turn", () => {
  const behind = new WriteBehind();
  const slow = Array.from({ length: 5_000 }, () => new CountingQueue());
  for (const queue of slow) take(behind, queue);
  const fast = new CountingQueue();
  take(behind, fast, 5_000);
  behind.write();
  assert.equal(fast.unwritten, 0);
  assert.equal(slow.at(-1)!.writes, 0);
});

Deno.test("WriteBehind.write() goes on where too much is held back", () => {
  const behind = new WriteBehind();
  const queues = Array.from({ length: 9_000 }, () => new CountingQueue());
  for (const queue of queues) take(behind, queue, 1_000);
  behind.write();
  const held = queues.reduce((units, { unwritten }) => units + unwritten, 0);
  assert(held <= 6_000_000, `${held} units held back`);
});

Deno.test("WriteBehind.write(): a queue that cannot be written is the next one again", () => {
  const behind = new WriteBehind();
  const [one, two, three] = [new CountingQueue(), new CountingQueue(), new CountingQueue()];
  for (const queue of [one, two, three]) take(behind, queue);
  two.obstacle = new Error("no room");
  assert.throws(() => behind.write(), /no room/);
  assert.throws(() => behind.write(), /no room/);
  assert.deepEqual([one.writes, two.writes, three.writes], [1, 0, 0]);
  two.obstacle = undefined;
  behind.write();
  assert.deepEqual([one.writes, two.writes, three.writes], [1, 1, 1]);
});

Deno.test("WriteBehind.recount(): what a sync has written waits no more, nor counts", () => {
  const behind = new WriteBehind();
  const queues = Array.from({ length: 2_000 }, () => new CountingQueue());
  for (let round = 0; round < 4; round++) {
    for (const queue of queues) take(behind, queue, 1_000);
    for (const queue of queues) queue.write();
    behind.recount();
    assert.equal(behind.waiting, 0);
  }
  for (const queue of queues) take(behind, queue);
  for (const queue of queues.slice(0, 1_000)) {
    queue.write();
    take(behind, queue);
  }
  assert.equal(behind.waiting, 3_000);
  behind.recount();
  assert.equal(behind.waiting, 2_000);
  const before = queues.map(({ writes }) => writes);
  behind.write();
  const written = queues.filter(({ writes }, at) => writes > before[at]!);
  assert.equal(written.length, 512, "a look is as short as ever");
});
