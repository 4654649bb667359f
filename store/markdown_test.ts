import assert from "node:assert/strict";
import { filled, mono, table } from "./markdown.ts";

Deno.test("table() pads its columns", () => {
  const rows = [["1", "one"], ["1000", "many"]];
  assert.equal(
    table(["at", "field"], rows),
    "| at   | field |\n| ---- | ----- |\n| 1    | one   |\n| 1000 | many  |",
  );
});

Deno.test("filled() breaks prose at 100 columns, and within no code", () => {
  const code = mono("a b c d");
  const [first, second, ...rest] = filled(`${"word ".repeat(19)}${code} end`).split("\n");
  assert.deepEqual([first, second, rest], ["word ".repeat(19).trim(), `${code} end`, []]);
  assert.equal(filled("word ".repeat(20).trim()).includes("\n"), false);
});

Deno.test("filled() indents what goes on behind a bullet", () => {
  const lines = filled(`- short\n  - ${"word ".repeat(30).trim()}`).split("\n");
  assert.deepEqual(lines.map((it) => it.slice(0, 6)), ["- shor", "  - wo", "    wo"]);
});

Deno.test("filled() leaves titles, tables and code alone", () => {
  const long = "x ".repeat(80);
  for (const text of [`# ${long}`, `\`\`\`\n${long}\n\`\`\``, `| ${long} |\n| ${long} |`]) {
    assert.equal(filled(text), text);
  }
});
