import assert from "node:assert/strict";
import { parsePerm } from "./perm_option.ts";

Deno.test("parsePerm() reads letters and Java's numbers, and nothing else", () => {
  assert.deepEqual(["rw", "r", "W", "6", "4", "2"].map(parsePerm), [6, 4, 2, 6, 4, 2]);
  for (const text of ["", "x", "7", "0", "wr"]) {
    assert.throws(() => parsePerm(text), { message: "It must be rw, r or w." });
  }
});
