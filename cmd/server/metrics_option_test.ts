import assert from "node:assert/strict";
import { metricsFact, metricsOption, metricsSettings } from "./metrics_option.ts";

Deno.test("metricsSettings() opens metrics only where a port is given, 0 too", () => {
  assert.deepEqual(metricsSettings(undefined), {});
  const opened = { metricsExporterType: "PROM", metricsPromExporterPort: 0 };
  assert.deepEqual(metricsSettings(0), opened);
});

Deno.test("metricsFact() is the whole address to put into Prometheus", () => {
  assert.deepEqual(metricsFact({ metrics: undefined }), {});
  const metrics = { hostname: "::1", port: 5557 };
  assert.deepEqual(metricsFact({ metrics }), { metrics: "http://[::1]:5557/metrics" });
});

Deno.test("metricsOption() takes ports and nothing else", () => {
  const { parseArg } = metricsOption();
  assert.equal(parseArg?.("5557", undefined), 5557);
  assert.throws(() => parseArg?.("65536", undefined));
  assert.throws(() => parseArg?.("x", undefined));
});
