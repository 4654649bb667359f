/**
 * `mq export` on the command line.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { type Branch, describe, GROUP, STORE_ABOUT } from "../branch.ts";
import { BODY_FORMS, rawOption } from "../option/body_option.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { parsePositive, parseWhole } from "../option/number_option.ts";
import { progressOption } from "../option/progress_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

/** Adds the command. */
export function addExportCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("export")
    .helpGroup(GROUP.look)
    .argument("[store]", STORE_ABOUT)
    .option("--into <folder>", "make a store of the messages instead of printing them")
    .option("--topic <topic>", "messages of this topic only")
    .option("--queue <id>", "messages of this queue only", parseWhole)
    .option("--tag <tag>", "messages with this tag only")
    .option("--key <key>", "messages with this key, or this unique key, only")
    .option("--from <offset>", "begin at this commit log offset", parseWhole)
    .option("--to <offset>", "end before this commit log offset", parseWhole)
    .option("--since <time>", "stored at this time or later")
    .option("--until <time>", "stored at this time or earlier")
    .option("--id <id>", "the message with this id: an offset id, or a unique key")
    .option("--where <expression>", "messages for which this SQL92 expression is true only")
    .option("--limit <count>", "stop after this many messages", parsePositive)
    .addOption(
      new Option("--body <form>", "print bodies in this form; default: base64").choices(BODY_FORMS),
    )
    .addOption(rawOption())
    .addOption(progressOption())
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const { exportMessages } = await import("./export.ts");
      finish(await exportMessages(withCommitLog(terminal, options), path, options));
    });
  describe(command, {
    summary: "messages as JSON lines, or as a store of their own",
    text: "Prints messages with their bodies, one JSON object a line, as mq replay reads them; " +
      "bytes that are no record are lines of kind damage, and the exit code is then 4. With " +
      "--into it makes a store instead, which brokers and every command of mq read: the messages " +
      "keep all but their places in the log, and their indexes where none between them is left " +
      "out. The store that is read is never written to.",
    examples: [
      "mq export mq-data --topic orders --since -1h > orders.jsonl",
      "mq export mq-data --topic orders --into orders-only",
      "mq export broken --into rescued",
    ],
  });
}
