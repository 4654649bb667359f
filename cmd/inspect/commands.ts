/**
 * The branch `mq inspect`: one command for each kind of file in a store.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { addGroup, type Branch, GROUP } from "../branch.ts";
import { addLogCommands } from "./log_commands.ts";
import { addQueueCommands } from "./queue_commands.ts";
import { addStateCommands } from "./state_commands.ts";

/** Adds the branch. */
export function addInspectCommands(program: CommandUnknownOpts, branch: Branch): void {
  const inspect = addGroup(program, {
    name: "inspect",
    summary: "print what the files of a store hold",
    heading: GROUP.look,
  });
  addLogCommands(inspect, branch);
  addQueueCommands(inspect, branch);
  addStateCommands(inspect, branch);
}
