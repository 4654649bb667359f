/**
 * `mq inspect commitlog`: the records of a commit log in their order or turned round, and what is no
 * record; as they are written; their numbers; or one of them byte by byte.
 *
 * @module
 */
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import { parseOffsetName, storePaths } from "../../store/names.ts";
import type { RecordView } from "../../store/record_view.ts";
import { listSegments, type SegmentList } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { timeRangeOf } from "../option/time_option.ts";
import { openRows, type OutputOptions } from "../output/format_option.ts";
import type { ProgressForm } from "../output/progress.ts";
import type { RowWriter } from "../output/row_writer.ts";
import type { BodyDecoder } from "../reading/body_decoder.ts";
import {
  checkCursor,
  type CursorRecord,
  cursorRecord,
  readCursor,
  writeCursor,
} from "../reading/cursor_file.ts";
import { DamageRows, scanRow } from "../reading/damage_rows.ts";
import { followLog } from "../reading/follow.ts";
import { LogFilter, noteNotComparable } from "../reading/log_filter.ts";
import { logAt, type LogPlace } from "../reading/log_place.ts";
import { type LogRange, logRange } from "../reading/log_range.ts";
import { type BodyOptions, messageFields } from "../reading/message_rows.ts";
import { reverseScan } from "../reading/reverse_scan.ts";
import { note, type Terminal } from "../terminal.ts";
import { LogPrinter } from "./log_printer.ts";
import { printStats } from "./log_stats.ts";
import { printLayout } from "./record_layout.ts";
import type { StatsKey } from "./stats_key.ts";

/** What `mq inspect commitlog` may be asked. */
export interface InspectCommitLogOptions extends OutputOptions, BodyOptions {
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
  readonly tag?: string | undefined;
  readonly key?: string | undefined;
  /** An offset id or a unique key. */
  readonly id?: string | undefined;
  /** An SQL92 expression. */
  readonly where?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly limit?: number | undefined;
  /** Whether the newest record comes first. */
  readonly reverse?: boolean | undefined;
  /** Whether to wait for more at the end. */
  readonly follow?: boolean | undefined;
  /** Milliseconds between two looks at the end of a log that is followed. */
  readonly interval?: number | undefined;
  /** Whether records are counted, and by what. */
  readonly stats?: StatsKey | undefined;
  /** How it is told how far the counting is. */
  readonly progress?: ProgressForm | undefined;
  /** A program through which bodies go. */
  readonly decoder?: string | undefined;
  /** The one record that is printed byte by byte. */
  readonly layout?: number | undefined;
  /** File that remembers where the last run ended. */
  readonly cursorFile?: string | undefined;
}

/** What tests bring along in place of time passing. */
export interface InspectSurroundings {
  /** Waits until it is time to look again; comes back early when the signal fires. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** Items between two looks at the clock while nothing is printed. */
const TICK_ITEMS = 4096;
const INTERVAL_MS = 500;

/** Prints a commit log. */
export async function inspectCommitLog(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectCommitLogOptions,
  surroundings: InspectSurroundings = {},
): Promise<number> {
  checkOptions(options);
  if (options.layout !== undefined) return printLayout(terminal, argument, options);
  if (options.stats !== undefined) return printStats(terminal, argument, options);
  const rows = openRows(terminal, messageFields(shownBody(options)), {
    ...options,
    layout: "stream",
  });
  if (rows === undefined) return EXIT.ok;
  const times = timeRangeOf(options, terminal.now());
  const filter = new LogFilter({ ...options, times });
  const place = logAt(terminal, argument);
  await using decoder = await startDecoder(options.decoder);
  const printer = new LogPrinter(rows, { filter, options, decoder });
  const from = options.from ?? cursorStart(terminal, place, options);
  const range = logRange(terminal.files, place.log, { ...options, from, times });
  const walk = new Walk(terminal, { rows, printer, filter, place, range, options });
  if (options.reverse === true) await walk.backward();
  else if (options.follow === true) await walk.follow(surroundings.wait ?? waited);
  else await walk.forward();
  if (!rows.closed) await decoder?.finish();
  noteNotComparable(terminal, filter);
  return walk.damages + printer.bodyDamages > 0 ? EXIT.left : EXIT.ok;
}

/** One walk over a log. */
class Walk {
  /** Places of the range that are damaged, a torn end not counted. */
  damages = 0;
  /** Where the torn record at the end starts; −1 without one. */
  #tornAt = -1;
  readonly #terminal: Terminal;
  readonly #rows: RowWriter;
  readonly #printer: LogPrinter;
  readonly #filter: LogFilter;
  readonly #place: LogPlace;
  readonly #range: LogRange;
  readonly #options: InspectCommitLogOptions;
  /** Behind the last item that was dealt with. */
  #position: number;
  /** The last record before the position, where a cursor is kept. */
  #passed: CursorRecord | undefined;

