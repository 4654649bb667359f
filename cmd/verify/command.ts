/**
 * `mq verify` on the command line.
 *
 * @module
 */
import { type CommandUnknownOpts, InvalidArgumentError } from "@commander-js/extra-typings";
import { type Branch, describe, GROUP, STORE_ABOUT } from "../branch.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { parsePositive } from "../option/number_option.ts";
import { collected, listOf } from "../option/list_option.ts";
import { progressOption } from "../option/progress_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

/** Threads at the most: more than a machine that reads one store has use for. */
const WORKERS_MAX = 64;

function workersOf(text: string): number {
  const workers = parsePositive(text);
  if (workers <= WORKERS_MAX) return workers;
  throw new InvalidArgumentError(`It must be at most ${WORKERS_MAX}.`);
}

/** Adds the command. */
export function addVerifyCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("verify")
    .helpGroup(GROUP.mend)
    .argument("[store]", STORE_ABOUT)
    .option("--quick", "names, lengths, headers, first and last entries only")
    .option("--deep", "decompress bodies, and read room that was never written")
    .option(
      "--only <kinds>",
      "tell of these only: commitlog, cq, index, checkpoint, config, timer, epoch",
      listOf,
    )
    .option("--ignore <code>", "neither print nor count findings of this code", collected)
    .option("--strict", "let the exit code tell of what harms nobody, too")
    .option("--state <file>", "keep how far it is there, and go on from there if interrupted")
    .option(
      "--workers <n>",
      "threads that read the log (default: one a core, at most 4)",
      workersOf,
    )
    .addOption(progressOption())
    .addOption(commitLogOption())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (path, options) => {
      finish(
        await (await import("./verify.ts")).verify(
          withCommitLog(terminal, options),
          path,
          options,
        ),
      );
    });
  describe(command, {
    summary: "check a store: log, queues and index against each other",
    text: "Checks a store: every record, every checksum, and log, queues and index against each " +
      "other. Ends with 4 when anything is damaged; what every start of a broker puts right " +
      "after an unclean stop is only told. Of a commit log alone, a folder or one file, the records " +
      "are checked. The last lines say what was looked at and what not.",
    examples: [
      "mq verify mq-data",
      "mq verify store --deep -o jsonl",
      "mq verify --only index,cq",
      "mq verify saved/commitlog",
      "mq verify /mnt/store --state verify.state",
    ],
    readsOnly: true,
  });
}
