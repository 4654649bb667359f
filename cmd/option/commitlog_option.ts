/**
 * The option `--commitlog-path` of the commands that read a commit log: where it lies, when it is not
 * under the store.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { usageFailure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";

/** What the option is. */
export function commitLogOption(): Option<"--commitlog-path <folders>"> {
  return new Option(
    "--commitlog-path <folders>",
    "where the commit log is, if not in the store; several with commas",
  );
}

/** The terminal of a run that was told where the commit log is. */
export function withCommitLog(
  terminal: Terminal,
  { commitlogPath }: { readonly commitlogPath?: string | undefined },
): Terminal {
  if (commitlogPath === undefined) return terminal;
  if (commitlogPath.split(",").some((it) => it.trim() === "")) {
    throw usageFailure("A path of --commitlog-path is empty");
  }
  return { ...terminal, commitLogPath: commitlogPath };
}
