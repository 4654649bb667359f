import assert from "node:assert/strict";
import { describeFarLevel, parseDelay } from "./delay_option.ts";

Deno.test("parseDelay(): times of levels become levels, others timers", () => {
  const JAVA = "1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h";
  JAVA.split(" ").forEach((time, at) => {
    assert.deepEqual(parseDelay(time), { delayLevel: at + 1 }, time);
  });
  assert.deepEqual(parseDelay("60s"), { delayLevel: 5 });
  assert.deepEqual(parseDelay("0.5h"), { delayLevel: 16 });
  assert.deepEqual(parseDelay("250ms"), { delayMs: 250 });
  assert.deepEqual(parseDelay("3d"), { delayMs: 259_200_000 });
  assert.deepEqual(parseDelay("40"), { delayLevel: 40 });
});

Deno.test("parseDelay() refuses what is neither", () => {
  for (const text of ["", "0", "-1", "0s", "s", "10 s", "10w", "1e3", "0.0001ms"]) {
    assert.throws(() => parseDelay(text), { code: "commander.invalidArgument" }, text);
  }
});

Deno.test("describeFarLevel() tells of levels past the last", () => {
  assert.equal(describeFarLevel(undefined), undefined);
  assert.equal(describeFarLevel(18), undefined);
  assert.match(describeFarLevel(19)!, /^level 19 is past the 18 .* its last, by default 2h$/);
});
