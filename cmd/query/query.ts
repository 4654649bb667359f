/**
 * `mq query`: finds messages by key, id or offset, and never says "not found" where it could not
 * look.
 *
 * @module
 */
import type { FileSystem } from "../../store/file.ts";
import type { StorePaths } from "../../store/names.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { SegmentList } from "../../store/segments.ts";
import { unreadableText } from "../../store/unreadable_files.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { openRows, type OutputOptions } from "../output/format_option.ts";
import { LogFilter, noteNotComparable } from "../reading/log_filter.ts";
import { logOf, type LogPlace } from "../reading/log_place.ts";
import { type BodyOptions, messageFields, messageRow } from "../reading/message_rows.ts";
import { findByBody } from "./body_match.ts";
import { findByKey } from "./key.ts";
import { findById, findByOffset } from "./offset.ts";
import { findByQueueOffset } from "./queue.ts";
import { type OffsetRange, RangeProgress } from "../reading/range_progress.ts";
import { RecordReader } from "../reading/record_reader.ts";
import type { ProgressForm } from "../output/progress.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { placeAt } from "../reading/store_path.ts";
import { goOnBesideLog } from "../reading/unreadable_notes.ts";
import { note, type Terminal } from "../terminal.ts";
import { type TimeRange, timeRangeOf } from "../option/time_option.ts";

/** What `mq query` may be asked. */
export interface QueryOptions extends OutputOptions, BodyOptions {
  readonly key?: string | undefined;
  readonly id?: string | undefined;
  readonly offset?: number | undefined;
  /** Text that the body holds, or an expression between slashes. */
  readonly bodyMatch?: string | undefined;
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
  readonly queueOffset?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** An SQL92 expression that must be true, too. */
  readonly where?: string | undefined;
  readonly limit?: number | undefined;
  /** Whether the log is read without looking at the index. */
  readonly scan?: boolean | undefined;
  /** Whether an empty result is no success. */
  readonly exitStatus?: boolean | undefined;
  readonly progress?: ProgressForm | undefined;
}

/** A query under way: where it looks, and what it has found. */
export class Query {
  readonly terminal: Terminal;
  readonly files: FileSystem;
  readonly place: LogPlace;
  readonly log: SegmentList;
  /** The store around the log; absent for a lone log. */
  readonly paths: StorePaths | undefined;
  readonly options: QueryOptions;
  readonly times: TimeRange;
  /** Reads records anywhere in the log. */
  readonly reader: RecordReader;
  /** Messages printed. */
  found = 0;
  /** Damaged places met. */
  damages = 0;
  readonly #rows: RowWriter;
  readonly #noted = new Set<string>();
  readonly #filters: LogFilter[] = [];
  #progress: RangeProgress | undefined;

  constructor(
    terminal: Terminal,
    rows: RowWriter,
    ask: {
      readonly place: LogPlace;
      readonly paths: StorePaths | undefined;
      readonly options: QueryOptions;
      readonly times: TimeRange;
    },
  ) {
    this.terminal = terminal;
    this.files = terminal.files;
    this.#rows = rows;
    this.place = ask.place;
    this.log = ask.place.log;
    this.paths = ask.paths;
    this.options = ask.options;
    this.times = ask.times;
    this.reader = new RecordReader(this.files, this.log);
  }

  /** Whether nothing more is wanted. */
  get isFull(): boolean {
    return this.#rows.closed || this.found >= (this.options.limit ?? Infinity);
  }

  /** A filter for the options and what else must hold. */
  filter(also: { readonly key?: string; readonly queueOffset?: number } = {}): LogFilter {
    const { topic, queue, where } = this.options;
    const filter = new LogFilter({ topic, queue, where, ...also, times: this.times });
    this.#filters.push(filter);
    return filter;
  }

