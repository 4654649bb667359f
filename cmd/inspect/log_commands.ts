/**
 * The commands that look at the commit log of a store.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Branch, describe } from "../branch.ts";
import { bodyOption, rawOption } from "../option/body_option.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { parsePositive, parseWhole } from "../option/number_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";
import { pathAbout } from "./path_about.ts";

/** Adds them to `mq inspect`. */
export function addLogCommands(inspect: CommandUnknownOpts, branch: Branch): void {
  addCommitLog(inspect, branch);
}

function addCommitLog(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("commitlog")
    .argument("[path]", pathAbout("a commit log folder or file"))
    .option("--topic <topic>", "messages of this topic only")
    .option("--queue <id>", "messages of this queue only", parseWhole)
    .option("--tag <tag>", "messages with this tag only")
    .option("--key <key>", "messages with this key, or this unique key, only")
    .option("--from <offset>", "begin at this commit log offset", parseWhole)
    .option("--to <offset>", "end before this commit log offset", parseWhole)
    .option("--since <time>", "stored at this time or later")
    .option("--until <time>", "stored at this time or earlier")
    .option("--limit <count>", "stop after this many messages", parsePositive)
    .addOption(bodyOption()).addOption(rawOption())
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish(
        await (await import("./commitlog.ts")).inspectCommitLog(
          withCommitLog(terminal, options),
          path,
          options,
        ),
      );
    });
  describe(command, {
    summary: "the records of the commit log, and what is no record",
    text:
      "Prints the records of a commit log in their order. Bytes that are no record are printed " +
      "as damage with their range, and reading goes on behind them; the exit code is then 4.",
    examples: [
      "mq inspect commitlog mq-data --limit 10",
      "mq inspect commitlog --topic orders --since -1h --body text",
      "mq inspect commitlog store/commitlog/00000000000000000000 -o jsonl",
    ],
    readsOnly: true,
  });
}
