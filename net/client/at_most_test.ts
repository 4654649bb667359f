import assert from "node:assert/strict";
import { atMost } from "./at_most.ts";

Deno.test("atMost() waits for work, also for such that fails, and for no longer than so", async () => {
  let done = false;
  await atMost(Promise.resolve().then(() => done = true), 60_000);
  assert(done);
  await atMost(Promise.reject(new Error("of another")), 60_000);
  await atMost(new Promise(() => {}), 1);
});
