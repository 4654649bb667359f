import assert from "node:assert/strict";
import fc from "fast-check";
import { NUMBER_BYTES_MAX, Piece, putHex, putNumber, putText } from "./json_bytes.ts";

/** What is put behind one byte; nothing else is touched. */
function put(bytesMax: number, fill: (bytes: Uint8Array, at: number) => number): string {
  const bytes = new Uint8Array(bytesMax + 2).fill(0x2e);
  const end = fill(bytes, 1);
  assert.equal(bytes[0], 0x2e);
  assert(bytes.subarray(end).every((byte) => byte === 0x2e), "bytes behind the end");
  return new TextDecoder().decode(bytes.subarray(1, end));
}

const numberText = (it: number) => put(NUMBER_BYTES_MAX, (bytes, at) => putNumber(bytes, at, it));

Deno.test("putNumber() writes what JSON.stringify() does", () => {
  const powers = Array.from({ length: 64 }, (_, bits) => 2 ** bits);
  const tens = Array.from({ length: 20 }, (_, digits) => 10 ** digits);
  for (const number of [0, ...powers, ...tens, 1.5, 1e300, 1e-7, NaN, Infinity]) {
    for (const it of [number, number - 1, number + 1, -number]) {
      if (!Object.is(it, -0)) assert.equal(numberText(it), JSON.stringify(it));
    }
  }
  const any = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.nat({ max: 2000 }));
  fc.assert(fc.property(any, (it) => assert.equal(numberText(it), JSON.stringify(it))));
});

Deno.test("putHex() writes digits as ids have them", () => {
  const hex = (it: number) => put(16, (bytes, at) => putHex(bytes, at, it));
  for (const it of [0, 15, 16, 0xabc, 2 ** 45 + 3, Number.MAX_SAFE_INTEGER]) {
    assert.equal(hex(it), it.toString(16).toUpperCase().padStart(16, "0"));
  }
});

Deno.test("Piece.put() and putText() put text of any length", () => {
  for (let length = 0; length < 60; length++) {
    const text = "0123456789".repeat(6).slice(0, length);
    const bytes = new Uint8Array(length + 5);
    const piece = new Piece(text);
    assert.equal(piece.put(new DataView(bytes.buffer), 1), 1 + length);
    assert.equal(new TextDecoder().decode(bytes.subarray(1, 1 + length)), text);
    assert.equal(bytes[length + 4], 0, "more than three bytes behind it");
    assert.equal(put(length, (bytes, at) => putText(bytes, at, text)), text);
  }
  assert.equal(put(9, (bytes, at) => putText(bytes, at, "é漢🚀")), "é漢🚀");
});
