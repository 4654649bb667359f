import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { type Field, formatOf, openRows } from "./format_option.ts";

const FIELDS: readonly Field[] = [
  { name: "topic", type: "string", about: "topic", width: 8 },
  { name: "size", type: "number", about: "bytes" },
];

Deno.test("formatOf() takes the option before MQ_OUTPUT before a table", () => {
  const { terminal } = recordedTerminal({ env: { MQ_OUTPUT: "jsonl" } });
  assert.equal(formatOf(terminal, { output: "json" }), "json");
  assert.equal(formatOf(terminal, {}), "jsonl");
  assert.equal(formatOf(recordedTerminal().terminal, {}), "table");
  const wrong = recordedTerminal({ env: { MQ_OUTPUT: "xml" } }).terminal;
  assert.throws(() => formatOf(wrong, {}), { exitCode: 16 });
});

Deno.test("openRows() prints the fields for -o help and opens nothing", () => {
  const { terminal, printed } = recordedTerminal({ isTty: true });
  assert.equal(openRows(terminal, FIELDS, { output: "help" }), undefined);
  terminal.out.flush();
  assert.equal(printed().stdout, "topic  string  topic\nsize   number  bytes\n");
});

Deno.test("openRows() refuses a field the command does not have", () => {
  const { terminal } = recordedTerminal();
  assert.throws(() => openRows(terminal, FIELDS, { fields: ["topic", "sise"] }), {
    message: 'Unknown field "sise" (did you mean size?); the fields are topic, size',
    exitCode: 16,
  });
});
