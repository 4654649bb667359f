import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addExportCommand } from "./command.ts";

Deno.test("mq export does not say that it only reads: --into writes", () => {
  const program = new Command("mq");
  addExportCommand(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.doesNotMatch(program.commands[0]!.description(), /Reads only/);
});
