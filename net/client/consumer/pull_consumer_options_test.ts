import assert from "node:assert/strict";
import { pullConsumerSettings } from "./pull_consumer_options.ts";

Deno.test("pullConsumerSettings() has Java's limits where nothing is said", () => {
  const { allocate, ...settings } = pullConsumerSettings({ group: "G" });
  assert.equal(allocate.name, "AVG");
  assert.deepEqual(settings, {
    group: "G",
    model: "clustering",
    startFrom: "last",
    autoCommit: true,
    autoCommitMs: 5000,
    pullMax: 32,
    cachedMessagesMax: 1000,
    cachedBytesMax: 100 * 1024 * 1024,
    cachedSpanMax: 2000,
    cachedMessagesMaxInAll: 10_000,
    trace: false,
    hooks: {},
    offsetsFolder: undefined,
  });
  assert.equal(pullConsumerSettings({ group: "G", startFrom: new Date(5) }).startFrom.valueOf(), 5);
});

Deno.test("pullConsumerSettings() refuses what is out of its limits, and tells them", () => {
  const cases = [
    [{ group: "" }, /^Cannot make a pull consumer: The specified group is blank/],
    [{ group: "a b" }, /illegal characters/],
    [{ pullMax: 0 }, /pullMax is 0, which is no integer from 1 to 1024$/],
    [{ pullMax: 1.5 }, /pullMax is 1.5,/],
    [{ autoCommitMs: 999 }, /autoCommitMs is 999, which is no integer from 1000 to/],
    [{ cachedMessagesMax: 65_536 }, /from 1 to 65535$/],
    [{ cachedBytesMax: NaN }, /cachedBytesMax is NaN/],
    [{ model: "both" as "clustering" }, /model is "both"/],
    [{ startFrom: "middle" as "first" }, /startFrom is "middle"/],
    [{ startFrom: -1 }, /startFrom is "-1"/],
    [{ startFrom: new Date(NaN) }, /startFrom is "Invalid Date"/],
  ] as const;
  for (const [options, message] of cases) {
    assert.throws(() => pullConsumerSettings({ group: "G", ...options }), {
      name: "ClientError",
      kind: "invalid",
      message,
    });
  }
});
