/**
 * The commands that look at what leads into the log: queues and index.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { type Branch, describe } from "../branch.ts";
import { parsePositive, parseWhole } from "../option/number_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";
import { pathAbout } from "./path_about.ts";

/** Adds them to `mq inspect`. */
export function addQueueCommands(inspect: CommandUnknownOpts, branch: Branch): void {
  addConsumeQueue(inspect, branch);
  addIndex(inspect, branch);
}

function addConsumeQueue(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("consumequeue")
    .alias("cq")
    .argument("[path]", pathAbout("the folder of a topic or queue, or a queue file"))
    .option("--topic <topic>", "queues of this topic only")
    .option("--queue <id>", "this queue only", parseWhole)
    .option("--from <index>", "begin at this queue offset", parseWhole)
    .option("--to <index>", "end before this queue offset", parseWhole)
    .option("--limit <count>", "stop after this many units", parsePositive)
    .addOption(new Option("--batch", "read a lone folder or file as a batch consume queue"))
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const { inspectConsumeQueue } = await import("./consumequeue.ts");
      finish(inspectConsumeQueue(terminal, path, options));
    });
  describe(command, {
    summary: "the units of consume queues, batch queues included",
    examples: [
      "mq inspect consumequeue mq-data --topic orders --queue 0",
      "mq inspect consumequeue mq-data/consumequeue/orders/0 --from 100 --limit 5",
    ],
    readsOnly: true,
  });
}

function addIndex(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("index")
    .argument("[path]", pathAbout("an index folder or file"))
    .option("--topic <topic>", "with --key: the key's topic")
    .option("--key <key>", "entries with this key's hash only; needs --topic")
    .option("--from <offset>", "entries of records from this commit log offset on", parseWhole)
    .option("--to <offset>", "entries of records before this commit log offset", parseWhole)
    .option("--since <time>", "entries stored at this time or later")
    .option("--until <time>", "entries stored at this time or earlier")
    .option("--limit <count>", "stop after this many entries", parsePositive)
    .option("--headers", "the header of each file instead of its entries")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish((await import("./index.ts")).inspectIndex(terminal, path, options));
    });
  describe(command, {
    summary: "the entries of the key index",
    examples: [
      "mq inspect index mq-data --headers",
      "mq inspect index mq-data --topic orders --key 4711",
    ],
    readsOnly: true,
  });
}
