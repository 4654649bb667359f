import assert from "node:assert/strict";
import { DELAY_LEVELS_MS } from "../../store/dispatch.ts";
import { Refusal } from "../rpc/refusal.ts";
import { defaultBrokerConfig } from "./broker_config.ts";
import { delayLevelOf, parseDelayLevels, waitingPlace } from "./delay_levels.ts";

Deno.test("parseDelayLevels() reads Java's default to what the store takes for it", () => {
  const { messageDelayLevel } = defaultBrokerConfig({ hostname: "h", address: "127.0.0.1" });
  assert.deepEqual(parseDelayLevels(messageDelayLevel), DELAY_LEVELS_MS);
});

Deno.test("parseDelayLevels() knows seconds, minutes, hours and days", () => {
  assert.deepEqual(parseDelayLevels(" 1s  2m 3h 4d "), [1000, 120_000, 10_800_000, 345_600_000]);
});

Deno.test("parseDelayLevels() refuses what is no level", () => {
  for (const text of ["", "5", "s", "5x", "1s,5s", "-1s", "1.5s"]) {
    assert.throws(() => parseDelayLevels(text), SyntaxError, text);
  }
});

Deno.test("delayLevelOf() reads the property, and refuses what Java cannot parse", () => {
  assert.equal(delayLevelOf(undefined), 0);
  assert.equal(delayLevelOf("3"), 3);
  assert.equal(delayLevelOf("-1"), -1);
  assert.throws(() => delayLevelOf("soon"), (error) => {
    return error instanceof Refusal && error.code === "SYSTEM_ERROR";
  });
});

Deno.test("waitingPlace() has one queue a level, and no level past the last", () => {
  const topic = "SCHEDULE_TOPIC_XXXX";
  assert.deepEqual(waitingPlace(1, 18), { topic, queueId: 0, level: 1 });
  assert.deepEqual(waitingPlace(18, 18), { topic, queueId: 17, level: 18 });
  assert.deepEqual(waitingPlace(99, 18), { topic, queueId: 17, level: 18 });
});
