/**
 * What `mq recover` may be asked, and which of it goes together.
 *
 * @module
 */
import { SIZE } from "../../store/format.ts";
import type { RepairOptions } from "../../store/repair/action.ts";
import type { PointInTime, RebuildWish } from "../../store/repair/repair.ts";
import { Failure, usageFailure } from "../failure.ts";
import { parseTime } from "../option/time_option.ts";
import type { OutputOptions } from "../output/format_option.ts";
import type { ProgressForm } from "../output/progress.ts";
import type { JavaMode } from "./java.ts";
import type { RecoverMode } from "./report.ts";

const INDEX_ENTRIES_PER_SLOT = SIZE.indexEntriesDefault / SIZE.indexSlotsDefault;

/** What `--rebuild` may name. */
export const REBUILDS = ["queue", "index", "checkpoint"] as const;

/** What `mq recover` may be asked. */
export interface RecoverOptions extends OutputOptions {
  /** Whether the plan is carried out. */
  readonly apply?: boolean | undefined;
  /** Whether actions that give up messages are carried out, too. */
  readonly allowDataLoss?: boolean | undefined;
  /** Folder to make a repaired copy in; the store stays as it is. */
  readonly into?: string | undefined;
  /** Where the log is to end: a time, or the digits of a log offset. */
  readonly until?: string | undefined;
  /** What is built anew although it looks sound. */
  readonly rebuild?: readonly (typeof REBUILDS[number])[] | undefined;
  /** With `rebuild` of queues: only those of this topic. */
  readonly topic?: string | undefined;
  /** With `topic`: only this queue of it. */
  readonly queue?: number | undefined;
  /** Undo file of the repair to be taken back. */
  readonly undo?: string | undefined;
  /** Whether nobody is asked before messages are given up. */
  readonly yes?: boolean | undefined;
  /** Units in a file of a queue, for a store none of whose queues has a file left. */
  readonly queueFileUnits?: number | undefined;
  /** Hash slots of an index file, for a store that has no index file left. */
  readonly indexSlots?: number | undefined;
  /** Entries of such a file; default: as many for a slot as RocketMQ has. */
  readonly indexEntries?: number | undefined;
  readonly progress?: ProgressForm | undefined;
  /** Tells what a start of this release of Java would do instead. */
  readonly mode?: JavaMode | undefined;
}

/** What a run is to do. Throws a usage failure for what contradicts itself. */
export function modeOf(options: RecoverOptions): RecoverMode {
  const { apply, allowDataLoss, into, until, rebuild, topic, queue } = options;
  if (apply === true && into !== undefined) {
    throw usageFailure("--apply and --into exclude each other");
  }
  if (into === "") throw usageFailure("The path of --into is empty");
  const mode = into !== undefined ? "into" : apply === true ? "apply" : "plan";
  if (allowDataLoss === true && mode === "plan") {
    throw usageFailure("--allow-data-loss needs --apply or --into");
  }
  if (until !== undefined && mode === "apply" && allowDataLoss !== true) {
    throw usageFailure("--until gives up messages: it needs --allow-data-loss or --into");
  }
  if (topic !== undefined && rebuild?.includes("queue") !== true) {
    throw usageFailure("--topic needs --rebuild queue");
  }
  if (queue !== undefined && topic === undefined) throw usageFailure("--queue needs --topic");
  if (options.indexEntries !== undefined && options.indexSlots === undefined) {
    throw usageFailure("--index-entries needs --index-slots");
  }
  if (options.mode !== undefined && (mode !== "plan" || until !== undefined || rebuild)) {
    throw usageFailure("--mode changes nothing: leave out --apply, --into, --until and --rebuild");
  }
  return mode;
}

/** Throws a usage failure where `--undo` does not stand alone. */
export function checkUndo(options: RecoverOptions): void {
  const { undo, apply, allowDataLoss, into, until, rebuild, mode } = options;
  if (undo === "") throw usageFailure("The path of --undo is empty");
  const isAlone = apply !== true && allowDataLoss !== true && into === undefined &&
    until === undefined && rebuild === undefined && mode === undefined;
  if (!isAlone) {
    throw usageFailure(
      "--undo stands alone: leave out --apply, --allow-data-loss, --into, --until, --rebuild and " +
        "--mode",
    );
  }
}

/** What was asked besides how it is carried out, as it is typed again. */
export function askedAgain(options: RecoverOptions): string[] {
  const { until, rebuild = [], topic, queue, queueFileUnits, indexSlots, indexEntries } = options;
  const counts = [
    ["--queue", queue],
    ["--queue-file-units", queueFileUnits],
    ["--index-slots", indexSlots],
    ["--index-entries", indexEntries],
  ] as const;
  return [
    ...(until === undefined ? [] : ["--until", until]),
    ...rebuild.flatMap((what) => ["--rebuild", what]),
    ...(topic === undefined ? [] : ["--topic", topic]),
    ...counts.flatMap(([name, count]) => count === undefined ? [] : [name, String(count)]),
  ];
}

/** The part of a wish a repair is told. */
export function repairWish(
  options: RecoverOptions,
  nowMs: number,
): Pick<RepairOptions, "queueFileUnits" | "indexGeometry" | "until" | "rebuild"> {
  const { queueFileUnits, indexSlots: slots, indexEntries, until, rebuild } = options;
  const entries = indexEntries ?? (slots ?? 0) * INDEX_ENTRIES_PER_SLOT;
  return {
    ...(queueFileUnits !== undefined && { queueFileUnits }),
    ...(slots !== undefined && { indexGeometry: { slots, entries } }),
    ...(until !== undefined && { until: pointInTime(until, nowMs) }),
    ...(rebuild !== undefined && { rebuild: rebuildWish(options) }),
  };
}

/** A bare number is a log offset: there a time in milliseconds could be one, too. */
function pointInTime(text: string, nowMs: number): PointInTime {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) {
    const offset = Number(trimmed);
    if (Number.isSafeInteger(offset)) return { offset };
    throw usageFailure(`--until: "${text}" is no log offset: it has too many digits`);
  }
  try {
    return { timeMs: parseTime(trimmed, nowMs) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw usageFailure(
      `--until: "${text}" is neither a time, such as 2026-11-21T09:16 or -1h, nor a log offset`,
    );
  }
}

function rebuildWish({ rebuild = [], topic, queue: queueId }: RecoverOptions): RebuildWish {
  const queues = {
    ...(topic !== undefined && { topic }),
    ...(queueId !== undefined && { queueId }),
  };
  return {
    ...(rebuild.includes("queue") && { queues }),
    index: rebuild.includes("index"),
    checkpoint: rebuild.includes("checkpoint"),
  };
}
