import assert from "node:assert/strict";
import { Report } from "./report.ts";

function printed(run: (report: Report) => void): string[] {
  const lines: string[] = [];
  run(new Report((line) => lines.push(line)));
  return lines;
}

Deno.test("Report.check() prints a passed check on one line", () => {
  assert.deepEqual(printed((report) => report.check("a", [])), ["ok a"]);
});

Deno.test("Report.check() prints the first eight differences and how many more there are", () => {
  const differences = Array.from({ length: 10 }, (_, at) => `difference ${at}`);
  const lines = printed((report) => report.check("a", differences));
  assert.equal(lines[0], "FAILED a");
  assert.equal(lines[8], "    difference 7");
  assert.equal(lines[9], "    … and 2 more");
});

Deno.test("Report.total() counts passed, failed and skipped checks", () => {
  const lines = printed((report) => {
    report.check("a", []);
    report.check("b", ["x"]);
    report.skip("c", "no Java");
    report.total();
    assert.equal(report.clean, false);
  });
  assert.equal(lines.at(-1), "1 passed, 1 failed, 1 skipped");
});

Deno.test("Report.total() says nothing of skipped checks when there are none", () => {
  assert.deepEqual(printed((report) => report.total()), ["0 passed, 0 failed"]);
});

Deno.test("Report.add() adds the checks of another report to the total", () => {
  const lines = printed((report) => {
    const other = new Report(() => {});
    other.check("a", []);
    other.check("b", ["x"]);
    other.skip("c", "no Java");
    report.check("d", []);
    report.add(other);
    report.total();
    assert.equal(report.clean, false);
  });
  assert.deepEqual(lines, ["ok d", "2 passed, 1 failed, 1 skipped"]);
});
