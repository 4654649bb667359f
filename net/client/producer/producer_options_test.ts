import assert from "node:assert/strict";
import { Namespace } from "../namespace.ts";
import { JAVA_FAULT_TABLE } from "./fault_avoidance.ts";
import { type ProducerOptions, producerSettings } from "./producer_options.ts";

function settings(options: Partial<ProducerOptions> = {}) {
  return producerSettings({ group: "shop", ...options }, { namespace: new Namespace("eu") });
}

Deno.test("producerSettings() has the manual's defaults", () => {
  assert.deepEqual(settings(), {
    group: "eu%shop",
    sendTimeoutMs: 3000,
    retries: 2,
    retryWhenNotStored: false,
    faultTable: undefined,
    compressOver: 4096,
    compression: "zlib",
    bodyBytesMax: 4 << 20,
    inFlightMax: 10_000,
    inFlightBytesMax: 64 << 20,
    newTopic: { from: "TBW102", queues: 4 },
    closeTimeoutMs: 3000,
    hooks: [],
  });
  const table = { latencyMs: [1], avoidMs: [2] };
  assert.equal(settings({ faultAvoidance: true }).faultTable, JAVA_FAULT_TABLE);
  assert.equal(settings({ faultAvoidance: table }).faultTable, table);
  assert.equal(settings({ compressOver: Infinity }).compressOver, Infinity);
});

Deno.test("producerSettings() refuses what cannot be, by name", () => {
  const bad: readonly (readonly [Partial<ProducerOptions>, RegExp])[] = [
    [{ group: "" }, /its name is empty/],
    [{ group: "a b" }, /"a b"/],
    [{ sendTimeoutMs: 0 }, /sendTimeoutMs is 0, expected a number from 1/],
    [{ retries: -1 }, /retries is -1, expected an integer from 0 to 100/],
    [{ retries: 0.5 }, /retries is 0.5/],
    [{ compressOver: NaN }, /compressOver is NaN/],
    [{ compression: "gzip" as never }, /compression is "gzip", known are zlib, lz4, zstd/],
    [{ bodyBytesMax: 0 }, /bodyBytesMax is 0/],
    [{ inFlightMax: 0 }, /inFlightMax is 0/],
    [{ inFlightBytesMax: 0 }, /inFlightBytesMax is 0/],
    [{ newTopicQueues: 0 }, /newTopicQueues is 0/],
    [{ closeTimeoutMs: -1 }, /closeTimeoutMs is -1/],
    [{ faultAvoidance: { latencyMs: [1], avoidMs: [] } }, /1 times of latencyMs and 0 of avoidMs/],
  ];
  for (const [options, pattern] of bad) {
    assert.throws(() => settings(options), {
      name: "ClientError",
      kind: "invalid",
      message: pattern,
    });
  }
});
