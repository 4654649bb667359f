/**
 * `mq inspect timer`: messages that 5.x brokers keep for later: what is due when (timer wheel), every
 * message parked, parked again and taken back (timer log), how far delivery is, and the counts.
 *
 * @module
 */
import { basename, join } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import { NAME, type StorePaths, storePaths } from "../../store/names.ts";
import { listSegments, type SegmentList } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { Failure, usageFailure } from "../failure.ts";
import { type TimeRange, timeRangeOf } from "../option/time_option.ts";
import { type Field, formatOf, openRows, type OutputOptions } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { RecordGlances } from "../reading/record_glance.ts";
import { notA, placeAt } from "../reading/store_path.ts";
import { note, type Terminal } from "../terminal.ts";
import { printTimerCheckpoint, TIMER_CHECKPOINT_FIELDS } from "./timer_checkpoint.ts";
import { printTimerLog, timerLogFields } from "./timer_log_rows.ts";
import { METRICS_FIELDS, printTimerMetrics } from "./timer_metrics.ts";
import { printSlots, SLOT_FIELDS } from "./timer_slots.ts";

/** Parts of the timer store that can be shown. */
export const TIMER_PARTS = ["slots", "log", "checkpoint", "metrics"] as const;

/** One of {@linkcode TIMER_PARTS}. */
export type TimerPart = (typeof TIMER_PARTS)[number];

/** What `mq inspect timer` may be asked. */
export interface InspectTimerOptions extends OutputOptions {
  readonly part?: TimerPart | undefined;
  readonly topic?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly limit?: number | undefined;
  readonly pending?: boolean | undefined;
  readonly records?: boolean | undefined;
}

/** Where the parts of a timer store are, and what of them is wanted. */
export interface TimerRead {
  readonly files: FileSystem;
  readonly wheel: string;
  readonly log: SegmentList;
  readonly checkpoint: string;
  readonly metrics: string;
  readonly commitLog: RecordGlances;
  readonly times: TimeRange;
  readonly options: InspectTimerOptions;
  /** Takes what is said on standard error when all rows are printed. */
  readonly notes: string[];
}

/** Prints one part; each returns how many damages it met. */
const PRINT: Readonly<Record<TimerPart, (read: TimerRead, rows: RowWriter) => number>> = {
  slots: printSlots,
  log: printTimerLog,
  checkpoint: printTimerCheckpoint,
  metrics: printTimerMetrics,
};

function fieldsOf(part: TimerPart, options: InspectTimerOptions): readonly Field[] {
  switch (part) {
    case "slots":
      return SLOT_FIELDS;
    case "log":
      return timerLogFields(options.records === true || options.topic !== undefined);
    case "checkpoint":
      return TIMER_CHECKPOINT_FIELDS;
    case "metrics":
      return METRICS_FIELDS;
  }
}

/** Prints a timer store. */
export function inspectTimer(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectTimerOptions,
): number {
  const { files } = terminal;
  if (formatOf(terminal, options) === "help") {
    // Asking for the fields needs no store.
    const part = options.part ?? partNamed(argument ?? "") ?? "slots";
    openRows(terminal, fieldsOf(part, options), options);
    return EXIT.ok;
  }
  const { paths, part, path } = timerAt(terminal, argument, options.part);
  checkOptions(part, options);
  const layout = part === "checkpoint" ? "record" : part === "metrics" ? "measured" : "stream";
  const rows = openRows(terminal, fieldsOf(part, options), { ...options, layout });
  if (rows === undefined) return EXIT.ok;
  const commitLog = new RecordGlances(files, paths.commitLogs);
  const pathOf = (it: TimerPart) => it === part ? path : join(paths.root, PART_FILES[it]);
  const read: TimerRead = {
    files,
    wheel: pathOf("slots"),
    log: listSegments(files, pathOf("log")),
    checkpoint: pathOf("checkpoint"),
    metrics: pathOf("metrics"),
    commitLog,
    times: timeRangeOf(options, terminal.now()),
    options,
    notes: [],
  };
  try {
    const damages = PRINT[part](read, rows);
    rows.end();
    terminal.out.flush();
    for (const line of read.notes) note(terminal, line);
    return damages > 0 ? EXIT.left : EXIT.ok;
  } finally {
    commitLog.close();
  }
}

/** Parts that each option is for. */
const OPTION_PARTS = {
  topic: ["log", "metrics"],
  from: ["log"],
  to: ["log"],
  since: ["slots", "log"],
  until: ["slots", "log"],
  limit: ["slots", "log"],
  pending: ["slots"],
  records: ["log"],
} as const satisfies Partial<Record<keyof InspectTimerOptions, readonly TimerPart[]>>;

/** What an option asks for is never left out silently. */
function checkOptions(part: TimerPart, options: InspectTimerOptions): void {
  for (const name of Object.keys(OPTION_PARTS) as (keyof typeof OPTION_PARTS)[]) {
    const parts: readonly TimerPart[] = OPTION_PARTS[name];
    if (options[name] === undefined || parts.includes(part)) continue;
    const others = parts.map((it) => `--part ${it}`).join(" or ");
    throw usageFailure(`--${name} is for ${others}, not for ${part}`);
  }
}

/** Name of the file or folder of each part below the root. */
const PART_FILES: Readonly<Record<TimerPart, string>> = {
  slots: NAME.timerWheel,
  log: NAME.timerLog,
  checkpoint: join(NAME.config, NAME.timerCheckpoint),
  metrics: join(NAME.config, NAME.timerMetrics),
};

/** The part whose file or folder a path names. */
function partNamed(path: string): TimerPart | undefined {
  return TIMER_PARTS.find((it) => basename(PART_FILES[it]) === basename(path));
}

/** Finds the timer store of a store, or one part of it by its own path. */
function timerAt(
  terminal: Terminal,
  argument: string | undefined,
  wanted: TimerPart | undefined,
): { readonly paths: StorePaths; readonly part: TimerPart; readonly path: string } {
  const { files, commitLogPath } = terminal;
  const place = placeAt(terminal, argument);
  if (place.kind === "store") {
    const part = wanted ?? "slots";
    const path = join(place.path, PART_FILES[part]);
    if (files.stat(path) !== undefined) return { paths: place.paths, part, path };
    const others = TIMER_PARTS.filter((it) => files.stat(join(place.path, PART_FILES[it])));
    if (others.length === 0) {
      throw new Failure(
        `Store "${place.path}" has no timer store: its broker is older than 5.0, or ran without ` +
          "timerWheelEnable",
      );
    }
    const has = others.map((it) => `--part ${it}`).join(", ");
    throw new Failure(`Store "${place.path}" has no ${PART_FILES[part]}; it has ${has}`);
  }
  const part = partNamed(place.path);
  if (part === undefined || (wanted !== undefined && wanted !== part)) {
    throw notA(terminal, place, wanted === undefined ? "timer store" : PART_FILES[wanted]);
  }
  const up = part === "checkpoint" || part === "metrics" ? ["..", ".."] : [".."];
  const paths = storePaths(join(place.path, ...up), { commitLogPath });
  return { paths, part, path: place.path };
}
