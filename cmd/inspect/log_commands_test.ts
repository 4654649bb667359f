import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addLogCommands } from "./log_commands.ts";

Deno.test("addLogCommands() has one command for each kind of file, all reading only", () => {
  const inspect = new Command("inspect");
  addLogCommands(inspect, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.deepEqual(inspect.commands.map((it) => it.name()), ["store", "commitlog"]);
  for (const command of inspect.commands) assert.match(command.description(), /Reads only; works/);
});
