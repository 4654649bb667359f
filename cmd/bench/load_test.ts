import assert from "node:assert/strict";
import { barFields, BENCH_FIELDS, BUCKET_FIELDS, Load } from "./load.ts";

Deno.test("Load: rates are those of the time, latencies those of the messages", () => {
  const load = new Load();
  for (let at = 1; at <= 100; at++) load.add(1024 * 1024, at);
  load.fail(3);
  for (const late of [2, 7.0004, 0]) load.late(late);
  assert.deepEqual(load.row("summary", 4), {
    kind: "summary",
    seconds: 4,
    messages: 100,
    perSecond: 25,
    mibPerSecond: 25,
    errors: 3,
    meanMs: 50.5,
    p50Ms: 50.175,
    p90Ms: 90.111,
    p99Ms: 99.327,
    p999Ms: 100,
    maxMs: 100,
    lateMs: 7,
  });
});

Deno.test("Load without latencies says nothing of them, and of no time no rate that is none", () => {
  const load = new Load();
  load.count(10, 0);
  const row = load.row("second", 0);
  assert.deepEqual(Object.keys(row).filter((name) => name.endsWith("Ms")), []);
  assert(Object.values(row).every((value) => typeof value !== "number" || Number.isFinite(value)));
});

Deno.test("BENCH_FIELDS name all that rows have", () => {
  const load = new Load();
  load.add(1, 1);
  load.late(1);
  assert.deepEqual(Object.keys(load.row("summary", 1)), BENCH_FIELDS.map((it) => it.name));
});

Deno.test("BUCKET_FIELDS name all that buckets have; the largest has the longest bar", () => {
  const load = new Load();
  for (const ms of [1, 1, 1, 1, 9]) load.add(1, ms);
  const rows = load.bucketRows(1);
  for (const row of rows) {
    assert.deepEqual(Object.keys(row), ["kind", ...BUCKET_FIELDS.map((it) => it.name)]);
  }
  const bar = barFields(rows).at(-1)!;
  assert.deepEqual(rows.map((row) => bar.from!(row)), ["#".repeat(40), "#".repeat(10)]);
});
