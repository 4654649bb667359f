import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addVerifyCommand } from "./command.ts";

Deno.test("mq verify says that it only reads", () => {
  const program = new Command("mq");
  addVerifyCommand(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.equal(program.commands[0]!.name(), "verify");
  assert.equal(/Reads only/.test(program.commands[0]!.description()), true);
});
