import assert from "node:assert/strict";
import { namedList } from "./named_list.ts";

Deno.test("namedList() names so many, and says how many are left out", () => {
  assert.equal(namedList(["a"], 2), "a");
  assert.equal(namedList([1, 2], 2), "1, 2");
  assert.equal(namedList(["a", "b", "c"], 2), "a, b and 1 more");
});
