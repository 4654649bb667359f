/**
 * `mq recover` on the command line.
 *
 * @module
 */
import { type CommandUnknownOpts, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { type Branch, describe, GROUP, STORE_ABOUT } from "../branch.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { parsePositive, parseWhole } from "../option/number_option.ts";
import { progressOption } from "../option/progress_option.ts";
import { REBUILDS } from "./wish.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

type Rebuild = typeof REBUILDS[number];

/** A repeated `--rebuild`. */
function addRebuild(what: string, before: Rebuild[] | undefined): Rebuild[] {
  const known = REBUILDS.find((it) => it === what);
  if (known === undefined) {
    throw new InvalidArgumentError(`Allowed choices are ${REBUILDS.join(", ")}.`);
  }
  return [...before ?? [], known];
}

/** Adds the command. */
export function addRecoverCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("recover")
    .helpGroup(GROUP.mend)
    .argument("[store]", STORE_ABOUT)
    .option("--apply", "carry out the safe actions of the plan")
    .option("--allow-data-loss", "carry out those that give up messages, too")
    .option("--into <folder>", "make a repaired copy in a new folder instead")
    .option(
      "--until <time|offset>",
      "end the log there: a time, or, as a bare number, a log offset",
    )
    .addOption(
      new Option("--rebuild <what>", "build anew what looks sound; may be given several times")
        .choices(REBUILDS).argParser(addRebuild),
    )
    .option("--topic <topic>", "with --rebuild queue: queues of this topic only")
    .option("--queue <id>", "with --topic: this queue only", parseWhole)
    .option("--undo <file>", "bring back what stood there before the repair that wrote this file")
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
      "must have them named. --apply reads all files first and refuses a store that the disk cannot " +
      "read whole, for which there is --into. What is done in place can be taken back with --undo and the file the " +
      "run names, as long as nobody has changed the store since. --until takes the store back to " +
      "a point in time: the log ends before the first record stored later, all behind it is kept " +
      "in quarantine, and queues, index, checkpoint and consumer offsets follow. Delayed and timed messages and " +
      "transactions whose delivery goes with it are delivered anew.",
    examples: [
      "mq recover mq-data",
      "mq recover mq-data --apply",
      "mq recover mq-data --apply --allow-data-loss",
      "mq recover mq-data --into repaired --allow-data-loss",
      "mq recover mq-data --until 2026-11-21T09:16 --into before",
      "mq recover mq-data --rebuild queue --topic T --queue 3 --apply",
      "mq recover --undo mq-data/quarantine/recover-20261121T091600000Z.undo",
      "mq recover mq-data --mode java-5.x",
    ],
  });
}
