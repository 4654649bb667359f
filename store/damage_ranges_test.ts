import assert from "node:assert/strict";
import { DamageRanges } from "./damage_ranges.ts";

function rangesOf(...places: readonly (readonly [at: number, length: number])[]): DamageRanges {
  const ranges = new DamageRanges();
  for (const [at, length] of places) {
    ranges.add({ at, length, segment: undefined, why: "", messagesMin: 0, slotsFilled: 0 });
  }
  return ranges;
}

Deno.test("DamageRanges.find() agrees with looking at every range, at every place", () => {
  const places = [[3, 2], [5, 1], [10, 5], [40, 1]] as const;
  const ranges = rangesOf(...places);
  for (let at = 0; at < 50; at++) {
    const expected = places.find(([from, length]) => at >= from && at < from + length);
    assert.equal(ranges.find(at)?.at, expected?.[0], `at ${at}`);
  }
});

Deno.test("DamageRanges knows whether there is any, and goes over them in order", () => {
  const none = rangesOf();
  assert.deepEqual([none.isEmpty, none.find(0), [...none]], [true, undefined, []]);
  const some = rangesOf([1, 2], [7, 1]);
  assert.equal(some.isEmpty, false);
  assert.deepEqual([...some].map(({ at }) => at), [1, 7]);
  some.find(2)!.slotsFilled++;
  assert.equal([...some][0]!.slotsFilled, 1);
});
