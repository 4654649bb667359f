/**
 * `mq why` on the command line.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Branch, describe, GROUP, STORE_ABOUT } from "../branch.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { progressOption } from "../option/progress_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

/** Adds the command. */
export function addWhyCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("why")
    .helpGroup(GROUP.mend)
    .argument("[store]", STORE_ABOUT)
    .addOption(progressOption())
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish(await (await import("./why.ts")).why(withCommitLog(terminal, options), path, options));
    });
  describe(command, {
    summary: "why a Java broker would not start on a store, or come up short",
    text:
      "Tells what brokers of Java 4.9 and 5.5 with default settings would do at their start on " +
      "this store: whether they start, and how many messages they destroy, forget or misplace; " +
      "then what stands behind it, in the files and around them, with the way out. Reads the log " +
      "twice, and once more where messages would be given up. Locks, rights and mounts are seen " +
      "where Deno allows all (-A). Ends with 0 when both would start and have everything, else with 4.",
    examples: ["mq why mq-data", "mq why broken -o jsonl"],
    readsOnly: true,
  });
}
