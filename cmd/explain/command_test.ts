import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addExplainCommand } from "./command.ts";

Deno.test("mq explain says that it only reads", () => {
  const program = new Command("mq");
  addExplainCommand(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.equal(program.commands[0]!.name(), "explain");
  assert.equal(/Reads only/.test(program.commands[0]!.description()), true);
});
