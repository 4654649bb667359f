/**
 * The commands that look at what leads into the log: queues, their extensions, the index.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { QueueKind } from "../../store/queue_reader.ts";
import { type Branch, describe } from "../branch.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { parseIndexPart } from "../option/index_part_option.ts";
import { parseMs, parsePositive, parseWhole } from "../option/number_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";
import { pathAbout } from "./path_about.ts";

/** Adds them to `mq inspect`. */
export function addQueueCommands(inspect: CommandUnknownOpts, branch: Branch): void {
  addConsumeQueue(inspect, branch, "simple");
  addConsumeQueue(inspect, branch, "batch");
  addConsumeQueueExt(inspect, branch);
  addIndex(inspect, branch);
}

const QUEUE_TEXTS = {
  simple: {
    name: "consumequeue",
    alias: "cq",
    summary: "the units of consume queues, and what is no unit",
    examples: [
      "mq inspect consumequeue mq-data --topic orders --queue 0",
      "mq inspect consumequeue mq-data --topic orders --records --since -1h",
      'mq inspect consumequeue mq-data --topic orders --where "price > 10.0"',
      "mq inspect consumequeue mq-data --stats topic",
      "mq inspect consumequeue mq-data/consumequeue/orders/0 --layout 4711",
    ],
  },
  batch: {
    name: "batchconsumequeue",
    alias: "bcq",
    summary: "the units of batch consume queues (5.x), and what is no unit",
    examples: [
      "mq inspect batchconsumequeue mq-data --topic orders --queue 0",
      "mq inspect batchconsumequeue mq-data --stats queue",
    ],
  },
} as const;

/** Options that choose units. */
const CHOOSING = ["from", "to", "since", "until", "tag", "key", "id", "where", "limit", "reverse"];

function addConsumeQueue(
  inspect: CommandUnknownOpts,
  { terminal, finish }: Branch,
  kind: QueueKind,
): void {
  const { name, alias, summary, examples } = QUEUE_TEXTS[kind];
  const command = inspect.command(name)
    .alias(alias)
    .argument("[path]", pathAbout("the folder of a topic or queue, or a queue file"))
    .option("--topic <topic>", "queues of this topic only")
    .option("--queue <id>", "this queue only", parseWhole)
    .option("--from <index>", "begin at this queue offset", parseWhole)
    .option("--to <index>", "end before this queue offset", parseWhole)
    .option("--since <time>", "units of records stored at this time or later")
    .option("--until <time>", "units of records stored at this time or earlier")
    .option("--tag <tag>", "units with the hash of this tag only")
    .option("--key <key>", "units of records with this key, or this unique key, only")
    .option("--id <id>", "the unit of the record with this offset id or unique key")
    .option("--where <expression>", "units of records for which this SQL92 expression is true")
    .option("--limit <count>", "stop after this many units", parsePositive)
    .option("--reverse", "the newest of each queue first")
    .option("--records", "show store time, tag and keys of the records, and what is wrong there")
    .addOption(
      new Option("--follow", "go on with units as they are written, until Ctrl-C or --limit")
        .conflicts(["to", "reverse", "stats", "layout"]),
    )
    .addOption(
      new Option("--interval <ms>", "with --follow: milliseconds between two looks")
        .argParser(parseMs),
    )
    .addOption(
      new Option("--stats <by>", "count units instead: by topic or by queue")
        .choices(["topic", "queue"]).conflicts(["limit", "reverse", "records", "layout"]),
    )
    .addOption(
      new Option("--layout <number>", "show one unit byte by byte")
        .argParser(parseWhole).conflicts([...CHOOSING, "records"]),
    )
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const { inspectConsumeQueue } = await import("./consumequeue.ts");
      const where = withCommitLog(terminal, options);
      finish(await inspectConsumeQueue(where, path, { ...options, kind }));
    });
  describe(command, { summary, examples, readsOnly: true });
}

function addConsumeQueueExt(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("consumequeue-ext")
    .alias("cqext")
    .argument("[path]", pathAbout("the folder of a topic or queue, or an extension file"))
    .option("--topic <topic>", "queues of this topic only")
    .option("--queue <id>", "this queue only", parseWhole)
    .option("--from <offset>", "begin at this offset of the extension files", parseWhole)
    .option("--to <offset>", "end before this offset", parseWhole)
    .option("--since <time>", "messages stored at this time or later")
    .option("--until <time>", "messages stored at this time or earlier")
    .option("--tag <tag>", "units with the hash of this tag only")
    .option("--limit <count>", "stop after this many units", parsePositive)
    .addOption(
      new Option("--layout <offset>", "show one unit byte by byte")
        .argParser(parseWhole).conflicts(CHOOSING),
    )
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const { inspectQueueExt } = await import("./consumequeue_ext.ts");
      finish(inspectQueueExt(withCommitLog(terminal, options), path, options));
    });
  describe(command, {
    summary: "the units of consume queue extension files",
    examples: [
      "mq inspect consumequeue-ext mq-data --topic orders --queue 0",
      "mq inspect consumequeue-ext mq-data --topic orders --queue 0 --layout 66",
    ],
    readsOnly: true,
  });
}

function addIndex(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("index")
    .argument("[path]", pathAbout("an index folder or file"))
    .option("--topic <topic>", "with --key: the key's topic; alone: entries of its records")
    .option("--queue <id>", "entries of records of this queue only", parseWhole)
    .option("--tag <tag>", "entries of records with this tag only")
    .option("--id <id>", "entries of the record with this offset id or unique key")
    .option("--key <key>", "entries with this key's hash only; needs --topic")
    .option("--from <offset>", "entries of records from this commit log offset on", parseWhole)
    .option("--to <offset>", "entries of records before this commit log offset", parseWhole)
    .option("--since <time>", "entries stored at this time or later")
    .option("--until <time>", "entries stored at this time or earlier")
    .option("--where <expression>", "entries of records for which this SQL92 expression is true")
    .option("--limit <count>", "stop after this many entries", parsePositive)
    .option("--reverse", "the newest first")
    .option("--records", "show topic and key of the records, and what is wrong there")
    .option("--headers", "the header of each file instead of its entries")
    .addOption(
      new Option("--stats", "count instead: entries, slots, chains")
        .conflicts([...CHOOSING, "topic", "queue", "records", "headers", "layout"]),
    )
    .addOption(
      new Option("--layout <part>", "show header, slot:NUMBER or entry:NUMBER byte by byte")
        .argParser(parseIndexPart)
        .conflicts([...CHOOSING, "topic", "queue", "records", "headers"]),
    )
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const { inspectIndex } = await import("./index.ts");
      finish(inspectIndex(withCommitLog(terminal, options), path, options));
    });
  describe(command, {
    summary: "the entries of the key index",
    text: "Prints the entries of the key index. An entry has a hash, an offset and a time only: " +
      "topics without a key, queues, tags, ids and --where (mq help where) are asked of the record " +
      "it leads to.",
    examples: [
      "mq inspect index mq-data --headers",
      "mq inspect index mq-data --topic orders --key 4711",
      "mq inspect index mq-data --reverse --records --limit 20",
      "mq inspect index mq-data --topic orders --tag paid --since -1h",
      "mq inspect index mq-data/index/20261121091601736 --layout entry:1",
    ],
    readsOnly: true,
  });
}
