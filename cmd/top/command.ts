/**
 * `mq top` on the command line.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Branch, describe, GROUP } from "../branch.ts";
import { namesrvOption } from "../option/namesrv_option.ts";
import { parseMs, parsePositive } from "../option/number_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

const INTERVAL_MS = 2000;
const ROWS = 12;

/** Adds the command. */
export function addTopCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("top")
    .helpGroup(GROUP.cluster)
    .addOption(namesrvOption())
    .option("--once", "print one table, and end")
    .option("--interval <ms>", "time between two looks", parseMs, INTERVAL_MS)
    .option("--rows <count>", "topics and groups on the screen", parsePositive, ROWS)
    .option("--all", "topics and groups of the system, too")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (options) => {
      finish(await (await import("./top.ts")).top(terminal, options));
    });
  describe(command, {
    summary: "topics and groups of a cluster, with their rates and lags, live",
    text:
      "Shows how fast topics grow and how fast groups follow, and how far they are behind. Rates " +
      "are those between two looks.",
    examples: ["mq top", "mq top --once -o jsonl", "mq top --once --interval 10000 --all"],
  });
}
