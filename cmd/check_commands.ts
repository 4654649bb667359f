/**
 * The commands that look for something in a store, check it, or mend it.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { bodyOption, rawOption } from "./body_option.ts";
import { type Branch, describe, GROUP } from "./branch.ts";
import { fieldsOption, headerOption, outputOption } from "./format_option.ts";
import { parsePositive, parseWhole } from "./number_option.ts";

const STORE = "a store; default: MQ_STORE, else ./mq-data";

/** Adds the commands. */
export function addCheckCommands(program: CommandUnknownOpts, branch: Branch): void {
  addQuery(program, branch);
}

function addQuery(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("query")
    .helpGroup(GROUP.look)
    .argument("[store]", `${STORE}; a lone commit log will do`)
    .option("--key <key>", "messages with this key, or this unique key")
    .option("--id <id>", "the message with this id: an offset id, or a unique key")
    .option("--offset <offset>", "the message at this commit log offset", parseWhole)
    .option("--topic <topic>", "of this topic only; makes --key look in the index alone")
    .option("--queue <id>", "of this queue only", parseWhole)
    .option("--queue-offset <index>", "the message at this place of the queue", parseWhole)
    .option("--since <time>", "stored at this time or later")
    .option("--until <time>", "stored at this time or earlier")
    .option("--limit <count>", "stop after this many messages", parsePositive)
    .option("--scan", "read the log and not the index")
    .option("--exit-status", "end with 1 when nothing was found")
    .addOption(bodyOption()).addOption(rawOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish((await import("./query.ts")).query(terminal, path, options));
    });
  describe(command, {
    summary: "find messages by key, id or offset",
    text: "Finds messages by key, id or offset. Keys are looked up in the index, and each hit is " +
      "compared with its record; what no sound index file covers is read from the log.",
    examples: [
      "mq query --key 4711 --topic orders --body text",
      "mq query mq-data --id C0A8000900002A9F00000000000000A0 -o jsonl",
      "mq query --topic orders --queue 0 --queue-offset 12",
    ],
    readsOnly: true,
  });
}
