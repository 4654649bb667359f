/**
 * `mq replay` on the command line.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Branch, describe, GROUP } from "../branch.ts";
import { collected } from "../option/list_option.ts";
import { namesrvOption } from "../option/namesrv_option.ts";
import { parseInFlight, parseMs, parsePositive, parseWhole } from "../option/number_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

const IN_FLIGHT = 32;
const TIMEOUT_MS = 3000;

/** Adds the command. */
export function addReplayCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("replay")
    .helpGroup(GROUP.mend)
    .argument("[source]", "a store, JSON lines of mq export, or - for standard input")
    .addOption(namesrvOption())
    .option("--dry-run", "say what would be sent, and send nothing")
    .option("--topic <topic>", "messages of this topic only")
    .option("--queue <id>", "messages of this queue only", parseWhole)
    .option("--tag <tag>", "messages with this tag only")
    .option("--key <key>", "messages with this key, or this unique key, only")
    .option("--from <offset>", "of a store: begin at this commit log offset", parseWhole)
    .option("--to <offset>", "of a store: end before this commit log offset", parseWhole)
    .option("--since <time>", "stored at this time or later")
    .option("--until <time>", "stored at this time or earlier")
    .option("--limit <count>", "stop after this many messages", parsePositive)
    .option("--map-topic <from=to>", "send the messages of a topic to another", collected)
    .option("--rate <count>", "at most this many messages a second", parsePositive)
    .option("--in-flight <count>", "sends under way at once", parseInFlight, IN_FLIGHT)
    .option("--timeout <ms>", "time a broker has to answer", parseMs, TIMEOUT_MS)
    .option("--group <name>", "producer group to send as", "mq-replay")
    .option("--cursor-file <file>", "keep how far it is, and go on there the next time")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (source, options) => {
      finish(await (await import("./replay.ts")).replay(terminal, source, options));
    });
  describe(command, {
    summary: "send messages of a store to a running cluster",
    text:
      "Sends chosen messages once more, with their keys, tags, properties and unique keys, to " +
      "the queue of the same number where there is one, in their order. Half messages of " +
      "transactions are never sent, messages of a broker's own topics (retry, dead letter, delay) " +
      "only when --topic or --map-topic names them. That every topic takes messages is looked up before " +
      "the first is sent, but for standard input. A send that fails is tried three times more " +
      "before anything behind it; then the command ends with 8 and says how far it came. With " +
      "--cursor-file the same command goes on where it stopped; after kill -9 up to 1,000 messages " +
      "are sent twice. Ends with 0 when all that was chosen is sent.",
    examples: [
      "mq replay mq-data --topic orders --since -1h -n 10.0.0.7:9876 --dry-run",
      "mq replay orders.jsonl -n 10.0.0.7:9876 --rate 500 --cursor-file cursor",
      "mq replay old --topic %DLQ%pay --map-topic %DLQ%pay=pay -n 10.0.0.7:9876",
    ],
  });
}
