/**
 * `mq bench` on the command line.
 *
 * @module
 */
import { type CommandUnknownOpts, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { addGroup, type Branch, describe, GROUP } from "../branch.ts";
import { namesrvOption } from "../option/namesrv_option.ts";
import { parseInFlight, parsePositive } from "../option/number_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

const SECONDS = 10;
const SECONDS_MAX = 86_400;
const SIZE = 1024;
const SIZE_MAX = 4 * 1024 * 1024;
const IN_FLIGHT = 64;
const LATENCY_RATE = 100;

/** Adds the commands. */
export function addBenchCommands(program: CommandUnknownOpts, branch: Branch): void {
  const bench = addGroup(program, {
    name: "bench",
    summary: "measure how fast a cluster takes and gives messages",
    heading: GROUP.cluster,
  });
  addSend(bench, branch);
  addReceive(bench, branch);
  addLatency(bench, branch);
}

/** Seconds, such as `10`, `10s` or `2m`. */
function parseSeconds(text: string): number {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)(s|m|h)?$/.exec(text) ?? [];
  const seconds = Number(number) * { s: 1, m: 60, h: 3600 }[unit as "s" | "m" | "h"];
  if (seconds > 0 && seconds <= SECONDS_MAX) return seconds;
  throw new InvalidArgumentError("It must be a time of up to a day: 10, 10s or 2m.");
}

function parseSize(text: string): number {
  const size = parsePositive(text);
  if (size <= SIZE_MAX) return size;
  throw new InvalidArgumentError(`It must be at most ${SIZE_MAX}.`);
}

function durationOption() {
  return new Option("--duration <time>", "how long: 10, 10s or 2m").argParser(parseSeconds)
    .default(SECONDS);
}

function addSend(bench: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = bench.command("send")
    .argument("<topic>", "a topic to fill")
    .addOption(namesrvOption()).addOption(durationOption())
    .option("--size <bytes>", "bytes of a body", parseSize, SIZE)
    .option("--rate <count>", "messages a second; default: as many as go", parsePositive)
    .option("--in-flight <count>", "sends under way at once", parseInFlight, IN_FLIGHT)
    .option("--batch <count>", "messages a request", parsePositive, 1)
    .option("--group <name>", "producer group", "mq-bench")
    .option("--summary", "print the summary only")
    .option("--histogram", "print how many messages took how long, too")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (topic, options) => {
      finish(await (await import("./bench.ts")).benchSend(terminal, topic, options));
    });
  describe(command, {
    summary: "how fast messages can be sent",
    text: "Sends messages to a topic and prints rates and times. Without --rate each send begins " +
      "when another has ended: that finds the limit. With --rate times are taken from the moment " +
      "a send was due, so that a broker that stands still is not measured as fast. The messages " +
      "stay in the topic: take one for it.",
    examples: [
      "mq bench send bench --duration 30s --size 1024",
      "mq bench send bench --rate 5000 --summary -o json",
      "mq bench send bench --batch 32 --in-flight 8",
    ],
  });
}

function addReceive(bench: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = bench.command("receive")
    .argument("<topic>", "a topic with messages")
    .addOption(namesrvOption()).addOption(durationOption())
    .option("--group <name>", "consumer group; it keeps its offsets", "mq-bench")
    .addOption(
      new Option("--from <where>", "where a new group begins")
        .choices(["first", "last"] as const).default("first" as const),
    )
    .option("--summary", "print the summary only")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (topic, options) => {
      finish(await (await import("./bench.ts")).benchReceive(terminal, topic, options));
    });
  describe(command, {
    summary: "how fast messages can be consumed",
    text:
      "Consumes messages as a member of a group and prints rates. The group keeps its offsets: " +
      "a second run goes on where the first ended.",
    examples: [
      "mq bench receive bench --duration 10s",
      "mq bench receive bench --group b2 -o json",
    ],
  });
}

function addLatency(bench: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = bench.command("latency")
    .argument("<topic>", "a topic to send through")
    .addOption(namesrvOption()).addOption(durationOption())
    .option("--size <bytes>", "bytes of a body", parseSize, SIZE)
    .option("--rate <count>", "messages a second", parsePositive, LATENCY_RATE)
    .option("--group <name>", "producer group", "mq-bench")
    .option("--summary", "print the summary only")
    .option("--histogram", "print how many messages took how long, too")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (topic, options) => {
      finish(await (await import("./bench.ts")).benchLatency(terminal, topic, options));
    });
  describe(command, {
    summary: "how long messages take from here through the cluster and back",
    text:
      "Sends at a rate, pulls the same messages without a group, and prints the times from the " +
      "moment each send was due until the message was here again. Ends with 4 when one did not come.",
    examples: [
      "mq bench latency bench",
      "mq bench latency bench --rate 1000 --duration 1m -o jsonl",
      "mq bench latency bench --summary --histogram",
    ],
  });
}
