/**
 * Checks what keeps messages for later (5.x): the timer log against the commit log, the wheel against
 * the timer log, and `config/timercheck` against both.
 *
 * Only what is still to be delivered is compared with records: what was delivered may have expired.
 * A few bytes of memory, whatever the timer log's length.
 *
 * @module
 */
import { basename, join } from "node:path";
import { type FileSystem, readWholeFile } from "../file.ts";
import { SIZE, TIMER_CHECKPOINT, TIMER_LOG_UNIT, TIMER_SLOT } from "../format.ts";
import { LogLookup } from "../log_lookup.ts";
import { NAME } from "../names.ts";
import { listSegments, type SegmentList } from "../segments.ts";
import { type TimerLogItem, TimerLogReader, type TimerLogUnit } from "../timer_log.ts";
import {
  hasWheelSnapshots,
  TIMER_PRECISIONS_MS as PRECISIONS_MS,
  TIMER_TOPIC,
  type TimerSlot,
  timerSlots,
  WHEEL_BYTES,
} from "../timer_wheel.ts";
import { type Run, RunJoiner } from "./finding_run.ts";
import { finding, type FindingCode, type FindingSink } from "./findings.ts";
import type { MissingUnits } from "./missing_units.ts";
import { extentAround } from "./queue_extent.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally, VerifyDepth } from "./summary.ts";
import { TimerLinks } from "./timer_links.ts";

const CHECKPOINT_FIELD_BYTES = 8;

/** What checking the timer needs. */
export interface TimerCheckInput {
  readonly state: StoreState;
  readonly sink: FindingSink;
  readonly tally: Tally;
  readonly depth: VerifyDepth;
  readonly missing: MissingUnits;
  /** Where the log ends; absent in a quick verification. */
  readonly logEnd?: number | undefined;
  /** `config/timercheck` as it was before the log was read. */
  readonly page: TimerPage | undefined;
}

/** What `config/timercheck` says. */
type TimerCheckpoint = ReturnType<typeof TIMER_CHECKPOINT.read>;

/** The file `config/timercheck`. */
export interface TimerPage {
  readonly length: number;
  /** Absent where the file is empty. */
  readonly checkpoint?: TimerCheckpoint;
}

/** Reads `config/timercheck`, if there is one. */
export function readTimerPage({ fs, paths }: StoreState): TimerPage | undefined {
  const bytes = readWholeFile(fs, join(paths.config, NAME.timerCheckpoint));
  if (bytes === undefined) return undefined;
  const { length } = bytes;
  if (length === 0) return { length };
  const page = new Uint8Array(TIMER_CHECKPOINT.size);
  page.set(bytes.subarray(0, page.length));
  return { length, checkpoint: TIMER_CHECKPOINT.read(new DataView(page.buffer), 0) };
}

/**
 * Checks the timer's files, if there are any. A broker may be at work: what leads behind the end of the
 * log is looked for in the log as it is by now.
 */
export function checkTimer(input: TimerCheckInput): void {
  const { state: { fs, paths }, sink, tally, depth } = input;
  const wheel = join(paths.root, NAME.timerWheel);
  const log = listSegments(fs, join(paths.root, NAME.timerLog));
  const isWheelWhole = checkWheelLength(fs, wheel, sink);
  checkLogFiles(log, sink);
  const checkpoint = checkPage(input);
  if (depth === "quick") return;
  const reader = new TimerLogReader(fs, log);
  const flushedTo = checkpoint?.lastTimerLogFlushPosition ?? 0;
  const isComparable = isWheelWhole || fs.stat(wheel) === undefined;
  const links = isComparable && !hasWheelSnapshots(fs, paths.root)
    ? new TimerLinks(fs, { wheel, log, flushedTo })
    : undefined;
  try {
    const readTime = checkpoint?.lastReadTime ?? Infinity;
    const end = new TimerLogCheck(input, { readTime, links }).check(reader);
    for (const { length } of log.segments) tally.check("timer", length);
    if (isWheelWhole) checkWheel(input, { wheel, readTime, end });
    if (checkpoint !== undefined) checkCheckpointFields(input, { checkpoint, end });
  } finally {
    reader.close();
    links?.close();
  }
}

/** Whether the wheel is there, and as long as it must be. */
function checkWheelLength(fs: FileSystem, file: string, sink: FindingSink): boolean {
  const length = fs.stat(file)?.size;
  if (length === undefined || length === WHEEL_BYTES) return length !== undefined;
  const message = `file is ${length} bytes instead of ${WHEEL_BYTES}`;
  sink(finding("timer-wheel-length", { file, length }, { message }));
  return false;
}

