import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addDlqCommands } from "./command.ts";
import { TARGETS } from "./dead_letter.ts";

Deno.test("mq dlq replay offers the targets there are", () => {
  const program = new Command("mq");
  addDlqCommands(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  const [list, replay] = program.commands[0]!.commands;
  assert.equal(list!.name(), "list");
  const option = replay!.options.find((it) => it.long === "--to");
  assert.deepEqual(option?.argChoices, [...TARGETS]);
  assert.equal(option?.defaultValue, "retry");
});
