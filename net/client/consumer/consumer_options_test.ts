import assert from "node:assert/strict";
import { type ConsumerOptions, consumerSettings, NO_LIMIT } from "./consumer_options.ts";

const OPTIONS = { group: "billing", subscribe: { T: "*" } };

Deno.test("consumerSettings() has Java's defaults", () => {
  const settings = consumerSettings(OPTIONS);
  assert.equal(settings.model, "clustering");
  assert.equal(settings.startFrom, "last");
  assert.equal(settings.allocate.name, "AVG");
  assert.equal(settings.pullMax, 32);
  assert.equal(settings.cachedMessagesMax, 1000);
  assert.equal(settings.cachedBytesMax, 104_857_600);
  assert.equal(settings.cachedSpanMax, 2000);
  assert.equal(settings.attemptsMax, 17);
  assert.equal(settings.consumeTimeoutMs, 900_000);
  assert.equal(settings.commitMs, 5000);
  assert.equal(consumerSettings({ ...OPTIONS, ordered: true }).attemptsMax, NO_LIMIT);
  assert.equal(consumerSettings({ ...OPTIONS, ordered: true, attemptsMax: 3 }).attemptsMax, 3);
});

Deno.test("consumerSettings() refuses what no consumer can have, with value and limit", () => {
  const cases: [Partial<ConsumerOptions>, RegExp][] = [
    [{ group: "a b" }, /a b.*illegal characters/],
    [{ group: "" }, /blank/],
    [{ group: undefined as never }, /group is undefined, expected a name/],
    [{ group: "DEFAULT_CONSUMER" }, /"DEFAULT_CONSUMER", which Java's clients refuse/],
    [{ subscribe: undefined as never }, /names no topic/],
    [{ subscribe: { T: undefined as never } }, /has undefined for topic "T", expected tags or/],
    [{ subscribe: { T: { sql: 5 } as never } }, /for topic "T", expected tags or/],
    [{ subscribe: { T: null as never } }, /has null for topic "T"/],
    [{ subscribe: {} }, /names no topic/],
    [{ subscribe: { "a b": "*" } }, /illegal characters/],
    [{ pullMax: 0 }, /pullMax is 0, which is no integer from 1 to 1024/],
    [{ cachedMessagesMax: 1.5 }, /cachedMessagesMax is 1.5/],
    [{ suspendMs: 5 }, /suspendMs is 5, .* from 10 to 30000/],
    [{ attemptsMax: NaN }, /attemptsMax is NaN/],
    [{ startFrom: new Date(NaN) }, /startFrom/],
    [{ model: "both" as "clustering" }, /model is "both"/],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => consumerSettings({ ...OPTIONS, ...options }), { kind: "invalid", message });
  }
});