function checkLogFiles({ segments, segmentBytes, strays }: SegmentList, sink: FindingSink): void {
  for (const file of strays) {
    const message = `"${basename(file)}" is no file of the timer log`;
    sink(finding("timer-log-stray-file", { file }, { message }));
  }
  let end = segments[0]?.start ?? 0;
  for (const { start, length, path: file } of segments) {
    if (start > end) {
      const message = `no file for positions ${end} to ${start} of the timer log`;
      const place = { file, offset: end, length: start - end };
      sink(finding("timer-log-missing-file", place, { message }));
    }
    end = start + segmentBytes;
    if (length === segmentBytes) continue;
    const message = `file is ${length} bytes, the others are ${segmentBytes}`;
    sink(finding("timer-log-wrong-length", { file, length }, { message }));
  }
}

function checkPage({ state, sink, tally, page }: TimerCheckInput): TimerCheckpoint | undefined {
  if (page === undefined) return undefined;
  const file = join(state.paths.config, NAME.timerCheckpoint);
  const { length } = page;
  tally.check("timer", length);
  if (length !== SIZE.checkpointFile) {
    const message = `file is ${length} bytes instead of ${SIZE.checkpointFile}`;
    sink(finding("timer-checkpoint-wrong-length", { file, length }, { message }));
  }
  return page.checkpoint;
}

/** What is wrong with a unit or a slot. */
interface Wrong {
  readonly code: FindingCode;
  readonly note: string;
}

/** What is wrong with a unit, and where its file is. */
interface UnitFlaw {
  readonly code: FindingCode;
  readonly file: string;
  readonly fileStart: number;
}

/** Walks the timer log and compares what is still to be delivered with its records. */
class TimerLogCheck {
  readonly #input: TimerCheckInput;
  readonly #readTime: number;
  readonly #links: TimerLinks | undefined;
  readonly #flaws: RunJoiner<UnitFlaw>;
  /** Bytes that are no unit, until it is known whether one follows. */
  #open: TimerLogItem[] = [];

  constructor(
    input: TimerCheckInput,
    { readTime, links }: { readonly readTime: number; readonly links: TimerLinks | undefined },
  ) {
    this.#input = input;
    this.#readTime = readTime;
    this.#links = links;
    const same = (one: UnitFlaw, other: UnitFlaw) =>
      one.code === other.code && one.file === other.file;
    this.#flaws = new RunJoiner(same, (run) => this.#report(run));
  }

  /** Returns the position behind the last unit. */
  check(reader: TimerLogReader): number {
    const { fs, paths } = this.#input.state;
    const lookup = new LogLookup(fs, listSegments(fs, paths.commitLogs));
    let end = 0;
    try {
      for (const item of reader.items()) {
        if (item.kind === "damage") this.#open.push(item);
        if (item.kind !== "unit") continue;
        for (const open of this.#open.splice(0)) this.#bad(open, false);
        this.#compare(item, lookup);
        end = item.unit.position + TIMER_LOG_UNIT.size;
      }
    } finally {
      lookup.close();
    }
    this.#flaws.close();
    for (const open of this.#open.splice(0)) this.#bad(open, true);
    return end;
  }

  #compare(
    { unit, segment }: Extract<TimerLogItem, { kind: "unit" }>,
    lookup: LogLookup,
  ): void {
    if (unit.dueTime <= this.#readTime) return;
    const wrong = this.#wrong(unit, lookup) ?? this.#unlinked(unit);
    if (wrong === undefined) return;
    const at = (unit.position - segment.start) / TIMER_LOG_UNIT.size;
    this.#flaws.add({
      what: { code: wrong.code, file: segment.path, fileStart: segment.start },
      at,
      logOffset: unit.physicalOffset,
      note: wrong.note,
    });
  }

  #wrong(
    { physicalOffset, messageSize }: TimerLogUnit,
    lookup: LogLookup,
  ): Wrong | undefined {
    const { state, logEnd = Infinity } = this.#input;
    const logStart = state.log.segments[0]?.start ?? 0;
    if (physicalOffset < logStart) {
      const note = `the log begins behind log offset ${physicalOffset}`;
      return { code: "timer-unit-below-log", note };
    }
    const code = "timer-unit-dangling";
    const frame = lookup.frameAt(physicalOffset);
    if (frame === undefined) {
      const note = physicalOffset >= logEnd
        ? `leads to log offset ${physicalOffset}, the log ends at ${logEnd}`
        : `leads to no record at ${physicalOffset}`;
      return { code, note };
    }
    if (frame.size === messageSize) return undefined;
    return { code, note: `says ${messageSize} bytes, the record has ${frame.size}` };
  }

  #unlinked(
    unit: TimerLogUnit,
  ): Wrong | undefined {
    if (this.#links === undefined || this.#links.has(unit)) return undefined;
    return { code: "timer-unit-unlinked", note: "no slot of the wheel leads here" };
  }

  #report({ what, from, to, note, firstAt, lastAt }: Run<UnitFlaw>): void {
    const bytes = TIMER_LOG_UNIT.size;
    const offset = from * bytes;
    const subject = to - from === 1 ? `unit at ${what.fileStart + offset}` : `${to - from} units`;
    const more = firstAt === lastAt ? "" : `, and so on to log offset ${lastAt}`;
    const place = { file: what.file, offset, length: (to - from) * bytes, logOffset: firstAt };
    this.#input.sink(finding(what.code, place, { message: `${subject}: ${note}${more}` }));
  }

  #bad(item: TimerLogItem, isLast: boolean): void {
    if (item.kind === "unit") return;
    const { position, length, segment } = item;
    const isExpected = isLast && !this.#input.state.stoppedCleanly;
    const place = { file: segment.path, offset: position - segment.start, length };
    this.#input.sink(finding("timer-log-bad-unit", place, {
      message: `no unit at ${position} of the timer log` + (isLast ? ", nor behind it" : ""),
      ...(isExpected && {
        severity: "info",
        fix: "nothing: the next start of the broker cuts it off",
      }),
    }));
  }
}