  /** Says how many messages `--where` could not be told of. */
  noteNotComparable(): void {
    for (const filter of this.#filters) noteNotComparable(this.terminal, filter);
  }

  /** Prints a message that was found. */
  take(record: RecordView): void {
    if (this.isFull) return;
    const row = messageRow(record, this.options);
    if (row.bodyDamage !== undefined) this.damages++;
    this.found++;
    this.#progress?.clear();
    this.#rows.row(row);
  }

  /** Says on which way the search goes, or what it met. */
  note(line: string): void {
    this.#progress?.clear();
    this.terminal.out.flush();
    note(this.terminal, line);
  }

  /** Says that nothing was found, and does not where something could not be looked at. */
  noteMissing(line: string): void {
    const isWhole = this.unreadable(0, Infinity) === undefined;
    this.note(isWhole ? line : `${line}, as far as the disk can read the log`);
  }

  /** What the disk could not read of a range of the log, in words; `undefined` where it could. */
  unreadable(from: number, to: number): string | undefined {
    for (const { start, length, path } of this.log.segments) {
      if (start >= to || start + length <= from) continue;
      const [range] = this.terminal.unreadable?.rangesIn(path, from - start, to - start) ?? [];
      if (range !== undefined) return unreadableText(range);
    }
    return undefined;
  }

  /** Notes damage, because of which a message may be missed; once, however often it is met. */
  damage(line: string): void {
    if (this.#noted.has(line)) return;
    this.#noted.add(line);
    this.damages++;
    this.note(line);
  }

  /** Tells from now on how far the reading of a range of the log is; the caller says it. */
  tellProgress(range: OffsetRange): RangeProgress {
    return this.#progress = new RangeProgress(this.terminal, range, this.options.progress);
  }

  /** Lets waiting rows out. */
  tick(): void {
    this.#rows.tick();
  }
}

/** Answers a query. */
export function query(
  terminal: Terminal,
  argument: string | undefined,
  options: QueryOptions,
): number {
  checkOptions(options);
  const rows = openRows(terminal, messageFields(options), options);
  if (rows === undefined) return EXIT.ok;
  const times = timeRangeOf(options, terminal.now());
  const place = placeAt(terminal, argument);
  const paths = place.kind === "store" ? place.paths : undefined;
  if (paths !== undefined) goOnBesideLog(terminal, paths);
  const search = new Query(terminal, rows, {
    place: logOf(terminal, place),
    paths,
    options,
    times,
  });
  try {
    find(search);
  } finally {
    search.reader.close();
  }
  rows.end();
  terminal.out.flush();
  search.noteNotComparable();
  const isMissing = search.found === 0 && options.exitStatus === true;
  return (search.damages > 0 ? EXIT.left : EXIT.ok) | (isMissing ? EXIT.corrected : EXIT.ok);
}

function find(search: Query): void {
  const { key, id, offset, queueOffset, bodyMatch } = search.options;
  if (key !== undefined) findByKey(search, key);
  else if (id !== undefined) findById(search, id);
  else if (offset !== undefined) findByOffset(search, offset);
  else if (bodyMatch !== undefined) findByBody(search, bodyMatch);
  else findByQueueOffset(search, queueOffset!);
}

function checkOptions(options: QueryOptions): void {
  const { key, id, offset, queueOffset, bodyMatch, topic, queue } = options;
  const asked = [key, id, offset, queueOffset, bodyMatch].filter((it) => it !== undefined).length;
  if (asked === 0) {
    throw usageFailure(
      "Nothing to look for: give --key, --id, --offset, --queue-offset or --body-match",
    );
  }
  if (asked > 1) {
    throw usageFailure(
      "Only one of --key, --id, --offset, --queue-offset and --body-match can be looked for",
    );
  }
  if (options.where !== undefined && key === undefined && bodyMatch === undefined) {
    throw usageFailure("--where goes with --key and --body-match: an id or a place is one message");
  }
  if (key === "" || id === "") throw usageFailure("The key or id to look for is empty");
  if (queueOffset !== undefined && (topic === undefined || queue === undefined)) {
    throw usageFailure("--queue-offset needs --topic and --queue");
  }
}
