/**
 * `mq query` on the command line.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Branch, describe, GROUP, STORE_ABOUT } from "../branch.ts";
import { bodyOption, rawOption } from "../option/body_option.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { parsePositive, parseWhole } from "../option/number_option.ts";
import { progressOption } from "../option/progress_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

/** Adds the command. */
export function addQueryCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("query")
    .helpGroup(GROUP.look)
    .argument("[store]", `${STORE_ABOUT}; a lone commit log will do`)
    .option("--key <key>", "messages with this key, or this unique key")
    .option("--id <id>", "the message with this id: an offset id, or a unique key")
    .option("--offset <offset>", "the message at this commit log offset", parseWhole)
    .option("--body-match <text>", "messages whose body holds this text, or matches /expression/")
    .option("--topic <topic>", "of this topic only; makes --key look in the index alone")
    .option("--queue <id>", "of this queue only", parseWhole)
    .option("--queue-offset <index>", "the message at this place of the queue", parseWhole)
    .option("--since <time>", "stored at this time or later")
    .option("--until <time>", "stored at this time or earlier")
    .option("--where <expression>", "of these, messages for which this SQL92 expression is true")
    .option("--limit <count>", "stop after this many messages", parsePositive)
    .option("--scan", "read the log and not the index")
    .option("--exit-status", "end with 1 when nothing was found")
    .addOption(bodyOption()).addOption(rawOption()).addOption(progressOption())
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish(
        (await import("./query.ts")).query(withCommitLog(terminal, options), path, options),
      );
    });
  describe(command, {
    summary: "find messages by key, id, offset or body",
    text:
      "Finds messages by key, id, offset or body. Keys are looked up in the index, and each hit is " +
      "compared with its record; what no sound index file covers is read from the log. --where narrows down " +
      "what --key and --body-match find (mq help where).",
    examples: [
      "mq query --key 4711 --topic orders --body text",
      "mq query mq-data --id C0A8000900002A9F00000000000000A0 -o jsonl",
      "mq query --topic orders --queue 0 --queue-offset 12",
      'mq query --body-match \'"status":"failed"\' --since -1h --body json',
    ],
    readsOnly: true,
  });
}
