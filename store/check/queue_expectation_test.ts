import assert from "node:assert/strict";
import { Expectation, PendingUnits } from "./queue_expectation.ts";

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

Deno.test("PendingUnits gives back what was pushed, however much, and copies it", () => {
  const pending = new PendingUnits();
  const reused = new Expectation();
  for (let number = 0; number < 1000; number++) pending.push(Object.assign(reused, sample(number)));
  assert.equal(pending.length, 1000);
  const read = new Expectation();
  for (let number = 999; number >= 0; number--) {
    pending.read(number, read);
    assert.deepEqual(read, sample(number));
  }
});

Deno.test("PendingUnits.clear() forgets all and takes new ones", () => {
  const pending = new PendingUnits();
  for (let number = 0; number < 9; number++) pending.push(sample(number));
  pending.clear();
  assert.equal(pending.length, 0);
  pending.push(sample(77));
  const read = new Expectation();
  pending.read(0, read);
  assert.deepEqual([pending.length, read], [1, sample(77)]);
});
