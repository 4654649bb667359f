/**
 * The commands that look at what a broker notes about its store: checkpoint, topics, groups, offsets,
 * timer, epochs.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { type Branch, describe, STORE_ABOUT } from "../branch.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { parsePositive, parseWhole } from "../option/number_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";
import { pathAbout } from "./path_about.ts";

/** Adds them to `mq inspect`. */
export function addStateCommands(inspect: CommandUnknownOpts, branch: Branch): void {
  addCheckpoint(inspect, branch);
  addTopics(inspect, branch);
  addGroups(inspect, branch);
  addOffsets(inspect, branch);
  addTimer(inspect, branch);
  addEpoch(inspect, branch);
}

function addCheckpoint(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("checkpoint")
    .argument("[path]", pathAbout("a checkpoint file"))
    .option("--layout", "show it byte by byte")
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const { inspectCheckpoint } = await import("./checkpoint.ts");
      finish(inspectCheckpoint(withCommitLog(terminal, options), path, options));
    });
  describe(command, {
    summary: "the times up to which the store was flushed",
    examples: ["mq inspect checkpoint mq-data", "mq inspect checkpoint mq-data --layout"],
    readsOnly: true,
  });
}

function addTopics(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("topics")
    .argument("[path]", STORE_ABOUT)
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
    .argument("[path]", STORE_ABOUT)
    .option("--group <group>", "this consumer group only")
    .option("--topic <topic>", "this topic only")
    .option("--queue <id>", "this queue only", parseWhole)
    .addOption(
      new Option("--delay", "show how far delayed messages are delivered instead")
        .conflicts(["group", "topic", "queue"]),
    )
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const { inspectOffsets } = await import("./offsets.ts");
      finish(inspectOffsets(withCommitLog(terminal, options), path, options));
    });
  describe(command, {
    summary: "consumer offsets, and how far they are behind",
    text:
      "Consumer offsets, and how far they are behind. Consumers in broadcast mode keep theirs " +
      "on their own machines.",
    examples: ["mq inspect offsets mq-data --group orders-consumer", "mq inspect offsets --delay"],
    readsOnly: true,
  });
}

function addGroups(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("groups")
    .argument("[path]", STORE_ABOUT)
    .option("--group <group>", "this consumer group only")
    .option("--topic <topic>", "groups with offsets in this topic only")
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const { inspectGroups } = await import("./groups.ts");
      finish(inspectGroups(withCommitLog(terminal, options), path, options));
    });
  describe(command, {
    summary: "consumer groups, their settings, topics and lag",
    examples: ["mq inspect groups mq-data", "mq inspect groups --topic orders"],
    readsOnly: true,
  });
}

function addTimer(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("timer")
    .argument("[path]", pathAbout("timerwheel, timerlog, timercheck or timermetrics"))
    .addOption(
      new Option("--part <part>", "what to show; slots if nothing else is said")
        .choices(["slots", "log", "checkpoint", "metrics"]),
    )
    .option("--topic <topic>", "log: units with this topic's hash; metrics: this topic only")
    .option("--from <position>", "log: begin at this position", parseWhole)
    .option("--to <position>", "log: end before this position", parseWhole)
    .option("--since <time>", "slots, log: due at this time or later")
    .option("--until <time>", "slots, log: due at this time or earlier")
    .option("--limit <count>", "slots, log: stop after so many", parsePositive)
    .option("--pending", "slots: those not yet delivered only")
    .option("--records", "log: show topic and unique key of the records")
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const { inspectTimer } = await import("./timer.ts");
      finish(inspectTimer(withCommitLog(terminal, options), path, options));
    });
  describe(command, {
    summary: "messages kept for later (5.x): what is due when",
    examples: [
      "mq inspect timer mq-data --pending",
      "mq inspect timer mq-data --part log --records --limit 10",
      "mq inspect timer mq-data --part checkpoint",
    ],
    readsOnly: true,
  });
}

function addEpoch(inspect: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = inspect.command("epoch")
    .argument("[path]", pathAbout("an epoch file"))
    .option("--from <offset>", "leaderships that wrote behind this commit log offset", parseWhole)
    .option("--to <offset>", "leaderships that began before this commit log offset", parseWhole)
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      const { inspectEpoch } = await import("./epoch.ts");
      finish(inspectEpoch(withCommitLog(terminal, options), path, options));
    });
  describe(command, {
    summary: "which leadership wrote which part of the log (5.x, under a controller)",
    examples: ["mq inspect epoch mq-data"],
    readsOnly: true,
  });
}
