/**
 * What `mq verify` prints under its table, for somebody who was woken by it: what each finding means
 * and what can be done, what was looked at and what not, and one word on the whole.
 *
 * @module
 */
import { counted } from "../output/counted.ts";
import {
  FILE_KIND_ABOUT,
  FILE_KINDS,
  type FileKind,
  type FindingCode,
  FINDINGS,
  type Severity,
} from "../../store/check/findings.ts";
import type { VerifySummary } from "../../store/check/summary.ts";
import { ASK_ANOTHER } from "../../store/check/unreadable_check.ts";
import { storeWords } from "../output/shell_words.ts";
import { alignedLine, cellText, displayWidth, tabbedLine } from "../output/table.ts";
import type { Terminal } from "../terminal.ts";

/** How often a code occurred, and how often with which advice: the first few there were. */
export interface FoundCode {
  readonly count: number;
  readonly fixes: Map<string, number>;
}

/** Codes that occurred, by how grave they are. */
export type FoundCodes = Readonly<Record<Severity, Map<FindingCode, FoundCode>>>;

/** What a report is made from. */
export interface ReportInput {
  /** The store, as it was named. */
  readonly root: string;
  readonly summary: VerifySummary & { readonly ignored: number };
  readonly found: FoundCodes;
  /** Whether only some kinds of files were asked about. */
  readonly isPart: boolean;
  /** Whether there is a log and nothing else. */
  readonly isLone?: boolean;
}

/** What is said of a log without a store. */
export const LONE_LOG_NOTE =
  "only the log was checked: queues, index and configuration are not there and were not compared";

/** Prints the report. */
export function printReport(terminal: Terminal, input: ReportInput): void {
  const { out } = terminal;
  const meanings = meaningsOf(input.found);
  out.write(meanings === "" ? "" : `\n${meanings}\n`);
  printCoverage(terminal, input.summary);
  out.write(`\n${lookedAt(input)}${verdict(input, terminal.commitLogPath)}`);
}

/** The gravest first: a code, what it means, what can be done. */
function meaningsOf(found: FoundCodes): string {
  let text = "";
  for (const severity of ["error", "warning", "info"] as const) {
    for (const [code, { count, fixes }] of found[severity]) {
      const times = count === 1 ? "" : ` (${count} times)`;
      text += `${severity} ${code}${times}: ${FINDINGS[code].about}.\n`;
      text += adviceOf({ count, fixes });
    }
  }
  return text;
}

const NO_ADVICE = "none needed";

/** One line where all findings of a code have the same way out, else one for each, with its share. */
function adviceOf({ count, fixes }: FoundCode): string {
  const shown = [...fixes].filter(([fix]) => fix !== NO_ADVICE);
  if (shown.length === 1 && fixes.size === 1) return `  What to do: ${shown[0]![0]}.\n`;
  let text = "";
  for (const [fix, part] of shown) text += `  What to do (${part} of ${count}): ${fix}.\n`;
  const told = [...fixes.values()].reduce((sum, part) => sum + part, 0);
  return told === count
    ? text
    : `${text}  What to do (${count - told} of ${count}): -o jsonl tells it for each.\n`;
}

function printCoverage(terminal: Terminal, { files }: VerifySummary): void {
  const head = ["files", "count", "expected", "checked", "skipped"];
  const rows = FILE_KINDS.filter((kind) => files[kind].files > 0).map((kind) => {
    const { files: count, bytesExpected, bytesChecked, bytesSkipped } = files[kind];
    return [kind, ...[count, bytesExpected, bytesChecked, bytesSkipped].map(String)];
  });
  const lines = [head, ...rows];
  const columns = head.map((_, at) => ({
    width: Math.max(...lines.map((line) => displayWidth(line[at]!))),
    right: at > 0,
  }));
  for (const line of lines) {
    terminal.out.write(terminal.isTty ? alignedLine(line, columns) : tabbedLine(line));
  }
}

