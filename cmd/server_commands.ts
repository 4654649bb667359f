/**
 * The commands that run servers.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Branch } from "./branch.ts";

/** Adds the commands. */
export function addServerCommands(_program: CommandUnknownOpts, _branch: Branch): void {}
