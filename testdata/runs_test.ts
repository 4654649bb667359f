import assert from "node:assert/strict";
import process from "node:process";
import { runs } from "./runs.ts";

/** What it gives with `RUNS` in the environment, or without. */
function runsWith(wish: string | undefined, full: number): number {
  const before = process.env["RUNS"];
  const set = (value: string | undefined) => {
    if (value === undefined) delete process.env["RUNS"];
    else process.env["RUNS"] = value;
  };
  try {
    set(wish);
    return runs(full, { min: 3 });
  } finally {
    set(before);
  }
}

Deno.test("runs() is the full length under Deno, and a tenth of it under Bun", () => {
  assert.equal(runsWith(undefined, 1000), "Bun" in globalThis ? 100 : 1000);
});

Deno.test("runs() is the share RUNS names, on every runtime", () => {
  assert.equal(runsWith("0.25", 1000), 250);
  assert.equal(runsWith("10", 1000), 10_000);
});

Deno.test("runs() is never below what a campaign needs", () => {
  assert.equal(runsWith("0.000001", 1000), 3);
  assert.equal(runs(5, { share: 0.01 }), 1);
});

Deno.test("runs() takes no RUNS that is no share", () => {
  for (const wish of ["0", "-1", "many", "Infinity"]) {
    assert.throws(() => runsWith(wish, 1000), new RegExp(`RUNS is "${wish}"`));
  }
});
