import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { GROUP } from "../branch.ts";
import { addServerCommands } from "./server_commands.ts";

Deno.test("addServerCommands() has start, namesrv start, broker start and broker status", () => {
  const program = new Command("mq");
  addServerCommands(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  const names = program.commands.map((it) => [it.name(), ...it.commands.map((sub) => sub.name())]);
  assert.deepEqual(names, [
    ["start"],
    ["namesrv", "start"],
    ["broker", "start", "status"],
  ]);
  for (const command of program.commands) assert.equal(command.helpGroup(), GROUP.run);
});
