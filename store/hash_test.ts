import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesHash, indexKeyHash, keyHash, stringHash } from "./hash.ts";

/** Values of Java's `String.hashCode`. */
const JAVA: Readonly<Record<string, number>> = {
  "": 0,
  "TagA": 2_598_919,
  "*": 42,
  "polygenelubricants": -2_147_483_648,
  "订单": 1_129_459,
  "a😀b": 57_849_694,
  "ORDER_TOPIC#key-00042": -908_037_573,
};

function hashOfBytes(text: string): number {
  const bytes = new TextEncoder().encode(`12${text}345`);
  return bytesHash(bytes, { from: 2, to: bytes.length - 3 });
}

Deno.test("stringHash() and bytesHash() are Java's String.hashCode", () => {
  for (const [text, hash] of Object.entries(JAVA)) {
    assert.equal(stringHash(text), hash, text);
    assert.equal(hashOfBytes(text), hash, text);
  }
});

Deno.test("bytesHash() agrees with stringHash() on any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(hashOfBytes(text), stringHash(text));
  }));
  assert.equal(hashOfBytes("a\ufeffb"), stringHash("a\ufeffb"));
});

Deno.test("a hash is continued from its prefix", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (head, tail) => {
    assert.equal(stringHash(tail, stringHash(head)), stringHash(head + tail));
    const bytes = new TextEncoder().encode(tail);
    const range = { from: 0, to: bytes.length };
    assert.equal(bytesHash(bytes, range, stringHash(head)), stringHash(head + tail));
  }));
});

Deno.test("indexKeyHash() is never negative: the one number without a positive twin is 0", () => {
  assert.equal(indexKeyHash(-2_147_483_648), 0);
  assert.equal(indexKeyHash(-5), 5);
  assert.equal(indexKeyHash(5), 5);
});

Deno.test("keyHash() is the hash of topic#key, without sign", () => {
  assert.equal(keyHash("T", "k1"), 0x26bfb5);
  assert.equal(keyHash("T", "k2"), 0x26bfb6);
  assert.equal(keyHash("ORDER_TOPIC", "key-00042"), 908_037_573);
});
