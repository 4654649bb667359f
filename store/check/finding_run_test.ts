import assert from "node:assert/strict";
import { type Run, RunJoiner, type RunPlace } from "./finding_run.ts";

function joined(...places: readonly RunPlace<string>[]): Run<string>[] {
  const runs: Run<string>[] = [];
  const joiner = new RunJoiner<string>((one, other) => one === other, (run) => runs.push(run));
  for (const place of places) joiner.add(place);
  joiner.close();
  joiner.close();
  return runs;
}

function place(at: number, what = "missing"): RunPlace<string> {
  return { what, at, logOffset: at * 100, note: `at ${at}` };
}

Deno.test("RunJoiner makes one run of neighbours and keeps what was said of the first", () => {
  assert.deepEqual(joined(place(3), place(4), place(5)), [
    { what: "missing", from: 3, to: 6, firstAt: 300, lastAt: 500, note: "at 3" },
  ]);
});

Deno.test("RunJoiner begins a new run behind a gap, before the run, and for something else", () => {
  const runs = joined(place(3), place(5), place(4), place(5, "wrong"), place(6));
  assert.deepEqual(runs.map(({ what, from, to }) => [what, from, to]), [
    ["missing", 3, 4],
    ["missing", 5, 6],
    ["missing", 4, 5],
    ["wrong", 5, 6],
    ["missing", 6, 7],
  ]);
});

Deno.test("RunJoiner takes several things at one place for one", () => {
  const more = { ...place(7), logOffset: 900 };
  assert.deepEqual(joined(place(7), more, more, place(8)), [
    { what: "missing", from: 7, to: 9, firstAt: 700, lastAt: 800, note: "at 7" },
  ]);
});

Deno.test("RunJoiner hands over nothing when nothing was added", () => {
  assert.deepEqual(joined(), []);
});

Deno.test("RunJoiner.open goes on with a run that another joiner began", () => {
  const runs: Run<string>[] = [];
  const same = (one: string, other: string) => one === other;
  const first = new RunJoiner<string>(same, () => assert.fail("nothing is done yet"));
  first.add(place(3));
  const second = new RunJoiner<string>(same, (run) => runs.push(run));
  second.open = JSON.parse(JSON.stringify(first.open));
  second.add(place(4));
  second.close();
  assert.deepEqual(runs, [
    { what: "missing", from: 3, to: 5, firstAt: 300, lastAt: 400, note: "at 3" },
  ]);
  assert.equal(first.open!.to, 4);
  assert.equal(second.open, undefined);
});
