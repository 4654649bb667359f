import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../testdata/recorded_terminal.ts";
import { addCheckCommands } from "./check_commands.ts";

Deno.test("addCheckCommands() tags the commands that never write, and only those", () => {
  const program = new Command("mq");
  addCheckCommands(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  const readers = program.commands.filter((it) => /Reads only/.test(it.description()));
  assert.deepEqual(readers.map((it) => it.name()), ["query", "verify"]);
});
