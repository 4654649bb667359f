import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addQueueCommands } from "./queue_commands.ts";

Deno.test("addQueueCommands() has one command for each kind of file, all reading only", () => {
  const inspect = new Command("inspect");
  addQueueCommands(inspect, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.deepEqual(inspect.commands.map((it) => it.name()), ["consumequeue", "index"]);
  for (const command of inspect.commands) assert.match(command.description(), /Reads only; works/);
});
