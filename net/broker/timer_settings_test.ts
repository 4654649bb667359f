import assert from "node:assert/strict";
import { precisionProblem, TIMER_DEFAULTS, TIMER_RANGES } from "./timer_settings.ts";

Deno.test("TIMER_DEFAULTS lie within TIMER_RANGES", () => {
  for (const [key, { min, max }] of Object.entries(TIMER_RANGES)) {
    const value = TIMER_DEFAULTS[key as keyof typeof TIMER_RANGES];
    assert(value >= min && value <= max, key);
  }
});

Deno.test("precisionProblem() takes what a Java broker rounds to", () => {
  for (const ms of [100, 200, 500, 1000]) assert.equal(precisionProblem(ms), undefined);
  for (const ms of [0, 99, 300, 999, 1001]) {
    assert.equal(precisionProblem(ms), "expected one of 1000, 500, 200, 100");
  }
});
