import assert from "node:assert/strict";
import { recordedTerminal } from "../testdata/recorded_terminal.ts";
import { note } from "./terminal.ts";

Deno.test("note() writes one marked line to standard error, at once", () => {
  const { terminal, printed } = recordedTerminal();
  note(terminal, "reading mq-data");
  note(terminal, "done");
  assert.deepEqual(printed(), { stdout: "", stderr: "mq: reading mq-data\nmq: done\n" });
});
