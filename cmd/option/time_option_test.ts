import assert from "node:assert/strict";
import process from "node:process";
import { isWithin, parseTime, timeRangeOf } from "./time_option.ts";

const NOW = Date.UTC(2026, 10, 21, 12);

Deno.test("parseTime() reads dates, times, zones, distances and milliseconds", () => {
  const check = (text: string, time: string) => {
    assert.equal(new Date(parseTime(text, NOW)).toISOString(), time, text);
  };
  check("2026-11-21", "2026-11-21T00:00:00.000Z");
  check("2026-11-21T09:16", "2026-11-21T09:16:00.000Z");
  check("2026-11-21 09:16:01,5", "2026-11-21T09:16:01.500Z");
  check("2026-11-21t09:16:01z", "2026-11-21T09:16:01.000Z");
  check("2026-11-21T09:16+0800", "2026-11-21T01:16:00.000Z");
  check("2026-11-21T09:16:00-05:30", "2026-11-21T14:46:00.000Z");
  check("-90s", "2026-11-21T11:58:30.000Z");
  check("-1.5h", "2026-11-21T10:30:00.000Z");
  check("-1w", "2026-11-14T12:00:00.000Z");
  check("+1.5m", "2026-11-21T12:01:30.000Z");
  check("1795252561250", "2026-11-21T09:16:01.250Z");
  check("0", "1970-01-01T00:00:00.000Z");
  check(" now ", "2026-11-21T12:00:00.000Z");
});

Deno.test("parseTime() gives the same in every zone", () => {
  const before = process.env.TZ;
  try {
    for (const zone of ["Asia/Shanghai", "America/Los_Angeles", "UTC"]) {
      process.env.TZ = zone;
      assert.equal(parseTime("2026-11-21T09:16", NOW), Date.UTC(2026, 10, 21, 9, 16), zone);
    }
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

Deno.test("parseTime() refuses what is no time", () => {
  for (
    const text of ["", "yesterday", "1h", "-h", "+5", "2026-13-01", "2026-11-21T25:00", "1e3", "-5"]
  ) {
    assert.throws(() => parseTime(text, NOW), { exitCode: 16, message: /is no time/ }, text);
  }
  assert.throws(() => parseTime("99999999999999999", NOW), { exitCode: 16 });
});

Deno.test("parseTime() refuses days that no calendar has", () => {
  for (const text of ["2026-11-31", "2026-02-29", "2026-04-31T09:16", "2026-00-10"]) {
    assert.throws(() => parseTime(text, NOW), { exitCode: 16, message: /is no time/ }, text);
  }
  assert.equal(parseTime("2028-02-29", NOW), Date.UTC(2028, 1, 29));
});

Deno.test("parseTime() takes neither seconds nor the digits of a date for milliseconds", () => {
  const check = (text: string, message: RegExp) => {
    assert.throws(() => parseTime(text, NOW), { exitCode: 16, message }, text);
  };
  check("1795252561", /seconds since 1970; in milliseconds that is 1795252561000$/);
  check("20261121", /write 2026-11-21$/);
  check("20261121091601", /write 2026-11-21T09:16:01$/);
  assert.equal(parseTime("20269999", NOW), 20269999);
});

Deno.test("timeRangeOf() includes both ends and leaves out what is not given", () => {
  const range = timeRangeOf({ since: "10", until: "20" }, NOW);
  assert.deepEqual([9, 10, 20, 21].map((time) => isWithin(range, time)), [
    false,
    true,
    true,
    false,
  ]);
  const open = timeRangeOf({}, NOW);
  assert.deepEqual([-1, 0, NOW * 2].map((time) => isWithin(open, time)), [true, true, true]);
  assert.throws(() => timeRangeOf({ since: "2", until: "1" }, NOW), /later than/);
  assert.throws(() => timeRangeOf({ until: "x" }, NOW), { exitCode: 16, message: /^--until: "x"/ });
});
