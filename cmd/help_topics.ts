/**
 * The pages of `mq help TOPIC`: what holds for every command.
 *
 * @module
 */
import { type FindingAbout, FINDINGS } from "../store/check/findings.ts";
import { EXIT_ABOUT } from "./exit_code.ts";
import { directiveLines } from "./message/format_text.ts";

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
  { name: "findings", about: "what mq verify can find", text: findingsText },
  { name: "time", about: "how points in time are written", text: timeText },
  { name: "where", about: "expressions that choose messages", text: whereText },
];

function findingsText(): string {
  const lines = Object.entries<FindingAbout>(FINDINGS).map(([code, { severity, about }]) => {
    const [first = ""] = about.split(/[:;]/);
    const line = `  ${code.padEnd(29)}  ${severity.padEnd(7)}  ${first}`;
    return line.length > FINDING_CHARS ? line.slice(0, FINDING_CHARS - 1).trimEnd() + "…" : line;
  });
  return `What mq verify can find. Codes are never renamed; mq explain CODE says what one means, what a
Java broker makes of it, and what can be done; --ignore CODE leaves one out.

${lines.join("\n")}

error: messages are lost, wrong or not served, or a broker does not start.
warning: something works worse than it should, or points at a loss.
info: a fact that harms nobody; only --strict lets the exit code tell of it.
`;
}

/** Columns of a line of the list. */
const FINDING_CHARS = 100;

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
  return `  MQ_STORE      store of a command that names none; else the profile's, else ./mq-data
  MQ_NAMESRV    name servers of a broker where neither -n nor its file names any;
                else NAMESRV_ADDR, as Java's brokers.
                And of the cluster a command speaks to where --namesrv names none; else the
                profile's, else NAMESRV_ADDR, else 127.0.0.1:9876, where mq start has its own
  MQ_PROFILE    profile to use where --profile names none; else that of mq profile use;
                none is no profile. They are kept in mq/profiles.json below XDG_CONFIG_HOME,
                else below ~/.config
  MQ_NAMESPACE  put before names of topics and groups; goes before the profile's
  MQ_ACCESS_KEY, MQ_SECRET_KEY, MQ_SECURITY_TOKEN
                what requests are signed with; go before the profile's
  MQ_OUTPUT     form of output where -o is not given: table, json, jsonl; else the profile's
  MQ_DEBUG      1 prints the stack of a failure
  NO_COLOR      tables without colours; FORCE_COLOR colours them in a pipe, too;
                --color always|never goes before both

Keys and namespace of a profile are used at its own name servers only, or where --profile names it.
mq config show prints what holds, and who says so.
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

--format of mq message receive, mq message browse and mq dlq list prints each message in a form of
one's own: text, \\n \\t \\r \\0 \\\\ \\x41, %% for a percent sign, and

${directiveLines().join("\n")}

  mq message browse orders --format '%d %k %b\\n'
`;
}

function timeText(): string {
  return `Points in time for --since and --until, both ends included:

  2026-11-21                    midnight, UTC
  2026-11-21T09:16:01.250       UTC where no zone is given
  2026-11-21T09:16+08:00        with a zone
  -90s  -30m  -1h  -2d  -1w     that long ago
  +90s  +2h                     that long from now, for --deliver-at
  1795252561250                 milliseconds since 1970
  now

Times are compared with the store time of a record, the broker's clock at its append. That clock
is taken to run forward: files whose neighbours show that they lie outside the range are not read.
Tables print UTC; the zone of the machine changes nothing.
`;
}

function whereText(): string {
  return `Expressions for --where, in the SQL92 dialect consumers subscribe with (Java 5.x):

  mq inspect commitlog --where "TAGS = 'paid' AND price BETWEEN 10.0 AND 20.0"
  mq inspect commitlog --where "region IN ('eu', 'us') OR region IS NULL"
  mq inspect commitlog --where "NOT (KEYS STARTSWITH 'test-') AND queueId <> 3"

  = <>  > >= < <=                        IS NULL, IS NOT NULL
  BETWEEN 1 AND 9, NOT BETWEEN           CONTAINS 'a', STARTSWITH 'a', ENDSWITH 'a', each with NOT
  IN ('a', 'b'), NOT IN                  NOT, AND, OR, and parentheses

  price       a property, of letters, digits, _ and $; capitals matter here, and not in AND or IN
  'it''s'     text, for = <> IN CONTAINS STARTSWITH and ENDSWITH
  5  -3       a whole number
  5.0  1e3    a number with a fraction; 0.0 cannot be written
  TRUE FALSE  for = and <>; NULL for IS
  /* so */    a comment

Fields of the record go by these names: topic, queueId, queueOffset, commitLogOffset, storeSize,
storedBodySize, sysFlag, flag, bornTimestamp, storeTimestamp (milliseconds since 1970).

OR binds least, then AND, = <> IS, the other comparisons, and NOT most: NOT a = 5 asks whether
NOT a equals 5, write NOT (a = 5).

A message is chosen only where the expression is true:
- A property is text. Beside 5 it is read as a whole number of 32 bits, beside 3000000000 as one of
  64, beside 5.0 as any number. Where it is none the message is not chosen: price > 5 misses a
  price of 5.50, price > 5.0 does not.
- Beside > >= < <= and BETWEEN stand numbers; two properties are both read as numbers there.
- A comparison of a missing property is not true, and neither is NOT of it.
`;
}
