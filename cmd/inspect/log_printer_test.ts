import assert from "node:assert/strict";
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import { SYS_FLAG } from "../../store/format.ts";
import { listSegments } from "../../store/segments.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { openRows } from "../output/format_option.ts";
import { LogFilter } from "../reading/log_filter.ts";
import { messageFields } from "../reading/message_rows.ts";
import { LogPrinter, type LogPrinterOptions } from "./log_printer.ts";

const TIMES = { since: -Infinity, until: Infinity };

/** Prints a log's records and a filler with a printer. */
async function printed(log: SmallLog, options: LogPrinterOptions, topic?: string) {
  const { terminal, printed: text } = recordedTerminal();
  const rows = openRows(terminal, messageFields(options), { output: "jsonl" })!;
  const filter = new LogFilter({ topic, times: TIMES });
  const printer = new LogPrinter(rows, { filter, options });
  const scan = new CommitLogScan(log.files, listSegments(log.files, log.directory));
  while (!printer.isFull && scan.next()) {
    if (scan.kind === "message") printer.message(scan.record);
  }
  scan.close();
  printer.other({ kind: "blank", commitLogOffset: 1, length: 8 });
  printer.other({ kind: "blank", commitLogOffset: 2, length: 8, code: "size" });
  await printer.drain();
  terminal.out.flush();
  return { lines: text().stdout.split("\n").filter(Boolean).map((it) => JSON.parse(it)), printer };
}

Deno.test("LogPrinter stops at its limit and counts what is wanted only", async () => {
  const log = new SmallLog(4096).addMany(3).addMany(3, { topic: "Other" });
  const { lines, printer } = await printed(log, { limit: 2 }, "Other");
  assert.equal(printer.messages, 2);
  assert.deepEqual(lines.map((it) => it.topic ?? it.code), ["Other", "Other", "size"]);
});

Deno.test("LogPrinter prints fillers only where all messages are wanted", async () => {
  const { lines } = await printed(new SmallLog(4096).addMany(1), {});
  assert.deepEqual(lines.map((it) => it.kind), ["message", "blank", "blank"]);
});

Deno.test("LogPrinter counts bodies that cannot be decompressed", async () => {
  const log = new SmallLog(4096).addMany(1, { sysFlag: SYS_FLAG.compressed });
  const { lines, printer } = await printed(log, { body: "text" });
  assert.equal(printer.bodyDamages, 1);
  assert.match(lines[0].bodyDamage, /./);
});
