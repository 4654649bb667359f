/**
 * The branch `mq inspect`: one command for each kind of file in a store.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { addGroup, type Branch, describe, GROUP } from "./branch.ts";
import { bodyOption, rawOption } from "./body_option.ts";
import { commitLogOption, withCommitLog } from "./commitlog_option.ts";
import { fieldsOption, headerOption, outputOption } from "./format_option.ts";
import { parsePositive, parseWhole } from "./number_option.ts";

/** What a path argument may name, apart from a store. */
function pathAbout(part: string): string {
  return `a store, or ${part}; default: MQ_STORE, else ./mq-data`;
}

/** Adds the branch. */
export function addInspectCommands(program: CommandUnknownOpts, branch: Branch): void {
  const inspect = addGroup(program, {
    name: "inspect",
    summary: "print what the files of a store hold",
    heading: GROUP.look,
  });
  addCommitLog(inspect, branch);
  addConsumeQueue(inspect, branch);
  addIndex(inspect, branch);
  addCheckpoint(inspect, branch);
  addTopics(inspect, branch);
  addOffsets(inspect, branch);
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
        await (await import("./inspect_commitlog.ts")).inspectCommitLog(
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
      const { inspectConsumeQueue } = await import("./inspect_consumequeue.ts");
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
      finish((await import("./inspect_index.ts")).inspectIndex(terminal, path, options));
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

function addCheckpoint(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("checkpoint")
    .argument("[path]", pathAbout("a checkpoint file"))
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish((await import("./inspect_checkpoint.ts")).inspectCheckpoint(terminal, path, options));
    });
  describe(command, {
    summary: "the times up to which the store was flushed",
    examples: ["mq inspect checkpoint mq-data"],
    readsOnly: true,
  });
}

function addTopics(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("topics")
    .argument("[path]", "a store; default: MQ_STORE, else ./mq-data")
    .option("--topic <topic>", "this topic only")
    .option("--queues", "one row a queue")
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish(
        (await import("./inspect_topics.ts")).inspectTopics(
          withCommitLog(terminal, options),
          path,
          options,
        ),
      );
    });
  describe(command, {
    summary: "topics, from topics.json and from the queues on disk",
    examples: ["mq inspect topics mq-data", "mq inspect topics --topic orders --queues"],
    readsOnly: true,
  });
}

function addOffsets(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("offsets")
    .argument("[path]", "a store; default: MQ_STORE, else ./mq-data")
    .option("--group <group>", "this consumer group only")
    .option("--topic <topic>", "this topic only")
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish(
        (await import("./inspect_offsets.ts")).inspectOffsets(
          withCommitLog(terminal, options),
          path,
          options,
        ),
      );
    });
  describe(command, {
    summary: "consumer offsets, and how far they are behind",
    examples: ["mq inspect offsets mq-data --group orders-consumer"],
    readsOnly: true,
  });
}
