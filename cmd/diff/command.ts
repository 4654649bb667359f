/**
 * `mq diff` on the command line.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Branch, describe, GROUP } from "../branch.ts";
import { bodyOption, rawOption } from "../option/body_option.ts";
import { parsePositive } from "../option/number_option.ts";
import { progressOption } from "../option/progress_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

/** Adds the command. */
export function addDiffCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("diff")
    .helpGroup(GROUP.look)
    .argument("<storeA>", "a store or a commit log")
    .argument("<storeB>", "the store or log to compare it with")
    .option("--messages", "print the messages only one of them has, too")
    .option("--limit <count>", "stop after this many ranges", parsePositive)
    .addOption(bodyOption()).addOption(rawOption())
    .addOption(progressOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (a, b, options) => {
      finish((await import("./diff.ts")).diff(terminal, { a, b }, options));
    });
  describe(command, {
    summary: "where two copies of a store part",
    text: "Compares two copies of a store, such as a master and its slave, or one before and " +
      "after it was mended: log with log, place by place, and topics, groups and offsets. Prints " +
      "the ranges that differ, with the messages on both sides, and those the other side has " +
      "nowhere in the range; a message counts as the same by its unique key, else by its place in " +
      "its queue and its body. Queues and index, which follow from the log, are not compared: " +
      "mq verify holds those of each copy against its log. Ends with 0 when the two are the same and with 4 when they differ.",
    examples: [
      "mq diff master slave",
      "mq diff before after --messages --body text",
      "mq diff master/commitlog slave/commitlog -o jsonl",
    ],
    readsOnly: true,
  });
}
