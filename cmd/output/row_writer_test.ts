import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { type Field, openRows, type RowsOptions } from "./format_option.ts";
import { timeText } from "./row_writer.ts";

const FIELDS: readonly Field[] = [
  { name: "topic", type: "string", about: "", width: 6 },
  { name: "count", type: "number", about: "", width: 5 },
  { name: "time", type: "time", about: "", width: 24 },
  { name: "more", type: "object", about: "" },
  { name: "twice", type: "number", about: "", from: (row) => (row as { count: number }).count * 2 },
];
const ROWS = [
  { topic: "T", count: 7, time: 1_795_252_561_250, more: { a: "b" } },
  { topic: "订单 with a tab\t", count: 1234567 },
];

function print(options: RowsOptions & { isTty?: boolean }, rows: readonly object[] = ROWS): string {
  const { terminal, printed } = recordedTerminal({ isTty: options.isTty ?? false });
  const writer = openRows(terminal, FIELDS, options)!;
  for (const row of rows) writer.row(row);
  assert.equal(writer.count, rows.length);
  writer.end();
  terminal.out.flush();
  return printed().stdout;
}

Deno.test("RowWriter separates by tabs in a pipe and aligns for people", () => {
  assert.equal(
    print({}),
    "topic\tcount\ttime\nT\t7\t2026-11-21T09:16:01.250Z\n订单 with a tab\\t\t1234567\t\n",
  );
  assert.equal(
    print({ isTty: true }),
    "topic   count  time\nT           7  2026-11-21T09:16:01.250Z\n订单 with a tab\\t  1234567\n",
  );
});

Deno.test("RowWriter leaves it to the output to end what its command could not", () => {
  const check = (options: RowsOptions, rows: readonly object[], expected: string) => {
    const { terminal, printed } = recordedTerminal({ isTty: true });
    const writer = openRows(terminal, FIELDS, options)!;
    for (const row of rows) writer.row(row);
    terminal.out.complete();
    terminal.out.complete();
    terminal.out.flush();
    assert.equal(printed().stdout, expected);
  };
  check({ output: "json", fields: ["count"] }, ROWS, '[\n{"count":7},\n{"count":1234567}\n]\n');
  check({ layout: "measured", fields: ["topic"] }, ROWS.slice(0, 1), "topic\nT\n");
  check({ output: "json" }, [], "");
});

Deno.test("RowWriter ends once, whatever comes behind it", () => {
  const { terminal, printed } = recordedTerminal();
  const writer = openRows(terminal, FIELDS, { output: "json", fields: ["count"] })!;
  writer.row(ROWS[0]!);
  writer.end();
  terminal.out.complete();
  terminal.out.flush();
  assert.equal(printed().stdout, '[\n{"count":7}\n]\n');
});

Deno.test("RowWriter measures columns where all rows are waited for", () => {
  assert.equal(
    print({ isTty: true, layout: "measured", fields: ["topic", "count"] }),
    "topic                count\nT                        7\n订单 with a tab\\t  1234567\n",
  );
});

Deno.test("RowWriter does not wait for the end of a long measured table", () => {
  const { terminal, printed } = recordedTerminal({ isTty: true });
  const fields = FIELDS.filter(({ name }) => name === "topic" || name === "count");
  const rows = openRows(terminal, fields, { layout: "measured" })!;
  const lines = () => {
    terminal.out.flush();
    return printed().stdout.split("\n").slice(0, -1);
  };
  for (let count = 1; count < 1000; count++) rows.row({ topic: "orders", count });
  assert.equal(lines().length, 0);
  for (let count = 1000; count <= 2000; count++) rows.row({ topic: "orders", count });
  assert.equal(lines().length, 2001);
  rows.row({ topic: "a topic with a long name", count: 7 });
  rows.end();
  assert.deepEqual(lines().slice(0, 2), ["topic   count", "orders      1"]);
  assert.deepEqual(lines().slice(-2), ["orders   2000", "a topic with a long name      7"]);
});

Deno.test("RowWriter prints one row as a line a field", () => {
  const row = ROWS.slice(0, 1);
  assert.equal(
    print({ layout: "record" }, row),
    "topic\tT\ncount\t7\ntime\t2026-11-21T09:16:01.250Z\n",
  );
  assert.equal(
    print({ layout: "record", isTty: true, fields: ["count", "more"] }, row),
    'count  7\nmore   {"a":"b"}\n',
  );
});

Deno.test("RowWriter prints rows as they are in JSON, and chosen fields in their order", () => {
  assert.equal(print({ output: "jsonl" }), ROWS.map((row) => JSON.stringify(row) + "\n").join(""));
  assert.deepEqual(JSON.parse(print({ output: "json" })), ROWS);
  assert.equal(print({ output: "json" }, []), "[]\n");
  assert.equal(print({ output: "jsonl" }, []), "");
  assert.equal(
    print({ output: "jsonl", fields: ["twice", "more", "topic"] }),
    '{"twice":14,"more":{"a":"b"},"topic":"T"}\n{"twice":2469134,"topic":"订单 with a tab\\t"}\n',
  );
});

Deno.test("RowWriter prints the header of an empty table unless told not to", () => {
  assert.equal(print({}, []), "topic\tcount\ttime\n");
  assert.equal(print({ header: false }, []), "");
});

Deno.test("timeText() is UTC, and a number where no calendar reaches", () => {
  assert.equal(timeText(1_795_252_561_250), "2026-11-21T09:16:01.250Z");
  assert.equal(timeText(0), "0");
  assert.equal(timeText(9e15), "9000000000000000");
});

Deno.test("RowWriter colours lines of a table where that is wanted, and never JSON", () => {
  const fields: readonly Field[] = [{ name: "kind", type: "string", about: "", width: 7 }];
  const coloured = (output: "table" | "jsonl", layout: "stream" | "measured") => {
    const { terminal, printed } = recordedTerminal({ isTty: true });
    const writer = openRows({ ...terminal, colors: true }, fields, { output, layout })!;
    writer.row({ kind: "damage" });
    writer.end();
    terminal.out.flush();
    return printed().stdout;
  };
  const table = "\x1b[1mkind\x1b[22m\n\x1b[31mdamage\x1b[39m\n";
  assert.equal(coloured("table", "stream"), table);
  assert.equal(coloured("table", "measured"), table);
  assert.equal(coloured("jsonl", "stream"), '{"kind":"damage"}\n');
});
