import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "./limits.ts";

Deno.test("DEFAULT_LIMITS has Java's frame size and idle time", () => {
  assert.equal(DEFAULT_LIMITS.frameBytesMax, 16_777_216);
  assert.equal(DEFAULT_LIMITS.idleTimeoutMs, 120_000);
});

Deno.test("DEFAULT_LIMITS leaves room for a largest frame above the high-water mark", () => {
  const { outputHighWaterBytes, frameBytesMax, pendingBytesMax } = DEFAULT_LIMITS;
  assert.ok(outputHighWaterBytes + frameBytesMax < pendingBytesMax);
});
