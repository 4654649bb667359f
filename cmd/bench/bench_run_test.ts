import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { type BenchWork, runBench } from "./bench_run.ts";

const options = { duration: 0.05, summary: true, output: "jsonl" } as const;

Deno.test("runBench() ends after its time, with a summary", async () => {
  const { terminal, printed } = recordedTerminal();
  const exitCode = await runBench(terminal, options, async ({ bench, signal }) => {
    bench.add(100, 5);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    bench.add(100, 5);
  });
  const row = JSON.parse(printed().stdout);
  assert.deepEqual([row.kind, row.messages, row.errors, exitCode], ["summary", 2, 0, 0]);
});

Deno.test("runBench() ends with 4 where something failed, and tells the first", async () => {
  const { terminal, printed } = recordedTerminal();
  const exitCode = await runBench(terminal, options, ({ bench }) => {
    bench.fail(new Error("broker is busy"), 2);
    bench.fail(new Error("other"));
    return Promise.resolve();
  });
  assert.equal(exitCode, 4);
  assert.equal(JSON.parse(printed().stdout).errors, 3);
  assert.equal(printed().stderr, "mq: first failure: broker is busy\n");
});

Deno.test("runBench() passes on what the work throws, and the reason of a stop behind the summary", async () => {
  const { terminal } = recordedTerminal();
  const failing = runBench(terminal, options, () => Promise.reject(new Error("no route")));
  await assert.rejects(failing, /no route/);
  const stopped = recordedTerminal({ stop: AbortSignal.abort(new Error("Stopped")) });
  const run = runBench(stopped.terminal, options, () => Promise.resolve());
  await assert.rejects(run, /Stopped/);
  assert.match(stopped.printed().stdout, /"summary"/);
});

Deno.test("runBench() prints a row a second unless only the summary is wanted", async () => {
  const { terminal, printed } = recordedTerminal();
  await runBench(terminal, { duration: 1.2, output: "jsonl" }, async ({ bench, signal }) => {
    bench.add(1, 1);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  const kinds = printed().stdout.trim().split("\n").map((line) => JSON.parse(line).kind);
  assert.deepEqual(kinds, ["second", "summary"]);
});

const measured = ({ bench }: BenchWork) => {
  for (const ms of [1, 1, 1, 50]) bench.add(100, ms);
  return Promise.resolve();
};

Deno.test("runBench() prints buckets as rows before the summary", async () => {
  const { terminal, printed } = recordedTerminal();
  await runBench(terminal, { ...options, histogram: true }, measured);
  const rows = printed().stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(rows.slice(0, 2), [
    { kind: "bucket", fromMs: 1, toMs: 1.004, count: 3 },
    { kind: "bucket", fromMs: 49.92, toMs: 50.176, count: 1 },
  ]);
  assert.deepEqual(rows.slice(2).map(({ kind }) => kind), ["summary"]);
});

Deno.test("runBench() prints buckets of a table behind it, coarser and with bars", async () => {
  const { terminal, printed } = recordedTerminal();
  await runBench(terminal, { ...options, output: "table", histogram: true }, measured);
  const [, buckets] = printed().stdout.split("\n\n");
  assert.equal(
    buckets,
    "fromMs\ttoMs\tcount\tbar\n" +
      `0.896\t1.024\t3\t${"#".repeat(40)}\n` +
      `49.152\t57.344\t1\t${"#".repeat(14)}\n`,
  );
  const chosen = {
    ...options,
    output: "table",
    fields: ["kind", "count"],
    histogram: true,
  } as const;
  const other = recordedTerminal();
  await runBench(other.terminal, chosen, measured);
  assert.equal(other.printed().stdout, "kind\tcount\nbucket\t3\nbucket\t1\nsummary\t\n");
});

Deno.test("runBench() without times prints no buckets", async () => {
  for (const output of ["table", "jsonl"] as const) {
    const { terminal, printed } = recordedTerminal();
    await runBench(terminal, { ...options, output, histogram: true }, () => Promise.resolve());
    assert.doesNotMatch(printed().stdout, /bucket|fromMs/);
  }
});
