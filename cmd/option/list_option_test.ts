import assert from "node:assert/strict";
import { collected, listOf } from "./list_option.ts";

Deno.test("listOf() drops blanks and empty names", () => {
  assert.deepEqual(listOf(" cq, ,index,"), ["cq", "index"]);
});

Deno.test("collected() keeps the order in which values were given", () => {
  assert.deepEqual(collected("b", collected("a", undefined)), ["a", "b"]);
});
