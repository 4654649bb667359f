/**
 * The commands that look for something in a store, check it, or mend it.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { bodyOption, rawOption } from "./body_option.ts";
import { type Branch, describe, GROUP } from "./branch.ts";
import { commitLogOption, withCommitLog } from "./commitlog_option.ts";
import { fieldsOption, headerOption, outputOption } from "./format_option.ts";
import { parsePositive, parseWhole } from "./number_option.ts";
import { PROGRESS_FORMS } from "./progress.ts";

const STORE = "a store; default: MQ_STORE, else ./mq-data";

/** Adds the commands. */
export function addCheckCommands(program: CommandUnknownOpts, branch: Branch): void {
  addQuery(program, branch);
  addVerify(program, branch);
  addRecover(program, branch);
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
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish((await import("./query.ts")).query(withCommitLog(terminal, options), path, options));
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

function addVerify(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("verify")
    .helpGroup(GROUP.mend)
    .argument("[store]", STORE)
    .option("--quick", "names, lengths, headers, first and last entries only")
    .option("--deep", "decompress bodies, and read room that was never written")
    .option("--only <kinds>", "look for damage in commitlog, cq, index, checkpoint, config", listOf)
    .option("--ignore <code>", "neither print nor count findings of this code", collected)
    .option("--strict", "let the exit code tell of what harms nobody, too")
    .addOption(progressOption())
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish(
        await (await import("./verify.ts")).verify(withCommitLog(terminal, options), path, options),
      );
    });
  describe(command, {
    summary: "check a store: log, queues and index against each other",
    text: "Checks a store: every record, every checksum, and log, queues and index against each " +
      "other. Ends with 4 when anything is damaged; what every start of a broker puts right " +
      "after an unclean stop is only told. The last lines say what was looked at and what not.",
    examples: ["mq verify mq-data", "mq verify store --deep -o jsonl", "mq verify --only index,cq"],
    readsOnly: true,
  });
}

function addRecover(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("recover")
    .helpGroup(GROUP.mend)
    .argument("[store]", STORE)
    .option("--apply", "carry out the safe actions of the plan")
    .option("--allow-data-loss", "carry out those that give up messages, too")
    .option("--into <folder>", "make a repaired copy in a new folder instead")
    .option("--yes", "give up messages without being asked")
    .option("--queue-file-units <count>", "length of queue files, if none is left", parsePositive)
    .option("--index-slots <count>", "hash slots of index files, if none is left", parsePositive)
    .option("--index-entries <count>", "entries of such files; default: 4 a slot", parsePositive)
    .addOption(
      new Option("--mode <release>", "tell what a start of this Java broker would do instead")
        .choices(["java-4.2", "java-4.9", "java-5.x"]),
    )
    .addOption(progressOption())
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish(
        await (await import("./recover.ts")).recover(
          withCommitLog(terminal, options),
          path,
          options,
        ),
      );
    });
  describe(command, {
    summary: "put a store right: log, queues, index and checkpoint",
    text: "Says what would put a store right: each action with its file, its reason, what it " +
      "costs, and whether it is safe, that is, gives up no message. Nothing is written and " +
      "--allow-read will do, unless --apply or --into is given. Bytes of the log and of " +
      "configuration files are kept in the store's folder quarantine before they are changed. " +
      "Ends with 0 when nothing is to be done, 1 when all was done, 4 when something is left, " +
      "such as a plan. Refuses a store that a broker is using. What was stopped half-way is " +
      "finished by the same command. Files that are made anew are as long as those that are " +
      "left; only where a store has none, a broker with other settings than RocketMQ's own " +
      "must have them named.",
    examples: [
      "mq recover mq-data",
      "mq recover mq-data --apply",
      "mq recover mq-data --apply --allow-data-loss",
      "mq recover mq-data --into repaired --allow-data-loss",
      "mq recover mq-data --mode java-5.x",
    ],
  });
}

function progressOption() {
  return new Option("--progress <form>", "progress on standard error")
    .choices(PROGRESS_FORMS).default("auto" as const);
}

function listOf(text: string): string[] {
  return text.split(",").map((name) => name.trim()).filter(Boolean);
}

/** Gathers the values of an option that is given several times. */
function collected(value: string, before: string[] | undefined): string[] {
  return [...before ?? [], value];
}
