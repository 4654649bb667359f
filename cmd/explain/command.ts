/**
 * `mq explain` on the command line.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Branch, describe, GROUP } from "../branch.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

/** Adds the command. */
export function addExplainCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("explain")
    .helpGroup(GROUP.mend)
    .argument("[code...]", "codes of findings; without one all are listed")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (codes, options) => {
      finish((await import("./explain.ts")).explain(terminal, codes, options));
    });
  describe(command, {
    summary: "explain what a finding of mq verify means",
    text: "Explains a finding of mq verify: what it means for consumers, what a Java broker does " +
      "where it meets it, and what can be done. Looks at no store.",
    examples: ["mq explain log-body-crc", "mq explain", "mq explain queue-hole -o json"],
    readsOnly: true,
  });
}
