import assert from "node:assert/strict";
import { Expectation, PendingPool, PendingUnits } from "./queue_expectation.ts";

function sample(number: number): Expectation {
  return Object.assign(new Expectation(), {
    index: number,
    physicalOffset: 2 ** 52 + number,
    size: 0x7fffffff - number,
    tagsCode: -(2 ** 31) + number,
    storeTimestamp: 1_700_000_000_000 + number,
    count: 1 + number % 32_767,
  });
}

function taken(pending: PendingUnits): Expectation[] {
  const [into, all] = [new Expectation(), [] as Expectation[]];
  pending.takeAll(into, () => all.push(Object.assign(new Expectation(), into)));
  return all;
}

Deno.test("PendingUnits gives back what was pushed, in order, and copies it", () => {
  const pool = new PendingPool();
  const queues = [0, 1, 2].map(() => new PendingUnits(pool));
  const reused = new Expectation();
  const numbers = Array.from({ length: 10_000 }, (_, number) => number);
  for (const number of numbers) queues[number % 3]!.push(Object.assign(reused, sample(number)));
  for (const [nth, queue] of queues.entries()) {
    const own = numbers.filter((number) => number % 3 === nth);
    assert.equal(queue.length, own.length);
    assert.deepEqual(taken(queue), own.map(sample));
    assert.deepEqual([queue.length, taken(queue)], [0, []]);
  }
});

Deno.test("PendingUnits takes new ones when its room was cleared, and before", () => {
  const pool = new PendingPool();
  const pending = new PendingUnits(pool);
  for (let number = 0; number < 9; number++) pending.push(sample(number));
  taken(pending);
  pending.push(sample(9));
  assert.deepEqual(taken(pending), [sample(9)]);
  pool.clear();
  pending.push(sample(77));
  pending.push(sample(78));
  assert.deepEqual(taken(pending), [sample(77), sample(78)]);
});
