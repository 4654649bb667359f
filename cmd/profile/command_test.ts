import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addProfileCommands } from "./command.ts";
import { PROFILE_SETTINGS } from "./profile.ts";

const program = new Command("mq");
addProfileCommands(program, { terminal: recordedTerminal().terminal, finish: () => {} });
const commandOf = (name: string) => program.commands[0]!.commands.find((it) => it.name() === name)!;

Deno.test("mq profile add and edit take every setting of a profile", () => {
  for (const name of ["add", "edit"]) {
    const taken = commandOf(name).options.map((it) => it.attributeName().replace("Default", ""));
    for (const setting of PROFILE_SETTINGS) assert(taken.includes(setting.name), setting.name);
  }
});
