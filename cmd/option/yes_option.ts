/**
 * `--yes`, of commands that ask before they change what nobody can bring back.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { note, type Terminal } from "../terminal.ts";

/** `--yes`. */
export function yesOption(): Option<"-y, --yes"> {
  return new Option("-y, --yes", "do not ask");
}

/** What is about to be done. */
export interface Change {
  /** As an order, such as `delete topic "orders"`. */
  readonly what: string;
  /** What one should know before one agrees, a line each. */
  readonly facts: readonly string[];
  readonly yes: boolean | undefined;
}

/**
 * Says what is about to be done, and asks unless it is agreed to already. Nobody to ask is a no:
 * throws a failure with exit code 32.
 */
export async function agree(terminal: Terminal, { what, facts, yes }: Change): Promise<void> {
  // Nobody can answer what has not been said.
  const told = yes === true ? terminal : { ...terminal, quiet: false };
  for (const fact of facts) note(told, fact);
  if (yes === true) return;
  if (terminal.confirm === undefined) {
    const message = `Nobody to ask whether to ${what}: add --yes`;
    throw new Failure(message, { exitCode: EXIT.declined });
  }
  if (await terminal.confirm(`${what.charAt(0).toUpperCase()}${what.slice(1)}?`)) return;
  throw new Failure("Nothing was changed", { exitCode: EXIT.declined });
}
