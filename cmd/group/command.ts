/**
 * `mq group` on the command line.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { addGroup, type Branch, describe, GROUP } from "../branch.ts";
import { collected } from "../option/list_option.ts";
import { namesrvOption } from "../option/namesrv_option.ts";
import { parsePositive, parseWhole } from "../option/number_option.ts";
import { yesOption } from "../option/yes_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

/** Adds the commands. */
export function addGroupCommands(program: CommandUnknownOpts, branch: Branch): void {
  const group = addGroup(program, {
    name: "group",
    summary: "list, make, move and remove consumer groups of a cluster",
    heading: GROUP.cluster,
  });
  addList(group, branch);
  addDescribe(group, branch);
  addProgress(group, branch);
  addCreate(group, branch);
  addReset(group, branch);
  addDelete(group, branch);
}

function addList(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("list")
    .addOption(namesrvOption())
    .option("--cluster <name>", "groups of this cluster only")
    .option("--all", "the brokers' own groups, too")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (options) => {
      finish(await (await import("./list.ts")).listGroups(terminal, options));
    });
  describe(command, {
    summary: "list the groups, their members and lag",
    text: "Lists the consumer groups with how many members are online and how many messages they " +
      "have not consumed. The brokers' own groups are left out unless --all asks for them.",
    examples: ["mq group list", "mq group list -o jsonl --fields group,lag"],
  });
}

function addDescribe(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("describe")
    .argument("<group>", "a consumer group")
    .addOption(namesrvOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (name, options) => {
      finish(await (await import("./describe.ts")).describeGroup(terminal, name, options));
    });
  describe(command, {
    summary: "show a group: settings, members, subscriptions, lag",
    text: "Prints a row for each broker that has settings of the group, for each member that is " +
      "online, for each topic it subscribes to, and for each topic it has offsets in.",
    examples: ["mq group describe billing", "mq group describe billing -o json"],
  });
}

function addProgress(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("progress")
    .argument("<group>", "a consumer group")
    .addOption(namesrvOption())
    .option("--topic <topic>", "this topic only")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (name, options) => {
      finish(await (await import("./progress.ts")).groupProgress(terminal, name, options));
    });
  describe(command, {
    summary: "show how far a group is in each queue, and who has it",
    text: "Prints for each queue where it ends, where the group is, how many messages are left, " +
      "when the last consumed message was stored, and which member has the queue.",
    examples: ["mq group progress billing", "mq group progress billing --topic orders -o jsonl"],
  });
}

function addCreate(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("create")
    .argument("<group>", "a consumer group")
    .addOption(namesrvOption())
    .option("--retry-max <count>", "retries before the dead letters; default: 16", parseWhole)
    .option("--retry-queues <count>", "queues of its retry topic; default: 1", parsePositive)
    .option("--no-consume", "it may not consume")
    .option("--no-broadcast", "it may not consume in broadcast mode")
    .option("--cluster <name>", "at the brokers of this cluster; default: at all")
    .option("--broker <name>", "at this broker; may be given again", collected)
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (name, options) => {
      finish(await (await import("./create.ts")).createGroup(terminal, name, options));
    });
  describe(command, {
    summary: "make a group",
    text: "Makes a consumer group where brokers make none by themselves, or with settings of its " +
      "own. One that is there already is left as it is, and the command ends with 8.",
    examples: ["mq group create billing", "mq group create mail --retry-max 3"],
  });
}

function addReset(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("reset")
    .argument("<group>", "a consumer group")
    .argument("<topic>", "a topic it consumes")
    .requiredOption("--to <where>", "first, last, a time (mq help time), or offset:NUMBER")
    .addOption(namesrvOption())
    .option("--queue <id>", "this queue only, at each broker that has it", parseWhole)
    .option("--dry-run", "say where it would go, and change nothing")
    .addOption(yesOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (name, topic, options) => {
      finish(await (await import("./reset.ts")).resetGroup(terminal, { name, topic }, options));
    });
  describe(command, {
    summary: "move a group elsewhere in a topic",
    text: "Moves a group to the first or the last message, a time, or an offset, whether its " +
      "members are online or not. Says first how many messages come again and how many are left " +
      "out, and asks. Members of brokers of 4.x pause for some ten seconds and move all queues " +
      "by time only. Ends with 4 after --dry-run that would move something.",
    examples: [
      "mq group reset billing orders --to -1h --dry-run",
      "mq group reset billing orders --to first --yes",
      "mq group reset billing orders --to offset:1200 --queue 3",
    ],
  });
}

function addDelete(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("delete")
    .argument("<group>", "a consumer group")
    .addOption(namesrvOption())
    .option("--keep-offsets", "a group of the name goes on where this one was")
    .option("--topics", "its retry and dead-letter topics, too, with their messages")
    .addOption(yesOption())
    .action(async (name, options) => {
      finish(await (await import("./delete.ts")).deleteGroup(terminal, name, options));
    });
  describe(command, {
    summary: "remove a group with its offsets",
    text: "Removes the settings and the offsets of a group from all brokers. Says first who is " +
      "online and what is not consumed, and asks.",
    examples: ["mq group delete old-billing", "mq group delete old-billing --topics --yes"],
  });
}
