import assert from "node:assert/strict";
import { callHook } from "./consumer_hooks.ts";

Deno.test("callHook() logs what a hook throws, and goes on", () => {
  const logged: unknown[] = [];
  const log = (...what: unknown[]) => void logged.push(what);
  let calls = 0;
  callHook({ log }, () => calls++);
  const error = new Error("broken");
  callHook({ log }, () => {
    throw error;
  });
  assert.equal(calls, 1);
  assert.deepEqual(logged, [["A hook of a consumer failed", error]]);
});