/** Kinds of which somebody may wonder why they were not looked at. */
const UNREAD: ReadonlySet<FileKind> = new Set([
  "mq",
  "rocksdb",
  "compaction",
  "tieredstore",
  "dledger",
  "other",
]);

function lookedAt({ summary, isLone = false }: ReportInput): string {
  const { messages, logStart, logEnd, units, queues, keys, files } = summary;
  const skipped = FILE_KINDS.filter((kind) => files[kind].bytesSkipped > 0)
    .map((kind) => `${files[kind].bytesSkipped} bytes of ${kind}`);
  const unread = FILE_KINDS.filter((kind) => UNREAD.has(kind) && files[kind].bytesSkipped > 0)
    .map((kind) => `  ${kind}: ${FILE_KIND_ABOUT[kind]}.\n`);
  const rest = skipped.length === 0
    ? ""
    : `Not looked at: ${skipped.join(", ")}.\n${unread.join("")}`;
  if (isLone) {
    const what = summary.depth === "quick" ? "The first records of" : "Checked";
    const of = summary.depth === "quick" ? "log file" : "message";
    return `${what} ${counted(messages, of)} from log offset ${logStart} to ${logEnd}: ` +
      `${LONE_LOG_NOTE}.\n${rest}`;
  }
  if (summary.depth === "quick") {
    return `The first records of ${counted(messages, "log file")} and the last units of ` +
      `${counted(queues, "queue")} were looked at, and nothing in between.\n${rest}`;
  }
  const bodies = summary.depth === "deep" ? ", bodies decompressed" : "";
  return `Checked ${counted(messages, "message")} from log offset ${logStart} to ${logEnd}, ` +
    `${counted(units, "unit")} of ${counted(queues, "queue")} and ${counted(keys, "index entry")}` +
    ` against each other${bodies}.\n${rest}`;
}

/** Findings which say that parts of the store were not looked at. */
const UNREAD_CODES: readonly FindingCode[] = ["queue-rocksdb", "store-not-read"];

function verdict(
  { root, summary, found: codes, isPart, isLone = false }: ReportInput,
  commitLogPath: string | undefined,
): string {
  const { severities: { error, warning, info }, ignored, depth } = summary;
  const found = `${counted(error, "error")}, ${counted(warning, "warning")}, ${info} info` +
    (ignored > 0 ? `, ${ignored} ignored` : "");
  const unreadable = codes.error.get("store-unreadable");
  if (unreadable !== undefined && [...unreadable.fixes.keys()].every((it) => it === ASK_ANOTHER)) {
    return `${found}: this user may not read all of it, so nobody knows whether it is sound; run mq ` +
      "verify as the user the broker runs as.\n";
  }
  if (unreadable !== undefined) {
    return `${found}: the disk cannot be read whole. Copy it with ddrescue before anything else; ` +
      `mq recover ${
        cellText(storeWords(root, commitLogPath))
      } --into FOLDER makes a sound store of what can be read.\n`;
  }
  const isUnmended = codes.info.has("queue-rocksdb") || summary.files.dledger.bytesExpected > 0;
  if (error + warning > 0 && isUnmended) {
    return `${found}: damaged. mq recover mends no such store; mq serve ${
      cellText(root)
    } shows what can be read.\n`;
  }
  if (error + warning > 0 && isLone) return `${found}: damaged.\n`;
  if (error + warning > 0) {
    return `${found}: damaged. mq recover ${
      cellText(storeWords(root, commitLogPath))
    } shows what can be put right, and writes nothing.\n`;
  }
  if (depth === "quick") return `${found}: nothing wrong at a quick look.\n`;
  if (isLone && ignored === 0) return `${found}: nothing wrong in the log.\n`;
  if (UNREAD_CODES.some((code) => codes.info.has(code))) {
    return `${found}: nothing wrong in what mq can read.\n`;
  }
  return `${found}: ${ignored > 0 || isPart ? "nothing else wrong" : "sound"}.\n`;
}
