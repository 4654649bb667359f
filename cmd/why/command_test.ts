import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addWhyCommand } from "./command.ts";

Deno.test("mq why says that it only reads", () => {
  const program = new Command("mq");
  addWhyCommand(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.match(program.commands[0]!.description(), /Reads only/);
});
