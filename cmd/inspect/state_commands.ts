/**
 * The commands that look at what a broker notes about its store: checkpoint, topics, offsets.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Branch, describe } from "../branch.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";
import { pathAbout } from "./path_about.ts";

/** Adds them to `mq inspect`. */
export function addStateCommands(inspect: CommandUnknownOpts, branch: Branch): void {
  addCheckpoint(inspect, branch);
  addTopics(inspect, branch);
  addOffsets(inspect, branch);
}

function addCheckpoint(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("checkpoint")
    .argument("[path]", pathAbout("a checkpoint file"))
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish((await import("./checkpoint.ts")).inspectCheckpoint(terminal, path, options));
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
        (await import("./topics.ts")).inspectTopics(
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
        (await import("./offsets.ts")).inspectOffsets(
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