  constructor(
    terminal: Terminal,
    walk: {
      readonly rows: RowWriter;
      readonly printer: LogPrinter;
      readonly filter: LogFilter;
      readonly place: LogPlace;
      readonly range: LogRange;
      readonly options: InspectCommitLogOptions;
    },
  ) {
    this.#terminal = terminal;
    this.#rows = walk.rows;
    this.#printer = walk.printer;
    this.#filter = walk.filter;
    this.#place = walk.place;
    this.#range = walk.range;
    this.#options = walk.options;
    this.#position = Math.max(walk.range.first, walk.range.from);
  }

  /** From the oldest record to the newest. */
  async forward(): Promise<void> {
    const { from, to, first } = this.#range;
    const { log, isUnclean } = this.#place;
    const printer = this.#printer;
    const damage = new DamageRows(isUnclean, (row) => printer.other(row));
    const scan = new CommitLogScan(this.#terminal.files, log, { from, to });
    let isEnd = true;
    try {
      for (let items = 1;; items++) {
        if (printer.isFull) isEnd = false;
        if (printer.isFull || !scan.next()) break;
        if (items % TICK_ITEMS === 0) this.#rows.tick();
        if (scan.at + scan.length <= first) continue;
        if (scan.kind !== "message") damage.other(scan);
        else {
          damage.sound();
          if (scan.at >= first) this.#message(scan.record);
        }
        // Damage with nothing sound behind it may be a record that is being written.
        if (scan.kind !== "tail" && scan.flaw === undefined) {
          this.#position = scan.at + scan.length;
        }
        if (printer.isDue) await printer.drain();
      }
    } finally {
      scan.close();
    }
    damage.end(isEnd && to >= endOf(log));
    this.damages = damage.damages;
    this.#tornAt = damage.tornAt;
    await this.#end();
  }

  /** From the newest record to the oldest. */
  async backward(): Promise<void> {
    const { from, to, first } = this.#range;
    const { log, isUnclean } = this.#place;
    const items = reverseScan(this.#terminal.files, log, {
      from,
      to,
      wants: (it) => this.#filter.matches(it),
      tick: () => this.#rows.tick(),
    });
    let isEnd = to >= endOf(log);
    for (const item of items) {
      if (this.#printer.isFull || item.at + item.length <= first) break;
      if (item.record === undefined) {
        const isTorn = isEnd && isUnclean && item.kind === "damage";
        if (isTorn) this.#tornAt = item.at;
        else if (item.flaw !== undefined) this.damages++;
        this.#printer.other(isTorn ? { ...scanRow(item), torn: true } : scanRow(item));
      } else if (item.at >= first) this.#printer.message(item.record);
      isEnd &&= item.kind === "tail";
      if (this.#printer.isDue) await this.#printer.drain();
    }
    await this.#end();
  }

  /** From the oldest record to the newest, and then each as it is written. */
  async follow(wait: NonNullable<InspectSurroundings["wait"]>): Promise<void> {
    const { files } = this.#terminal;
    const { first, from } = this.#range;
    const signal = this.#terminal.stopSignal();
    const printer = this.#printer;
    await followLog({
      files,
      list: () => listSegments(files, foldersOf(this.#terminal, this.#place)),
      from,
      signal,
      take: (item) => {
        if (item.at + item.length > first) this.#followed(item);
        return !printer.isFull;
      },
      skipped: (start, end) =>
        note(
          this.#terminal,
          `${end - start} bytes from ${start} on went away before they were read`,
        ),
      wait: async () => {
        await printer.drain();
        this.#terminal.out.flush();
        await wait(this.#options.interval ?? INTERVAL_MS, signal);
      },
    });
    await this.#end();
    if (!printer.isFull) throw signal.reason;
  }

  #followed(item: Parameters<Parameters<typeof followLog>[0]["take"]>[0]): void {
    if (item.flaw !== undefined) this.damages++;
    if (item.kind !== "message") this.#printer.other(scanRow(item));
    else if (item.at >= this.#range.first) this.#message(item.record);
    this.#position = item.at + item.length;
    this.#rows.tick();
  }

  #message(record: RecordView): void {
    this.#printer.message(record);
    if (this.#options.cursorFile !== undefined) this.#passed = cursorRecord(record);
  }

  async #end(): Promise<void> {
    await this.#printer.drain();
    this.#rows.end();
    this.#terminal.out.flush();
    if (this.#tornAt >= 0) {
      note(
        this.#terminal,
        `torn record at ${this.#tornAt}: expected, the broker did not stop cleanly`,
      );
    }
    this.#saveCursor();
  }

  /** What a reader that went away did not take is printed again next time. */
  #saveCursor(): void {
    const { cursorFile } = this.#options;
    if (cursorFile === undefined || this.#rows.closed) return;
    const { files } = this.#terminal;
    const record = this.#passed ?? readCursor(files, cursorFile)?.record;
    writeCursor(files, cursorFile, {
      version: 1,
      commitLogOffset: this.#position,
      ...(record && { record }),
    });
  }
}

function endOf(log: SegmentList): number {
  const last = log.segments.at(-1);
  return last === undefined ? 0 : last.start + Math.min(last.length, log.segmentBytes);
}

/** Where the last run with the same cursor ended; `undefined` without one. */
function cursorStart(
  { files }: Terminal,
  { log }: LogPlace,
  { cursorFile }: InspectCommitLogOptions,
): number | undefined {
  if (cursorFile === undefined) return undefined;
  const cursor = readCursor(files, cursorFile);
  if (cursor === undefined) return undefined;
  checkCursor(files, log, { path: cursorFile, cursor });
  return cursor.commitLogOffset;
}

/** The folders of a log, in which new files may appear. */
function foldersOf({ commitLogPath }: Terminal, { path }: LogPlace): readonly string[] {
  if (parseOffsetName(basename(path)) !== undefined) {
    throw usageFailure("--follow needs a store or a commit log folder, not a single file");
  }
  return commitLogPath === undefined ? [path] : storePaths("", { commitLogPath }).commitLogs;
}

async function startDecoder(command: string | undefined): Promise<BodyDecoder | undefined> {
  if (command === undefined) return undefined;
  return new (await import("../reading/body_decoder.ts")).BodyDecoder(command);
}

/** How bodies are shown; a decoder is asked for no other reason. */
function shownBody({ body = "none", decoder }: InspectCommitLogOptions): BodyOptions {
  return { body: decoder !== undefined && body === "none" ? "text" : body };
}

async function waited(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

/** Options that ask for something else than the messages one after the other. */
const MODES = ["reverse", "follow", "stats", "layout"] as const;
const WITHOUT: Readonly<Record<(typeof MODES)[number], readonly string[]>> = {
  reverse: ["cursorFile"],
  follow: ["to", "until"],
  stats: ["cursorFile", "decoder", "limit"],
  layout: [
    ...["topic", "queue", "tag", "key", "id", "where", "from", "to", "since", "until", "limit"],
    ...["decoder", "cursorFile"],
  ],
};

function checkOptions(options: InspectCommitLogOptions): void {
  const given = (name: string) =>
    (options as Readonly<Record<string, unknown>>)[name] !== undefined;
  const [mode, other] = MODES.filter(given);
  const also = other ?? WITHOUT[mode!]?.find(given);
  if (mode !== undefined && also !== undefined) {
    throw usageFailure(`--${mode} does not go together with --${dashed(also)}`);
  }
  if (options.from !== undefined && options.cursorFile !== undefined) {
    throw usageFailure("--from does not go together with --cursor-file, which says where to begin");
  }
  if (options.interval !== undefined && options.follow !== true) {
    throw usageFailure("--interval needs --follow");
  }
  if (options.id === "" || options.key === "") throw usageFailure("The key or id is empty");
  const { decoder, body = "none" } = options;
  if (decoder !== undefined && body !== "none" && body !== "text" && body !== "json") {
    throw usageFailure(`--decoder answers in text: --body can be text or json, not ${body}`);
  }
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
