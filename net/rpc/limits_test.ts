import assert from "node:assert/strict";
import { ANSWERS_IN_MAKING_MAX, DEFAULT_LIMITS, OutputBudget } from "./limits.ts";

Deno.test("DEFAULT_LIMITS has Java's frame size and idle time", () => {
  assert.equal(DEFAULT_LIMITS.frameBytesMax, 16_777_216);
  assert.equal(DEFAULT_LIMITS.idleTimeoutMs, 120_000);
});

Deno.test("DEFAULT_LIMITS leaves room for a largest frame above the high-water mark", () => {
  const { outputHighWaterBytes, frameBytesMax, pendingBytesMax } = DEFAULT_LIMITS;
  assert.ok(outputHighWaterBytes + frameBytesMax < pendingBytesMax);
});

Deno.test("OutputBudget is spent above its limit", () => {
  const budget = new OutputBudget(10);
  budget.bytes = 10;
  assert.equal(budget.spent, false);
  budget.bytes = 11;
  assert.equal(budget.spent, true);
});

Deno.test("OutputBudget is crowded and strained before it is spent", () => {
  const budget = new OutputBudget(100);
  assert.equal(budget.crowded || budget.strained, false);
  budget.answersInMaking = ANSWERS_IN_MAKING_MAX;
  budget.bytes = 26;
  assert.equal(budget.crowded && budget.strained, true);
  assert.equal(budget.spent, false);
});
