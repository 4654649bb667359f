import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { TableFile } from "./table_file.ts";
import { TIMER_METRICS, TimerMetrics } from "./timer_metrics.ts";

const NOW = 1_795_250_000_000;

function open(fs: MemoryFiles, directory = "/config") {
  const told: string[] = [];
  const log = (text: string) => void told.push(text);
  const file = new TableFile({ fs, directory, log, format: TIMER_METRICS, isLenient: true });
  return { file, told, metrics: new TimerMetrics({ file, now: () => NOW }) };
}

Deno.test("TimerMetrics counts by topic, and goes on after a stop", async () => {
  const fs = new MemoryFiles();
  {
    const { metrics, file } = open(fs);
    for (const difference of [1, 1, -1, 1] as const) metrics.add("T", difference);
    metrics.add("U", 1);
    await metrics.save();
    await file[Symbol.asyncDispose]();
  }
  const { metrics } = open(fs);
  assert.deepEqual([...metrics.counts], [
    ["T", { count: 2, timeStamp: NOW }],
    ["U", { count: 1, timeStamp: NOW }],
  ]);
  metrics.add("T", -1);
  const { dataVersion, timingCount } = metrics.toJson() as Record<string, Map<string, unknown>>;
  assert.deepEqual(timingCount?.get("T"), { count: 1, timeStamp: NOW });
  assert.equal((dataVersion as unknown as { counter: number }).counter, 6);
});

Deno.test("TimerMetrics reads the file of a Java broker", () => {
  const { metrics, told } = open(storeInMemory("5.5.0-e-timer-102"), "store/config");
  assert.deepEqual(told, []);
  assert(metrics.counts.size > 0);
  for (const [topic, { count, timeStamp }] of metrics.counts) {
    assert(topic !== "" && Number.isInteger(count) && timeStamp > 1_700_000_000_000);
  }
});

Deno.test("TimerMetrics does without a file that holds something else", () => {
  for (const text of ["[]", '{"timingCount":7}', '{"timingCount":{"T":7}}']) {
    const fs = new MemoryFiles();
    fs.put("/config/timermetrics", new TextEncoder().encode(text));
    const { metrics, told } = open(fs);
    assert.equal(metrics.counts.size, 0);
    assert.equal(told.length, 1, text);
  }
});
