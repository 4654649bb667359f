/**
 * `mq export`: messages out of a store, as JSON lines or as a smaller store.
 *
 * @module
 */
import { type ExtractOutcome, extractStore } from "../../store/extract/extract_store.ts";
import { listSegments } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { inspectCommitLog, type InspectCommitLogOptions } from "../inspect/commitlog.ts";
import { timeRangeOf } from "../option/time_option.ts";
import { type Field, openRows } from "../output/format_option.ts";
import { Progress, type ProgressForm } from "../output/progress.ts";
import { LogFilter, noteNotComparable } from "../reading/log_filter.ts";
import { logRange } from "../reading/log_range.ts";
import { checkNewStore } from "../reading/new_store.ts";
import { givenPath, storeAt } from "../reading/store_path.ts";
import { note, type Terminal } from "../terminal.ts";

/** What `mq export` may be asked. */
export interface ExportOptions extends InspectCommitLogOptions {
  /** Folder to make a store in. */
  readonly into?: string | undefined;
  readonly progress?: ProgressForm | undefined;
}

/** Fields of what is printed of a store that was made. */
export const EXPORT_FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "summary", width: 7 },
  { name: "store", type: "string", about: "the new store", width: 0 },
  { name: "messages", type: "number", about: "messages in it", width: 9 },
  { name: "bytes", type: "number", about: "bytes of its log", width: 12 },
  { name: "topics", type: "number", about: "topics in it", width: 6 },
  {
    name: "renumberedQueues",
    type: "number",
    about: "queues whose messages closed up, because some between them were left out",
    width: 7,
  },
  {
    name: "damagedBytes",
    type: "number",
    about: "bytes of the log that was read that are no record",
    width: 12,
  },
  {
    name: "deleted",
    type: "number",
    about: "records left out because their topic was deleted; --topic takes them",
    width: 7,
  },
];

/** Exports messages. */
export async function exportMessages(
  terminal: Terminal,
  argument: string | undefined,
  options: ExportOptions,
): Promise<number> {
  const { into } = options;
  if (into === undefined) {
    return await inspectCommitLog(terminal, argument, {
      ...options,
      output: options.output ?? "jsonl",
      body: options.body ?? "base64",
    });
  }
  return await exportStore(terminal, argument, { ...options, into });
}

async function exportStore(
  terminal: Terminal,
  argument: string | undefined,
  options: ExportOptions & { readonly into: string },
): Promise<number> {
  for (const name of ["body", "raw"] as const) {
    if (options[name] === undefined) continue;
    throw usageFailure(`--${name} says how bodies are printed; --into keeps them as they are`);
  }
  const rows = openRows(terminal, EXPORT_FIELDS, { ...options, layout: "record" });
  if (rows === undefined) return EXIT.ok;
  const times = timeRangeOf(options, terminal.now());
  const paths = storeAt(terminal, givenPath(terminal, argument));
  if (options.into === "") throw usageFailure("The path of --into is empty");
  checkNewStore(terminal, { paths, target: options.into, what: "make a store at" });
  const { files } = terminal;
  const log = listSegments(files, paths.commitLogs);
  const { from, to, first } = logRange(files, log, { ...options, times });
  const filter = new LogFilter({ ...options, times });
  const progress = new Progress(terminal, options.progress);
  const bytesExpected = to - from;
  try {
    const outcome = await extractStore(files, paths.root, options.into, {
      wants: (record) => record.physicalOffset() >= first && filter.matches(record),
      range: { from, to },
      deletedTopics: options.topic !== undefined,
      signal: terminal.stopSignal(),
      onProgress: (bytesChecked) => progress.tell({ bytesChecked, bytesExpected }),
      ...(options.limit !== undefined && { limit: options.limit }),
      ...(terminal.commitLogPath !== undefined && { commitLogPath: terminal.commitLogPath }),
    });
    progress.clear();
    rows.row({ kind: "summary", store: options.into, ...outcome });
    rows.end();
    noteLosses(terminal, outcome);
    noteNotComparable(terminal, filter);
    return outcome.damagedBytes > 0 ? EXIT.left : EXIT.ok;
  } catch (error) {
    progress.clear();
    throw error;
  }
}

function noteLosses(terminal: Terminal, outcome: ExtractOutcome): void {
  terminal.out.flush();
  if (outcome.damagedBytes > 0) {
    note(
      terminal,
      `${outcome.damagedBytes} bytes of the log are no record; what stood there is lost`,
    );
  }
  if (outcome.renumberedQueues > 0) {
    const queues = outcome.renumberedQueues === 1
      ? "1 queue"
      : `${outcome.renumberedQueues} queues`;
    note(terminal, `the messages of ${queues} have other indexes than before`);
  }
}
