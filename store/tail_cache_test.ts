import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { TailCache } from "./tail_cache.ts";

const MIB = 1024 * 1024;

/** The byte every log of these tests has at an offset. */
const byteAt = (at: number) => (Math.imul(at, 2654435761) >>> 13) & 0xff;

function logBytes(at: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => byteAt(at + index));
}

/** Reads a held range and compares it with the log, at a position that is not the buffer's start. */
function checkRange(cache: TailCache, at: number, length: number): void {
  const into = new Uint8Array(length + 3);
  cache.copy({ at, length }, into, 3);
  assert.deepEqual(into.subarray(0, 3), new Uint8Array(3));
  const wrong = into.subarray(3).findIndex((byte, index) => byte !== byteAt(at + index));
  assert.equal(wrong, -1, `byte ${at + wrong}`);
}

Deno.test("TailCache holds what was appended, also across its blocks", () => {
  const cache = new TailCache(2 * MIB);
  cache.append(0, logBytes(0, MIB - 10));
  cache.append(MIB - 10, logBytes(MIB - 10, 20));
  assert(cache.holds(0, MIB + 10));
  checkRange(cache, MIB - 50, 60);
  assert.equal(cache.holds(MIB, 11), false);
});

Deno.test("TailCache lets go of the oldest bytes and says so", () => {
  const cache = new TailCache(2 * MIB);
  const length = 100_000;
  for (let at = 0; at < 5 * MIB; at += length) {
    cache.append(at, logBytes(at, length));
    assert(!cache.holds(at + length - 2 * MIB - 1, 1), "more than its memory can hold");
    assert(at < MIB || cache.holds(at + length - MIB, MIB), "less than all whole blocks");
  }
  assert.equal(cache.holds(0, 10), false);
});

Deno.test("TailCache takes a piece larger than itself and holds its end", () => {
  const cache = new TailCache(2 * MIB);
  cache.append(0, logBytes(0, 5 * MIB + 100));
  assert.equal(cache.holds(4 * MIB - 1, 1), false);
  assert(cache.holds(4 * MIB, MIB + 100));
  checkRange(cache, 4 * MIB, MIB + 100);
});

Deno.test("TailCache begins anew where bytes do not follow", () => {
  const cache = new TailCache(2 * MIB);
  cache.append(500, logBytes(500, 100));
  assert(!cache.holds(499, 1));
  cache.append(10 * MIB + 5, logBytes(10 * MIB + 5, 100));
  assert(!cache.holds(500, 1));
  checkRange(cache, 10 * MIB + 5, 100);
});

Deno.test("TailCache.skipTo() keeps what is held and reads as zeros between", () => {
  const cache = new TailCache(4 * MIB);
  cache.append(0, logBytes(0, 1000));
  cache.skipTo(MIB + 7);
  cache.append(MIB + 7, logBytes(MIB + 7, 1000));
  assert(cache.holds(0, MIB + 1007));
  checkRange(cache, 0, 1000);
  checkRange(cache, MIB + 7, 1000);
  const between = new Uint8Array(MIB - 993).fill(1);
  cache.copy({ at: 1000, length: between.length }, between, 0);
  assert(between.every((byte) => byte === 0));
});

Deno.test("TailCache.skipTo() over more than it can hold begins anew", () => {
  const cache = new TailCache(2 * MIB);
  cache.append(0, logBytes(0, 1000));
  cache.skipTo(1024 * MIB);
  cache.append(1024 * MIB, logBytes(1024 * MIB, 10));
  assert(!cache.holds(0, 1));
  checkRange(cache, 1024 * MIB, 10);
});

Deno.test("TailCache: every range it says it holds is the log's", () => {
  const step = fc.record({
    length: fc.oneof(fc.nat(5000), fc.integer({ min: 0, max: 2 * MIB })),
    leap: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(MIB) }),
    from: fc.nat(4 * MIB),
    count: fc.nat(200_000),
  });
  const whole = logBytes(0, 64 * MIB);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const cache = new TailCache(3 * MIB);
      let end = 0;
      for (const { length, leap, from, count } of steps) {
        end += leap;
        cache.append(end, whole.subarray(end, end + length));
        end += length;
        const at = Math.max(0, end - from);
        if (!cache.holds(at, count)) continue;
        const into = new Uint8Array(count);
        cache.copy({ at, length: count }, into, 0);
        assert.equal(Buffer.compare(into, whole.subarray(at, at + count)), 0);
      }
    }),
    { numRuns: 60 },
  );
});
