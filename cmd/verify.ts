/**
 * `mq verify`: checks a store and says what is wrong, what was looked at, and what was not.
 *
 * @module
 */
import { FILE_KINDS, type FileKind, type Finding, FINDINGS } from "../store/check/findings.ts";
import type { VerifyDepth, VerifySummary } from "../store/check/summary.ts";
import { verifyStore } from "../store/check/verify.ts";
import { EXIT } from "./exit_code.ts";
import { usageFailure } from "./failure.ts";
import { type Field, openRows, type OutputOptions } from "./format_option.ts";
import { Progress, type ProgressForm } from "./progress.ts";
import type { RowWriter } from "./row_writer.ts";
import { storeAt } from "./store_path.ts";
import { alignedLine, displayWidth, tabbedLine } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** What `mq verify` may be asked. */
export interface VerifyCommandOptions extends OutputOptions {
  readonly quick?: boolean | undefined;
  readonly deep?: boolean | undefined;
  /** Kinds of files, or their short names. */
  readonly only?: readonly string[] | undefined;
  /** Codes that are neither printed nor counted. */
  readonly ignore?: readonly string[] | undefined;
  /** Whether what harms nobody counts, too. */
  readonly strict?: boolean | undefined;
  readonly progress?: ProgressForm | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "finding, or summary: the last row" },
  { name: "severity", type: "string", about: "info, warning or error", width: 8 },
  { name: "code", type: "string", about: "what was found; codes never change", width: 22 },
  { name: "file", type: "string", about: "file, or folder of a missing one", width: 40 },
  { name: "offset", type: "number", about: "where it begins in the file", width: 10 },
  { name: "length", type: "number", about: "bytes concerned", width: 8 },
  { name: "topic", type: "string", about: "topic concerned", width: 12 },
  { name: "queueId", type: "number", about: "queue concerned", width: 7 },
  { name: "queueOffset", type: "number", about: "first queue index concerned", width: 11 },
  { name: "message", type: "string", about: "what stands there and what was expected", width: 0 },
  { name: "fix", type: "string", about: "what can be done" },
  { name: "depth", type: "string", about: "summary: quick, default or deep" },
  { name: "files", type: "object", about: "summary: bytes expected, checked and skipped by kind" },
  { name: "codes", type: "object", about: "summary: findings by code, ignored ones left out" },
  { name: "severities", type: "object", about: "summary: findings by severity" },
  { name: "ignored", type: "number", about: "summary: findings left out by --ignore" },
  { name: "messages", type: "number", about: "summary: sound records read" },
  { name: "queues", type: "number", about: "summary: queues with files" },
  { name: "units", type: "number", about: "summary: queue units compared with records" },
  { name: "keys", type: "number", about: "summary: index entries compared with records" },
  { name: "logStart", type: "number", about: "summary: first offset of the log" },
  { name: "logEnd", type: "number", about: "summary: end of the last sound record" },
  { name: "stoppedCleanly", type: "boolean", about: "summary: whether the broker stopped cleanly" },
];

/** Verifies a store. */
export async function verify(
  terminal: Terminal,
  argument: string | undefined,
  options: VerifyCommandOptions,
): Promise<number> {
  const only = kindsOf(options.only);
  const ignored = ignoredCodes(options.ignore);
  const rows = openRows(terminal, FIELDS, options);
  if (rows === undefined) return EXIT.ok;
  const { root } = storeAt(terminal, argument);
  const progress = new Progress(terminal, options.progress);
  const count = new FindingCount();
  const items = verifyStore(terminal.files, root, {
    depth: depthOf(options),
    ...(only && { only }),
    onProgress: (done) => progress.tell(done),
  });
  for await (const item of items) {
    if (rows.closed) break;
    if (item.kind === "finding") {
      if (!count.add(item, ignored)) continue;
      progress.clear();
      rows.row(item);
      rows.tick();
    } else {
      progress.end({ bytesChecked: bytesOf(item).checked });
      printSummary(terminal, rows, count.of(item));
    }
  }
  return count.isHarmful(options.strict === true) ? EXIT.left : EXIT.ok;
}

/** Counts findings, those that are ignored apart. */
class FindingCount {
  readonly #codes = new Map<string, number>();
  readonly #severities = { info: 0, warning: 0, error: 0 };
  #ignored = 0;

