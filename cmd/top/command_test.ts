import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addTopCommand } from "./command.ts";

Deno.test("mq top can be had once, for programs", () => {
  const program = new Command("mq");
  addTopCommand(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert(program.commands[0]!.options.some((it) => it.long === "--once"));
});
