import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addStateCommands } from "./state_commands.ts";

Deno.test("addStateCommands() has one command for each kind of file, all reading only", () => {
  const inspect = new Command("inspect");
  addStateCommands(inspect, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.deepEqual(inspect.commands.map((it) => it.name()), ["checkpoint", "topics", "offsets"]);
  for (const command of inspect.commands) assert.match(command.description(), /Reads only; works/);
});
