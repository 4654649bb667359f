import assert from "node:assert/strict";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { pathOf } from "../branch.ts";
import { makeProgram, run } from "../program.ts";
import { fieldNames } from "./field_names.ts";

function withFields(command: CommandUnknownOpts): CommandUnknownOpts[] {
  const own = command.options.some((it) => it.long === "--fields") ? [command] : [];
  return [...own, ...command.commands.flatMap(withFields)];
}

Deno.test("fieldNames() knows the fields of every command, and prints nothing", async () => {
  const { terminal, printed } = recordedTerminal();
  const commands = withFields(makeProgram({ terminal, finish: () => {} }));
  assert(commands.length > 30);
  for (const command of commands) {
    const fields = await fieldNames(terminal, command, run);
    assert(fields.length > 1, pathOf(command));
    assert(fields.every((it) => /^\w+$/.test(it.name) && it.about !== ""), pathOf(command));
  }
  assert.deepEqual(printed(), { stdout: "", stderr: "" });
});
