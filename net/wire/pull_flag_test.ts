import assert from "node:assert/strict";
import { PULL_FLAG } from "./pull_flag.ts";

Deno.test("PULL_FLAG has the bits every release knows", () => {
  assert.deepEqual({ ...PULL_FLAG }, { COMMIT: 1, SUSPEND: 2, SUBSCRIPTION: 4, CLASS_FILTER: 8 });
});
