import assert from "node:assert/strict";
import { LeftOut } from "./left_out.ts";

Deno.test("LeftOut knows the records it was told of, and how many have no place", () => {
  const left = new LeftOut();
  assert(!left.has(0));
  for (const at of [0, 91, 200, 5_000_000_000]) left.note(at);
  assert.deepEqual([0, 90, 91, 200, 201, 5_000_000_000, 6e9].map((at) => left.has(at)), [
    true,
    false,
    true,
    true,
    false,
    true,
    false,
  ]);
  for (const at of [91, 91]) left.take(at);
  assert.equal(left.count, 3);
});
