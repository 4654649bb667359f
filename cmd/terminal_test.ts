import assert from "node:assert/strict";
import { recordedTerminal } from "../testdata/recorded_terminal.ts";
import { lineText, note } from "./terminal.ts";

Deno.test("note() writes one marked line to standard error, at once", () => {
  const { terminal, printed } = recordedTerminal();
  note(terminal, "reading mq-data");
  note(terminal, "done");
  note({ ...terminal, quiet: true }, "not said");
  assert.deepEqual(printed(), { stdout: "", stderr: "mq: reading mq-data\nmq: done\n" });
});

Deno.test("lineText() neither steers the terminal nor fills it", () => {
  assert.equal(lineText("red \x1b[31m and\nmore"), "red \\x1b[31m and\\nmore");
  assert.equal(lineText('no "订单/a" there'), 'no "订单/a" there');
  assert.equal(lineText("/".repeat(1024)), "/".repeat(1024));
  assert.equal(
    lineText(`no ${"x".repeat(200_000)} there`),
    `no ${"x".repeat(64)}… (200000 characters) there`,
  );
  const words = lineText("word ".repeat(100_000));
  assert.match(words, /^(word ){51}w… \(500000 characters\)$/);
});
