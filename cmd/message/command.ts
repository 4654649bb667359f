/**
 * `mq message` on the command line.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { addGroup, type Branch, describe, GROUP } from "../branch.ts";
import { rawOption, textBodyOption } from "../option/body_option.ts";
import { namesrvOption } from "../option/namesrv_option.ts";
import { parseDelay } from "../option/delay_option.ts";
import { collected } from "../option/list_option.ts";
import { parseInFlight, parseMs, parsePositive } from "../option/number_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

/** How transactions of `mq message send` end. */
const OUTCOMES = ["commit", "rollback", "unknown"] as const;

/** Adds the commands. */
export function addMessageCommands(program: CommandUnknownOpts, branch: Branch): void {
  const message = addGroup(program, {
    name: "message",
    summary: "send, receive and look at messages of a cluster",
    heading: GROUP.cluster,
  });
  addSend(message, branch);
  addReceive(message, branch);
  addBrowse(message, branch);
  addTrace(message, branch);
}

const TIMEOUT_MS = 3000;

function addSend(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("send")
    .argument("[topic]", "a topic; with --json the lines may name theirs")
    .addOption(namesrvOption())
    .option("--body <text>", "this text is the body")
    .option("--file <file>", "what this file holds is the body; - for standard input")
    .option("--lines", "each line of standard input is a body")
    .option("--json", "each line of standard input is a message")
    .option("--count <count>", "send it so often; of lines: stop after so many", parsePositive)
    .option("--key <key>", "a key to find it by; may be given again", collected)
    .option("--tag <tag>", "what subscriptions choose by")
    .option("--property <name=value>", "a property; may be given again", collected)
    .option("--delay <level|time>", "deliver later: a level, 3, or a time, 10s", parseDelay)
    .option("--deliver-at <time>", "deliver then, +90s; needs the timer of 5.x (mq help time)")
    .option("--queue <id>", "to this queue: 3, or broker-a:3")
    .option("--sharding-key <key>", "what has the same goes to the same queue")
    .option("--rate <count>", "at most so many messages a second", parsePositive)
    .option(
      "--in-flight <count>",
      "sends under way at once; default: 32, in order 1",
      parseInFlight,
    )
    .option(
      "--batch <count>",
      "so many messages a request, fewer when a pipe pauses",
      parsePositive,
    )
    .addOption(
      new Option("--transaction <outcome>", "each in a transaction that ends so")
        .choices(OUTCOMES),
    )
    .option("--group <name>", "producer group", "mq-send")
    .option("--timeout <ms>", "time for a send, with its retries", parseMs, TIMEOUT_MS)
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (topic, options) => {
      finish(await (await import("./send.ts")).send(terminal, topic, options));
    });
  describe(command, {
    summary: "send messages",
    text: "Sends messages and prints where each is stored. A line of --json is an object with " +
      "body and, if wanted, topic, bodyEncoding (text, json, base64, hex), tag, keys, properties, " +
      "delayLevel, delayMs, deliverAt, flag, shardingKey, queueId and with it brokerName; lines of " +
      "mq export and mq message receive are taken, too. With --queue or --sharding-key messages are " +
      "sent one after the other. A time of --delay that is that of a level (1s 5s 10s 30s 1m … 2h) " +
      "is sent as the level; others need the timer of 5.x. Ends with 4 when a broker stored " +
      "messages less safely than it should, with 8 when one could not be sent.",
    examples: [
      "mq message send orders --body '17 apples' --key order-17 --tag paid",
      "mq message send orders --file order.json --property region=eu --delay 10s",
      "mq message send orders --body ping --count 1000 --rate 100",
      "tail -f orders.log | mq message send orders --lines",
      "mq export mq-data --topic orders | mq message send orders-copy --json",
    ],
  });
}

const WAIT_MS = 5000;

function addReceive(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("receive")
    .argument("<topic>", "a topic")
    .addOption(namesrvOption())
    .option("--group <name>", "consume as this group; without one: as mq message browse")
    .option("--filter <tags>", "messages with these tags only: paid || shipped")
    .option("--sql <expression>", "messages for which this SQL92 expression is true only")
    .option("--from <where>", "where a new group begins: first or last; default: first")
    .option("--since <time>", "a new group begins with what was stored then")
    .option("--count, --limit <count>", "stop after this many messages", parsePositive)
    .option("--follow", "go on until stopped")
    .option("--wait <ms>", "without --follow: stop when nothing came for so long", parseMs)
    .option("--format <text>", "print each message so: '%o %t %k\\n' (mq help formatting)")
    .addOption(textBodyOption()).addOption(rawOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (topic, options) => {
      const { receive } = await import("./receive.ts");
      finish(await receive(terminal, topic, { ...options, wait: options.wait ?? WAIT_MS }));
    });
  describe(command, {
    summary: "consume messages as a group, and print them",
    text: "Joins a consumer group and prints the messages it is given. Only what was printed is " +
      "acknowledged: what a reader that went away has not taken comes again. Other members of the " +
      "group get their share. A group that has been there goes on where it was; --from and --since " +
      "are for a new one.",
    examples: [
      "mq message receive orders --group audit --follow",
      "mq message receive orders --group audit --limit 100 -o jsonl --body json",
      "mq message receive orders --group audit --filter paid --format '%k %b\\n'",
    ],
  });
}

function addBrowse(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("browse")
    .argument("<topic>", "a topic")
    .addOption(namesrvOption())
    .option("--queue <id>", "this queue only: 3, or broker-a:3")
    .option("--from <where>", "begin at first, last, or at this offset of the queue")
    .option("--since <time>", "stored at this time or later")
    .option("--until <time>", "stored at this time or earlier")
    .option("--filter <tags>", "messages with these tags only: paid || shipped")
    .option("--sql <expression>", "messages for which this SQL92 expression is true only")
    .option("--count, --limit <count>", "stop after this many messages", parsePositive)
    .option("--follow", "go on with messages as they come")
    .option("--format <text>", "print each message so: '%o %t %k\\n' (mq help formatting)")
    .addOption(textBodyOption()).addOption(rawOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (topic, options) => {
      finish(await (await import("./browse.ts")).browse(terminal, topic, options));
    });
  describe(command, {
    summary: "print messages of a topic, and change nothing",
    text: "Prints messages of a topic in the order in which they were stored. No group is joined " +
      "and no offset committed: nobody's consumption changes. With --follow a broker that goes away " +
      "is told of, and read on when it is back.",
    examples: [
      "mq message browse orders --limit 10",
      "mq message browse orders --since -1h --filter 'paid || shipped' -o jsonl",
      "mq message browse orders --queue broker-a:3 --from 1200 --limit 1 --body hex",
      "mq message browse orders --from last --follow --format '%d %k %b\\n'",
    ],
  });
}

function addTrace(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("trace")
    .argument("<id>", "the id its producer gave a message")
    .addOption(namesrvOption())
    .option("--trace-topic <topic>", "where traces are; default: RMQ_SYS_TRACE_TOPIC")
    .option("--exit-status", "end with 1 when there is no trace")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (id, options) => {
      finish(await (await import("./trace.ts")).trace(terminal, id, options));
    });
  describe(command, {
    summary: "the life of a message: who sent it, who consumed it, what came of it",
    text:
      "Prints what clients wrote about a message in the trace topic, the oldest first. Clients " +
      "do so only when they are told to (trace: true here, enableMsgTrace in Java), and some " +
      "seconds late.",
    examples: [
      "mq message trace C0000202569C36D23A0B6D26C6CD0000",
      "mq message trace C0000202569C36D23A0B6D26C6CD0000 -o jsonl",
    ],
  });
}
