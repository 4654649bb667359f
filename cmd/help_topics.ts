/**
 * The pages of `mq help TOPIC`: what holds for every command.
 *
 * @module
 */
import { EXIT_ABOUT } from "./exit_code.ts";

/** A page of help. */
export interface HelpTopic {
  readonly name: string;
  readonly about: string;
  readonly text: () => string;
}

/** All pages, in the order they are listed. */
export const HELP_TOPICS: readonly HelpTopic[] = [
  { name: "exit-codes", about: "what the exit code of a command says", text: exitCodesText },
  { name: "environment", about: "variables mq looks at", text: environmentText },
  { name: "formatting", about: "tables, JSON, fields and bodies", text: formattingText },
  { name: "time", about: "how points in time are written", text: timeText },
];

function exitCodesText(): string {
  const lines = EXIT_ABOUT.map(([code, about]) => `  ${code.padStart(3)}  ${about}\n`);
  return `Exit codes are bits, as those of fsck: 5 means some findings were corrected and some are left.

${lines.join("")}
mq recover ends with 4 for a plan, 1 when all of it was done, 5 when some was done and some is
left, 0 when nothing is to be done.
A query without a result ends with 0; --exit-status makes that 1.
The servers end with 0 after SIGINT or SIGTERM: being stopped is how they end.
`;
}

function environmentText(): string {
  return `  MQ_STORE      store of a command that names none; else ./mq-data
  MQ_NAMESRV    name servers of a broker where neither -n nor its file names any;
                else NAMESRV_ADDR, as Java's brokers
  MQ_OUTPUT     form of output where -o is not given: table, json, jsonl
  MQ_DEBUG      1 prints the stack of a failure
`;
}

function formattingText(): string {
  return `Data goes to standard output, everything else to standard error.

  -o table    columns: aligned on a terminal, separated by tabs in a pipe (the default)
  -o jsonl    one JSON object a line, printed as it is found
  -o json     one JSON array
  -o help     the fields of the command's output, with their types

  --fields a,b    these fields only, in this order; in tables, too
  --no-header     a table without its first line

Field names are RocketMQ's own. Offsets and times are numbers, times in milliseconds since 1970;
tags codes have 64 bits and are strings. Fields may be added, none is ever renamed.
In tables control characters are escaped (\\t, \\n, \\x1b).

Bodies (--body of inspect commitlog and query) are decompressed; --raw leaves them as stored.

  --body text      as UTF-8
  --body hex       two digits a byte
  --body base64    as JSON carries bytes
  --body json      a body that is JSON, as a value and not as text
  --body sha256    the digest only
`;
}

function timeText(): string {
  return `Points in time for --since and --until, both ends included:

  2026-11-21                    midnight, UTC
  2026-11-21T09:16:01.250       UTC where no zone is given
  2026-11-21T09:16+08:00        with a zone
  -90s  -30m  -1h  -2d  -1w     that long ago
  1795252561250                 milliseconds since 1970
  now

Times are compared with the store time of a record, the broker's clock at its append. That clock
is taken to run forward: files whose neighbours show that they lie outside the range are not read.
Tables print UTC; the zone of the machine changes nothing.
`;
}
