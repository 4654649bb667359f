import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addDiffCommand } from "./command.ts";

Deno.test("mq diff says that it only reads", () => {
  const program = new Command("mq");
  addDiffCommand(program, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.match(program.commands[0]!.description(), /Reads only/);
});

Deno.test("mq diff needs two stores", async () => {
  const { exitCode, stderr } = await record(["diff", "one"]);
  assert.equal(exitCode, 16);
  assert.match(stderr, /storeB/);
});
