import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addRecoverCommand } from "./command.ts";

Deno.test("mq recover does not say that it only reads", () => {
  const program = new Command("mq");
  addRecoverCommand(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.equal(program.commands[0]!.name(), "recover");
  assert.equal(/Reads only/.test(program.commands[0]!.description()), false);
});
