import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { findBytes } from "./byte_search.ts";

/** Few different bytes, so that patterns repeat within themselves and nearly match. */
const few = fc.integer({ min: 0, max: 2 });

Deno.test("findBytes() finds what the runtime's own search finds", () => {
  const bytes = fc.uint8Array({ max: 2, maxLength: 40 });
  const pattern = fc.array(few, { minLength: 3, maxLength: 5 }).map((it) => Uint8Array.from(it));
  const place = fc.nat(40);
  fc.assert(
    fc.property(bytes, pattern, place, place, (bytes, pattern, from, length) => {
      const to = from + length;
      const found = Buffer.from(bytes).subarray(0, to).indexOf(Buffer.from(pattern), from);
      const isBehind = from > Math.min(to, bytes.length);
      assert.equal(findBytes(bytes, pattern, { from, to }), isBehind ? -1 : found);
    }),
    { numRuns: 5000, seed: 17 },
  );
});

Deno.test("findBytes() finds a pattern at every place of a range, and none across its ends", () => {
  const pattern = Uint8Array.of(0xda, 0xa3, 0x20, 0xa7);
  const room = 64;
  for (let at = 0; at + pattern.length <= room; at++) {
    const bytes = new Uint8Array(room + 8);
    bytes.set(pattern, at + 4);
    const view = bytes.subarray(4);
    const to = at + pattern.length;
    assert.equal(findBytes(view, pattern, { from: 0, to: room }), at);
    assert.equal(findBytes(view, pattern, { from: at, to }), at);
    assert.equal(findBytes(view, pattern, { from: at + 1, to: room }), -1);
    assert.equal(findBytes(view, pattern, { from: 0, to: to - 1 }), -1);
  }
});