/** Slots that are still to be delivered lead to units of their time. */
function checkWheel(
  { state: { fs, paths }, sink, tally }: TimerCheckInput,
  { wheel, readTime, end }: {
    readonly wheel: string;
    readonly readTime: number;
    readonly end: number;
  },
): void {
  const bytes = TIMER_SLOT.size;
  const flaws = new RunJoiner<FindingCode>(
    (one, other) => one === other,
    ({ what, from, to, note }) => {
      const subject = to - from === 1 ? `slot ${from}` : `slots ${from} to ${to - 1}`;
      const place = { file: wheel, offset: from * bytes, length: (to - from) * bytes };
      sink(finding(what, place, { message: `${subject}: ${note}` }));
    },
  );
  // A broker at work may have put units there since the timer log was read.
  const reader = new TimerLogReader(fs, listSegments(fs, join(paths.root, NAME.timerLog)));
  try {
    for (const slot of timerSlots(fs, wheel)) {
      if (slot.timeSeconds * PRECISIONS_MS[0] <= readTime) continue;
      const wrong = slotFlaw(slot, { reader, end });
      if (wrong === undefined) continue;
      flaws.add({ what: wrong.code, at: slot.number, logOffset: -1, note: wrong.note });
    }
  } finally {
    reader.close();
  }
  flaws.close();
  tally.check("timer", WHEEL_BYTES);
}

function slotFlaw(
  { timeSeconds, lastPosition }: TimerSlot,
  { reader, end }: { readonly reader: TimerLogReader; readonly end: number },
): Wrong | undefined {
  const code = "timer-slot-wrong";
  const unit = reader.unit(lastPosition);
  if (unit === undefined && lastPosition >= end) {
    const note = `leads to ${lastPosition} of the timer log, which ends at ${end}`;
    return { code: "timer-slot-ahead", note };
  }
  if (unit === undefined) return { code, note: `leads to no unit at ${lastPosition}` };
  const { dueTime } = unit;
  if (PRECISIONS_MS.some((ms) => Math.floor(dueTime / ms) === timeSeconds)) return undefined;
  return { code, note: `is of time ${timeSeconds}, its unit is due at ${dueTime}` };
}

/** The checkpoint is not ahead of the timer log nor of the timer topic's queue. */
function checkCheckpointFields(
  { state, sink, missing, logEnd }: TimerCheckInput,
  { checkpoint, end }: { readonly checkpoint: TimerCheckpoint; readonly end: number },
): void {
  const { fs, paths, log, queues } = state;
  const file = join(paths.config, NAME.timerCheckpoint);
  const ahead = (field: keyof TimerCheckpoint & keyof typeof TIMER_CHECKPOINT.at, note: string) => {
    const place = { file, offset: TIMER_CHECKPOINT.at[field], length: CHECKPOINT_FIELD_BYTES };
    const message = `${field} is ${checkpoint[field]}, ${note}`;
    sink(finding("timer-checkpoint-ahead", place, { message }));
  };
  if (checkpoint.lastTimerLogFlushPosition > end) {
    ahead("lastTimerLogFlushPosition", `the timer log ends at ${end}`);
  }
  if (queues.isRocksDb) return;
  const name = { topic: TIMER_TOPIC, queueId: 0 };
  const queue = queues.queues.find((it) => it.topic === name.topic && it.queueId === 0);
  const offset = checkpoint.lastTimerQueueOffset;
  const logStart = log.segments[0]?.start ?? 0;
  const extent = queue === undefined
    ? { max: 0 }
    : extentAround(fs, queue, { offsets: [offset], logStart, logEnd });
  if (extent === undefined) return;
  const max = Math.max(extent.max, missing.calledTo(name));
  if (offset > max) ahead("lastTimerQueueOffset", `the queue of ${TIMER_TOPIC} ends at ${max}`);
}
