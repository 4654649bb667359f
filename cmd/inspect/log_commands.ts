/**
 * The commands that look at a store as a whole and at its commit log.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Branch, describe } from "../branch.ts";
import { bodyOption, rawOption } from "../option/body_option.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { parseMs, parsePositive, parseWhole } from "../option/number_option.ts";
import { progressOption } from "../option/progress_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";
import { statsArguments } from "./stats_key.ts";
import { pathAbout } from "./path_about.ts";

/** Adds them to `mq inspect`. */
export function addLogCommands(inspect: CommandUnknownOpts, branch: Branch): void {
  addStore(inspect, branch);
  addCommitLog(inspect, branch);
}

function addStore(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("store")
    .argument("[path]", pathAbout("a commit log folder or file"))
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish(
        await (await import("./store.ts")).inspectStore(
          withCommitLog(terminal, options),
          path,
          options,
        ),
      );
    });
  describe(command, {
    summary: "the first page of a case: who wrote it, what is in it, what is odd",
    text: "Prints a page about a store: which release wrote it and how it was left, the range of " +
      "its log, files and disk use, topics with their counts, what is odd, and the command to run " +
      "next. Reads heads and ends of files only, so it is quick on any store; mq verify reads all. " +
      "The exit code is 4 when something is damaged.",
    examples: ["mq inspect store mq-data", "mq inspect store /data/store -o json"],
    readsOnly: true,
  });
}

function addCommitLog(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("commitlog")
    .argument("[path]", pathAbout("a commit log folder or file"))
    .option("--topic <topic>", "messages of this topic only")
    .option("--queue <id>", "messages of this queue only", parseWhole)
    .option("--tag <tag>", "messages with this tag only")
    .option("--key <key>", "messages with this key, or this unique key, only")
    .option("--id <id>", "the message with this offset id, or this unique key, only")
    .option("--where <expression>", "messages for which this SQL92 expression is true only")
    .option("--from <offset>", "begin at this commit log offset", parseWhole)
    .option("--to <offset>", "end before this commit log offset", parseWhole)
    .option("--since <time>", "stored at this time or later")
    .option("--until <time>", "stored at this time or earlier")
    .option("--limit <count>", "stop after this many messages", parsePositive)
    .option("--reverse", "the newest message first")
    .option("--follow", "wait at the end for what is written next; Ctrl-C ends it")
    .option("--interval <ms>", "with --follow: look again after this time (500)", parseMs)
    .option("--stats [by]", "count messages: all, or by topic, queue, hour, producer")
    .option("--layout <offset>", "the record at this offset, byte by byte", parseWhole)
    .option("--cursor-file <file>", "go on where the last run with this file ended; writes it")
    .addOption(bodyOption()).addOption(rawOption())
    .addOption(progressOption("with --stats: progress on standard error"))
    .option("--decoder <command>", "a program that turns each body into a line of text")
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const asked = statsArguments(path, options.stats);
      finish(
        await (await import("./commitlog.ts")).inspectCommitLog(
          withCommitLog(terminal, options),
          asked.path,
          { ...options, stats: asked.stats },
        ),
      );
    });
  describe(command, {
    summary: "the records of the commit log, and what is no record",
    text:
      "Prints the records of a commit log in their order. Bytes that are no record are printed " +
      "as damage with their range, and reading goes on behind them; the exit code is then 4.\n\n" +
      "All filters must hold; mq help where explains expressions.\n\n" +
      "--stats reads the frames of records only: no CRC is compared, so it tells of less damage. " +
      "--follow prints what is there, then what comes; what is being written is no damage. " +
      "--decoder starts its command once, without a shell, writes each body to it as a line of " +
      "hexadecimal digits, and waits for a line each; under Deno it needs --allow-run and " +
      "--allow-env. --cursor-file is the only thing written.",
    examples: [
      "mq inspect commitlog mq-data --limit 10",
      "mq inspect commitlog --topic orders --since -1h --body text",
      'mq inspect commitlog --reverse --limit 20 --where "price > 10.0"',
      "mq inspect commitlog --follow --since now --topic orders",
      "mq inspect commitlog --stats=topic",
      "mq inspect commitlog --layout 32324",
      "mq inspect commitlog --topic orders --decoder 'orders-decode --json'",
      "mq inspect commitlog store/commitlog/00000000000000000000 -o jsonl",
    ],
    readsOnly: true,
  });
}
