import assert from "node:assert/strict";
import { EXIT, EXIT_ABOUT } from "./exit_code.ts";

Deno.test("EXIT holds the bits of fsck, each explained once and in order", () => {
  const codes = Object.values(EXIT);
  assert.deepEqual(codes, [0, 1, 4, 8, 16, 32, 130, 143]);
  assert.deepEqual(EXIT_ABOUT.map(([code]) => Number(code)), codes);
});
