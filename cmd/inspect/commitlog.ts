/**
 * `mq inspect commitlog`: the records of a commit log in their order, and what is no record.
 *
 * @module
 */
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import type { FileSystem } from "../../store/file.ts";
import type { SegmentList } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { openRows, type OutputOptions } from "../output/format_option.ts";
import { LogFilter } from "../reading/log_filter.ts";
import { logAt } from "../reading/log_place.ts";
import { type LogRange, logRange } from "../reading/log_range.ts";
import { MessageJson } from "../reading/message_json.ts";
import { type BodyOptions, messageFields, messageRow } from "../reading/message_rows.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { note, type Terminal } from "../terminal.ts";
import { timeRangeOf } from "../option/time_option.ts";

/** What `mq inspect commitlog` may be asked. */
export interface InspectCommitLogOptions extends OutputOptions, BodyOptions {
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
  readonly tag?: string | undefined;
  readonly key?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly limit?: number | undefined;
}

/** Something in the log that is no message, as a row. */
export interface ScanRow {
  readonly kind: "blank" | "damage" | "tail";
  readonly commitLogOffset: number;
  readonly length: number;
  /** File it starts in; absent where that is missing. */
  readonly file?: string;
  readonly code?: string;
  readonly expected?: string;
  readonly found?: string;
  /** Whether it is the unfinished end that a broker leaves which did not stop cleanly. */
  readonly torn?: boolean;
}

/** Items between two looks at the clock while nothing is printed. */
const TICK_ITEMS = 4096;

/** Prints a commit log. */
export function inspectCommitLog(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectCommitLogOptions,
): number {
  const rows = openRows(terminal, messageFields(options), options);
  if (rows === undefined) return EXIT.ok;
  const times = timeRangeOf(options, terminal.now());
  const filter = new LogFilter({ ...options, times });
  const { log, isUnclean } = logAt(terminal, argument);
  const range = logRange(terminal.files, log, { ...options, times });
  const walk = new Walk(rows, { filter, range, isUnclean, options });
  walk.run(terminal.files, log);
  rows.end();
  terminal.out.flush();
  if (walk.tornAt >= 0) {
    note(terminal, `torn record at ${walk.tornAt}: expected, the broker did not stop cleanly`);
  }
  return walk.damages > 0 ? EXIT.left : EXIT.ok;
}

/** One walk over a log. */
class Walk {
  /** Places of the range that are damaged, a torn end not counted. */
  damages = 0;
  /** Where the torn record at the end starts; −1 without one. */
  tornAt = -1;
  readonly #rows: RowWriter;
  readonly #filter: LogFilter;
  readonly #range: LogRange;
  readonly #isUnclean: boolean;
  readonly #options: InspectCommitLogOptions;
  /** Damage whose meaning depends on what follows it. */
  #pending: ScanRow | undefined;
  #messages = 0;
  /** Prints messages where they are wanted whole and without bodies. */
  readonly #json: MessageJson | undefined;

  constructor(
    rows: RowWriter,
    walk: {
      readonly filter: LogFilter;
      readonly range: LogRange;
      readonly isUnclean: boolean;
      readonly options: InspectCommitLogOptions;
    },
  ) {
    this.#rows = rows;
    this.#filter = walk.filter;
    this.#range = walk.range;
    this.#isUnclean = walk.isUnclean;
    this.#options = walk.options;
    const isPlain = rows.takesJson && (walk.options.body ?? "none") === "none";
    this.#json = isPlain ? new MessageJson() : undefined;
  }

  run(files: FileSystem, log: SegmentList): void {
    const { from, to, first } = this.#range;
    const limit = this.#options.limit ?? Infinity;
    const scan = new CommitLogScan(files, log, { from, to });
    try {
      let items = 0;
      while (this.#messages < limit && !this.#rows.closed && scan.next()) {
        if (scan.at + scan.length > first) this.#item(scan);
        if (++items % TICK_ITEMS === 0) this.#rows.tick();
      }
    } finally {
      scan.close();
    }
    const isEnd = to >= endOf(log) && this.#messages < limit;
    this.#settle(isEnd && this.#isUnclean);
  }

  #item(scan: CommitLogScan): void {
    if (scan.kind === "message") {
      this.#settle(false);
      if (scan.at >= this.#range.first && this.#filter.matches(scan.record)) {
        this.#message(scan);
      }
      return;
    }
    const row = scanRow(scan);
    if (row.kind === "damage") {
      this.#settle(false);
      this.#pending = row;
    } else if (row.kind === "tail") {
      this.#settle(this.#isUnclean);
      this.#quiet(row);
    } else {
      this.#settle(false);
      this.#quiet(row);
    }
  }

  #message(scan: CommitLogScan): void {
    if (this.#json !== undefined) {
      this.#messages++;
      return this.#rows.json(this.#json.line(scan.record));
    }
    const row = messageRow(scan.record, this.#options);
    if (row.bodyDamage !== undefined) this.damages++;
    this.#messages++;
    this.#rows.row(row);
  }

  /** Prints what is no damage, unless only certain messages are asked for. */
  #quiet(row: ScanRow): void {
    if (row.code !== undefined) this.damages++;
    if (row.code !== undefined || !this.#filter.isSelective) this.#rows.row(row);
  }

  /** Prints damage that was held back, now that it is known what it is. */
  #settle(torn: boolean): void {
    const row = this.#pending;
    this.#pending = undefined;
    if (row === undefined) return;
    if (torn) this.tornAt = row.commitLogOffset;
    else this.damages++;
    this.#rows.row(torn ? { ...row, torn } : row);
  }
}

function endOf(log: SegmentList): number {
  const last = log.segments.at(-1);
  return last === undefined ? 0 : last.start + Math.min(last.length, log.segmentBytes);
}

/** The row of an item that is no message. */
export function scanRow(scan: CommitLogScan): ScanRow {
  return {
    kind: scan.kind as ScanRow["kind"],
    commitLogOffset: scan.at,
    length: scan.length,
    ...(scan.segment === undefined ? {} : { file: scan.segment.path }),
    ...(scan.flaw ?? {}),
  };
}
