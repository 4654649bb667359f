import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addMessageCommands } from "./command.ts";
import { OUTCOMES } from "./send.ts";

const program = new Command("mq");
addMessageCommands(program, { terminal: recordedTerminal().terminal, finish: () => {} });
const commands = program.commands[0]!.commands;

Deno.test("mq message: every command says which cluster it speaks to", () => {
  assert.deepEqual(commands.map((it) => it.name()), ["send", "receive", "browse", "trace"]);
  for (const command of commands) {
    assert(command.options.some((it) => it.long === "--namesrv"), command.name());
  }
});

Deno.test("mq message send offers the outcomes it knows", () => {
  const option = commands[0]!.options.find((it) => it.long === "--transaction");
  assert.deepEqual(option?.argChoices, [...OUTCOMES]);
});
