/**
 * `mq topic` on the command line.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { addGroup, type Branch, describe, GROUP } from "../branch.ts";
import { namesrvOption } from "../option/namesrv_option.ts";
import { collected } from "../option/list_option.ts";
import { parsePositive, parseSeconds } from "../option/number_option.ts";
import { yesOption } from "../option/yes_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";
import { parsePerm } from "./perm_option.ts";

/** Seconds producers have to hear of new queues: twice their interval. */
const SETTLE_S = 60;

/** Adds the commands. */
export function addTopicCommands(program: CommandUnknownOpts, branch: Branch): void {
  const topic = addGroup(program, {
    name: "topic",
    summary: "list, make, change and remove topics of a cluster",
    heading: GROUP.cluster,
  });
  addList(topic, branch);
  addDescribe(topic, branch);
  addCreate(topic, branch);
  addUpdate(topic, branch);
  addDelete(topic, branch);
  addExpand(topic, branch);
}

function addList(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("list")
    .addOption(namesrvOption())
    .option("--cluster <name>", "topics of this cluster only")
    .option("--all", "the brokers' own topics, too")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (options) => {
      finish(await (await import("./list.ts")).listTopics(terminal, options));
    });
  describe(command, {
    summary: "list the topics",
    text: "Lists the topics with their brokers and queues. The brokers' own topics are left out " +
      "unless --all asks for them; retry and dead-letter topics are listed.",
    examples: ["mq topic list", "mq topic list --all -o jsonl --fields topic,kind"],
  });
}

function addDescribe(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("describe")
    .argument("<topic>", "a topic")
    .addOption(namesrvOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (topic, options) => {
      finish(await (await import("./describe.ts")).describeTopic(terminal, topic, options));
    });
  describe(command, {
    summary: "show a topic: its brokers, queues, and who consumes it",
    text: "Prints a row for each broker of the topic, for each of its queues, and for each group " +
      "that consumes it or did.",
    examples: ["mq topic describe orders", "mq topic describe orders -o json"],
  });
}

function addCreate(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("create")
    .argument("<topic>", "a topic")
    .addOption(namesrvOption())
    .option("--queues <count>", "queues at each broker; default: 8", parsePositive)
    .option("--read-queues <count>", "queues to read, if not as many", parsePositive)
    .option("--write-queues <count>", "queues to write, if not as many", parsePositive)
    .option("--perm <perm>", "rw, r or w; default: rw", parsePerm)
    .option("--order", "producers keep to these queues, also while a broker is away")
    .option("--attribute <name=value>", "of 5.x: message.type=FIFO; may be given again", collected)
    .option("--cluster <name>", "at the brokers of this cluster; default: at all")
    .option("--broker <name>", "at this broker; may be given again", collected)
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (topic, options) => {
      finish(await (await import("./change.ts")).createTopic(terminal, topic, options));
    });
  describe(command, {
    summary: "make a topic",
    text: "Makes a topic. One that is there already is left as it is, and the command ends with 8.",
    examples: [
      "mq topic create orders --queues 16",
      "mq topic create ledger --queues 3 --order --broker broker-a",
      "mq topic create jobs --attribute message.type=DELAY",
    ],
  });
}

function addUpdate(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("update")
    .argument("<topic>", "a topic")
    .addOption(namesrvOption())
    .option("--queues <count>", "queues at each broker", parsePositive)
    .option("--read-queues <count>", "queues to read, if not as many", parsePositive)
    .option("--write-queues <count>", "queues to write, if not as many", parsePositive)
    .option("--perm <perm>", "rw, r or w", parsePerm)
    .option("--order", "producers keep to these queues, also while a broker is away")
    .option("--no-order", "producers do not")
    .option("--attribute <name=value>", "of 5.x; without value: removes it", collected)
    .option("--broker <name>", "at this broker only; may be given again", collected)
    .addOption(yesOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (topic, options) => {
      finish(await (await import("./change.ts")).updateTopic(terminal, topic, options));
    });
  describe(command, {
    summary: "change a topic",
    text:
      "Changes what is said and leaves the rest. Asks before messages become unreadable: with " +
      "fewer queues to read, with more to write than to read, or without permission to; and " +
      "before a topic in order gets another number of queues to write, since messages of a key " +
      "overtake one another then: mq topic expand keeps the order.",
    examples: ["mq topic update orders --queues 32", "mq topic update orders --perm r"],
  });
}

function addDelete(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("delete")
    .argument("<topic>", "a topic")
    .addOption(namesrvOption())
    .addOption(yesOption())
    .action(async (topic, options) => {
      finish(await (await import("./delete.ts")).deleteTopic(terminal, topic, options));
    });
  describe(command, {
    summary: "remove a topic with its messages",
    text:
      "Removes a topic from all brokers and name servers. Says first how many messages it has " +
      "and who consumes it, and asks.",
    examples: ["mq topic delete orders-copy", "mq topic delete orders-copy --yes"],
  });
}

function addExpand(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("expand")
    .argument("<topic>", "a topic")
    .requiredOption(
      "--to <count>",
      "queues all its brokers are to have together, a multiple of those there are",
      parsePositive,
    )
    .addOption(namesrvOption())
    .option("--ignore-group <name>", "do not wait for this group; may be given again", collected)
    .option("--settle <seconds>", "time producers have to hear of it", parseSeconds, SETTLE_S)
    .option("--no-wait", "take the step that can be taken, and end")
    .option("--dry-run", "say where it stands, and change nothing")
    .addOption(yesOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (topic, options) => {
      finish(await (await import("./expand.ts")).expandTopic(terminal, topic, options));
    });
  describe(command, {
    summary: "give an ordered topic more queues, and keep the order",
    text: "Gives producers the new queues, waits until they have all heard of it, then until all " +
      "groups have read what was in the old queues by then, and lets consumers read the new ones. " +
      "So no message overtakes another of its key, for producers that choose queues by the hash " +
      "of the key among the queues of all brokers. Of several brokers one grows after the other, each " +
      "by a multiple of all queues there are, since nothing else keeps the order: 3 and 3 become 9 " +
      "and 3. It may be stopped or killed at any time: the same command goes on. A group in " +
      "broadcast mode tells no broker what it has read, so name it with --ignore-group. Ends with " +
      "0 when it is done, with 4 when --no-wait or --dry-run leave steps, with 130 when stopped.",
    examples: [
      "mq topic expand ledger --to 6",
      "mq topic expand ledger --to 6 --dry-run",
      "mq topic expand ledger --to 6 --ignore-group old-billing --no-wait --yes",
    ],
  });
}
