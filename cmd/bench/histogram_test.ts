import assert from "node:assert/strict";
import fc from "fast-check";
import { Histogram } from "./histogram.ts";

function filled(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

/** The percentile of sorted values by its definition. */
function exact(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(1, Math.ceil(sorted.length * percent / 100)) - 1]!;
}

Deno.test("Histogram: percentiles are those of the values, at most 1/128 too long", () => {
  const value = fc.oneof(fc.nat(300), fc.nat(100_000), fc.integer({ min: 0, max: 2 ** 37 }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
      const histogram = filled(values);
      for (const percent of [0, 1, 50, 90, 99, 99.9, 100]) {
        const found = histogram.percentile(percent);
        const wanted = exact(values, percent);
        assert(
          found >= wanted && found <= wanted * (1 + 1 / 128),
          `${percent}: ${found} ${wanted}`,
        );
      }
    }),
    { seed: 7 },
  );
});

Deno.test("Histogram: the ends and the mean are exact", () => {
  const histogram = filled([10, 1_000_001, 123_456]);
  assert.deepEqual([histogram.min, histogram.max, histogram.count], [10, 1_000_001, 3]);
  assert.equal(histogram.percentile(100), 1_000_001);
  assert.equal(histogram.mean, (10 + 1_000_001 + 123_456) / 3);
});

Deno.test("Histogram: each value is in one bucket, fine or coarse", () => {
  const value = fc.oneof(fc.nat(300), fc.nat(100_000), fc.integer({ min: 0, max: 2 ** 37 }));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 100 }), (values) => {
      for (const steps of [undefined, 128, 4, 1]) {
        let longest = 0;
        for (const { from, to, count } of filled(values).buckets(steps)) {
          assert(from >= longest && to > from, `${from} ${to}`);
          assert.equal(values.filter((it) => it >= from && it < to).length, count);
          assert(steps === 1 || from < 128 || to <= from * (1 + 1 / (steps ?? 128)));
          longest = to;
        }
        assert(values.every((it) => it < longest));
      }
    }),
    { seed: 7 },
  );
  assert.deepEqual([...filled([5, 5, 40, 1000]).buckets(4)], [
    { from: 0, to: 32, count: 2 },
    { from: 32, to: 64, count: 1 },
    { from: 896, to: 1024, count: 1 },
  ]);
});

Deno.test("Histogram of nothing has zeros, and takes what no clock should say", () => {
  const none = new Histogram();
  assert.deepEqual([none.min, none.max, none.mean, none.percentile(99), none.count], [
    0,
    0,
    0,
    0,
    0,
  ]);
  const odd = filled([-5, 0.4, 1e300]);
  assert.deepEqual([odd.min, odd.percentile(50), odd.max], [0, 0, 2 ** 40 - 1]);
});
