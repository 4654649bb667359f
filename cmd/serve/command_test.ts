import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { GROUP } from "../branch.ts";
import { addServeCommand } from "./command.ts";

Deno.test("addServeCommand() adds serve among the commands that look at a store", () => {
  const program = new Command("mq");
  addServeCommand(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  const [command] = program.commands;
  assert.equal(command?.name(), "serve");
  assert.equal(command?.helpGroup(), GROUP.look);
});

Deno.test("mq serve refuses options that cannot be meant, and names them", async () => {
  for (
    const [args, reason] of [
      [["--port", "65536"], /--port.*65536.*at most 65535/],
      [["--memory", "0"], /--memory.*must be 1 or more/],
      [["--repair", "maybe"], /--repair.*maybe.*auto, always, never/],
      [["--host", " "], /--host.*must not be empty/],
      [["--output", "jsonl"], /--output.*jsonl.*table, json/],
    ] as const
  ) {
    const { exitCode, stdout, stderr } = await record(["serve", "store", ...args]);
    assert.equal(exitCode, 16);
    assert.equal(stdout, "");
    assert.match(stderr, reason);
  }
});
