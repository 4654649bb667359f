import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addInspectCommands } from "./commands.ts";

Deno.test("addInspectCommands() has one command for each kind of file, all reading only", () => {
  const program = new Command("mq");
  addInspectCommands(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  const { commands } = program.commands[0]!;
  assert.deepEqual(
    commands.map((it) => it.name()),
    [
      "store",
      "commitlog",
      "consumequeue",
      "batchconsumequeue",
      "consumequeue-ext",
      "index",
      "checkpoint",
      "topics",
      "groups",
      "offsets",
      "timer",
      "epoch",
    ],
  );
  for (const command of commands) assert.match(command.description(), /Reads only; works under/);
});
