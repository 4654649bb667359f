/**
 * `mq dlq` on the command line.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { addGroup, type Branch, describe, GROUP } from "../branch.ts";
import { rawOption, textBodyOption } from "../option/body_option.ts";
import { namesrvOption } from "../option/namesrv_option.ts";
import { parsePositive } from "../option/number_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

/** Adds the commands. */
export function addDlqCommands(program: CommandUnknownOpts, branch: Branch): void {
  const dlq = addGroup(program, {
    name: "dlq",
    summary: "look at dead letters of groups, and send them again",
    heading: GROUP.cluster,
  });
  addList(dlq, branch);
  addReplay(dlq, branch);
}

function addList(dlq: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = dlq.command("list").alias("ls")
    .argument("[group]", "a consumer group; without one: how many each group has")
    .addOption(namesrvOption())
    .option("--since <time>", "dead since this time")
    .option("--until <time>", "dead until this time")
    .option("--limit <count>", "stop after this many messages", parsePositive)
    .option("--format <text>", "print each message so: '%o %t %k\\n' (mq help formatting)")
    .addOption(textBodyOption()).addOption(rawOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (group, options) => {
      const { listDeadLetters } = await import("./dlq_list.ts");
      finish(await listDeadLetters(terminal, group, options));
    });
  describe(command, {
    summary: "list dead letters of a group, or the groups that have some",
    examples: [
      "mq dlq list",
      "mq dlq list billing --since -1d",
      "mq dlq list billing --format '%d %p{RETRY_TOPIC} %k %b\\n'",
    ],
  });
}

function addReplay(dlq: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = dlq.command("replay")
    .argument("<group>", "a consumer group")
    .addOption(namesrvOption())
    .addOption(
      new Option(
        "--to <target>",
        "retry: to this group alone; origin: to the topic, and all groups",
      )
        .choices(["retry", "origin"] as const).default("retry" as const),
    )
    .option("--dry-run", "say what would be sent, and send nothing")
    .option("--key <key>", "dead letters with this key only")
    .option("--since <time>", "dead since this time")
    .option("--until <time>", "dead until this time")
    .option("--limit <count>", "stop after this many messages", parsePositive)
    .option("--rate <count>", "at most so many messages a second", parsePositive)
    .option("--cursor-file <file>", "keep how far it is, and go on there the next time")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (group, options) => {
      const { replayDeadLetters } = await import("./dlq_replay.ts");
      finish(await replayDeadLetters(terminal, group, options));
    });
  describe(command, {
    summary: "send dead letters of a group once more",
    text:
      "Sends the dead letters that are there when it begins, with their bodies, keys, tags and " +
      "properties and under new ids, and counts them by the topic they came from. With --to retry " +
      "they go to the retry topic of the group: no other group sees them again. Dead letters stay " +
      "where they are until their time is up; with --cursor-file a later run sends only what has " +
      "died since. Ends with 4 when some could not be sent.",
    examples: [
      "mq dlq replay billing --dry-run",
      "mq dlq replay billing --rate 50 --cursor-file billing.cursor",
      "mq dlq replay billing --key order-17 --to origin",
    ],
  });
}
