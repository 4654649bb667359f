/**
 * `mq completion` on the command line.
 *
 * @module
 */
import { Argument, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Branch, describe, GROUP } from "../branch.ts";
import { EXIT } from "../exit_code.ts";
import { completionScript, SHELLS } from "./scripts.ts";

/** Adds the command. */
export function addCompletionCommand(
  program: CommandUnknownOpts,
  { terminal, finish }: Branch,
): void {
  const command = program.command("completion")
    .helpGroup(GROUP.other)
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action((shell) => {
      terminal.out.write(completionScript(shell));
      finish(EXIT.ok);
    });
  describe(command, {
    summary: "print the script that completes command lines in a shell",
    text: "Prints a script for bash, zsh or fish. It completes commands, options and what they " +
      "may be given, and the topics and groups of the store a command line names, or of MQ_STORE " +
      "or ./mq-data; for commands that speak to a cluster those of the cluster, and its brokers, " +
      "where it answers at once.",
    examples: [
      "mq completion bash >> ~/.bashrc",
      "mq completion zsh >> ~/.zshrc",
      "mq completion fish > ~/.config/fish/completions/mq.fish",
    ],
  });
}