  /** Counts a finding; false when it is ignored. */
  add(finding: Finding, ignored: ReadonlySet<string>): boolean {
    if (ignored.has(finding.code)) {
      this.#ignored++;
      return false;
    }
    this.#codes.set(finding.code, (this.#codes.get(finding.code) ?? 0) + 1);
    this.#severities[finding.severity]++;
    return true;
  }

  /** The summary with these counts. */
  of(summary: VerifySummary): VerifySummary & { readonly ignored: number } {
    const codes = Object.fromEntries([...this.#codes].sort(([a], [b]) => a < b ? -1 : 1));
    return { ...summary, codes, severities: this.#severities, ignored: this.#ignored };
  }

  /** Whether anything was found that an exit code must tell of. */
  isHarmful(strict: boolean): boolean {
    const { info, warning, error } = this.#severities;
    return error + warning + (strict ? info : 0) > 0;
  }
}

function depthOf({ quick, deep }: VerifyCommandOptions): VerifyDepth {
  if (quick === true && deep === true) throw usageFailure("--quick and --deep exclude each other");
  return quick === true ? "quick" : deep === true ? "deep" : "default";
}

/** Names of several kinds at once. */
const KIND_NAMES: Readonly<Record<string, readonly FileKind[]>> = {
  cq: ["consumequeue", "batchconsumequeue", "consumequeue_ext"],
  ...Object.fromEntries(FILE_KINDS.map((kind) => [kind, [kind]])),
};

function kindsOf(names: readonly string[] | undefined): readonly FileKind[] | undefined {
  return names?.flatMap((name) => {
    const kinds = KIND_NAMES[name];
    if (kinds !== undefined) return kinds;
    throw usageFailure(
      `--only knows no "${name}"; there is ${Object.keys(KIND_NAMES).join(", ")}`,
    );
  });
}

function ignoredCodes(codes: readonly string[] = []): ReadonlySet<string> {
  for (const code of codes) {
    if (Object.hasOwn(FINDINGS, code)) continue;
    throw usageFailure(
      `--ignore knows no "${code}"; there is ${Object.keys(FINDINGS).join(", ")}`,
    );
  }
  return new Set(codes);
}

/** Ends the output with the summary: a row in JSON, a paragraph under a table. */
function printSummary(
  terminal: Terminal,
  rows: RowWriter,
  summary: VerifySummary & { readonly ignored: number },
): void {
  if (rows.format !== "table") {
    rows.row(summary);
    rows.end();
    return;
  }
  if (rows.count > 0) {
    rows.end();
    terminal.out.write("\n");
  }
  const head = ["files", "count", "expected", "checked", "skipped"];
  const lines = FILE_KINDS.filter((kind) => summary.files[kind].files > 0).map((kind) => {
    const { files, bytesExpected, bytesChecked, bytesSkipped } = summary.files[kind];
    return [kind, ...[files, bytesExpected, bytesChecked, bytesSkipped].map(String)];
  });
  printAligned(terminal, [head, ...lines]);
  terminal.out.write(`\n${sentences(summary)}`);
}

function printAligned(terminal: Terminal, lines: readonly (readonly string[])[]): void {
  const columns = lines[0]!.map((_, at) => ({
    width: Math.max(...lines.map((line) => displayWidth(line[at]!))),
    right: at > 0,
  }));
  for (const line of lines) {
    terminal.out.write(terminal.isTty ? alignedLine(line, columns) : tabbedLine(line));
  }
}

function sentences(summary: VerifySummary & { readonly ignored: number }): string {
  const { error, warning, info } = summary.severities;
  const { skipped } = bytesOf(summary);
  const found = `${counted(error, "error")}, ${counted(warning, "warning")}, ${info} info` +
    (summary.ignored > 0 ? `, ${summary.ignored} ignored` : "");
  const read = `${summary.messages} messages from ${summary.logStart} to ${summary.logEnd}, ` +
    `${summary.units} units of ${counted(summary.queues, "queue")}, ${summary.keys} keys`;
  const rest = skipped > 0 ? `${skipped} bytes were not looked at.\n` : "";
  const isSound = error + warning === 0;
  return `${read} checked (${summary.depth}).\n${rest}${found}: ${
    isSound ? "sound" : "damaged"
  }.\n`;
}

function bytesOf({ files }: VerifySummary): { readonly checked: number; readonly skipped: number } {
  let [checked, skipped] = [0, 0];
  for (const kind of FILE_KINDS) {
    checked += files[kind].bytesChecked;
    skipped += files[kind].bytesSkipped;
  }
  return { checked, skipped };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
