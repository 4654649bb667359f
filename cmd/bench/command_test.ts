import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addBenchCommands } from "./command.ts";

Deno.test("mq bench is bounded in time unless it is told otherwise", () => {
  const program = new Command("mq");
  addBenchCommands(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  const commands = program.commands[0]!.commands;
  assert.deepEqual(commands.map((it) => it.name()), ["send", "receive", "latency"]);
  for (const command of commands) {
    assert.equal(command.options.find((it) => it.long === "--duration")?.defaultValue, 10);
  }
});
