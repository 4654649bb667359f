import assert from "node:assert/strict";
import { consistentNode, consistentRing } from "./consistent_ring.ts";

Deno.test("consistentRing() puts every node at its places, in order", () => {
  const ring = consistentRing(["one", "two", "three"], 10);
  assert.equal(ring.hashes.length, 30);
  assert.deepEqual(ring.hashes, [...ring.hashes].sort((one, other) => one - other));
  assert.equal(ring.nodes.filter((it) => it === "two").length, 10);
});

Deno.test("consistentRing() gives a node that is named twice twice as many places", () => {
  const ring = consistentRing(["one", "two", "one"], 4);
  assert.equal(ring.nodes.filter((it) => it === "one").length, 8);
  // The order in which they are named does not matter here.
  assert.deepEqual(ring, consistentRing(["one", "one", "two"], 4));
});

Deno.test("consistentNode() goes on at the begin of the ring, and has nobody on an empty one", () => {
  // MD5 of "key" begins with 3c6e0b8a.
  const at = 0x3c6e0b8a;
  const nodes = ["low", "exact", "high"];
  assert.equal(consistentNode({ hashes: [1, at, at + 1], nodes }, "key"), "exact");
  assert.equal(consistentNode({ hashes: [1, at - 1, at + 1], nodes }, "key"), "high");
  assert.equal(consistentNode({ hashes: [1, 2, at - 1], nodes }, "key"), "low");
  assert.equal(consistentNode({ hashes: [], nodes: [] }, "key"), undefined);
});
