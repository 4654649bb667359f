/**
 * `mq inspect timer --part log`: every message that was parked, parked again or taken back.
 *
 * @module
 */
import { TIMER_MAGIC } from "../../store/format.ts";
import { stringHash } from "../../store/hash.ts";
import { PROPERTY, propertyOf } from "../../store/properties.ts";
import { type TimerLogItem, TimerLogReader, type TimerLogUnit } from "../../store/timer_log.ts";
import { isWithin } from "../option/time_option.ts";
import type { Field } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { propertiesOf } from "../../store/record_text.ts";
import { glanceNote } from "../reading/record_glance.ts";
import type { TimerRead } from "./timer.ts";

/** The columns; those of the record are in tables when it is read. */
export function timerLogFields(records: boolean): readonly Field[] {
  const inTable = (width: number) => records ? { width } : {};
  return [
    {
      name: "kind",
      type: "string",
      about: "unit; blank at the end of a file; damage; missing: in no file; tail: room",
      width: 7,
    },
    { name: "position", type: "number", about: "where it starts in the timer log", width: 10 },
    {
      name: "prevPosition",
      type: "number",
      about: "unit due at the same time before it",
      width: 12,
    },
    { name: "magic", type: "number", about: "bits: 1 default, 2 roll, 4 delete" },
    {
      name: "action",
      type: "string",
      about: "parked; rolled: to be parked once more; delete: takes a message back",
      width: 7,
    },
    { name: "enqueueTime", type: "time", about: "when it was written", width: 24 },
    { name: "dueTime", type: "time", about: "when the message is due", width: 24 },
    { name: "commitLogOffset", type: "number", about: "where the parked record starts", width: 15 },
    { name: "size", type: "number", about: "bytes of the parked record", width: 6 },
    { name: "topicHash", type: "number", about: "hash of the topic it is for", width: 11 },
    { name: "topic", type: "string", about: "with --records: the topic it is for", ...inTable(24) },
    {
      name: "uniqKey",
      type: "string",
      about: "with --records: unique key of the record",
      ...inTable(32),
    },
    {
      name: "record",
      type: "string",
      about: "what it leads to: expired, beyond (the log), missing (a file); with --records: " +
        "sound, damaged, too",
    },
    { name: "length", type: "number", about: "of what is no unit: its bytes" },
    { name: "file", type: "string", about: "of what is no unit: its file" },
    { name: "note", type: "string", about: "in tables: what is wrong", width: 0, from: noteOf },
  ];
}

/** Prints the timer log; returns how many damages it met. */
export function printTimerLog(read: TimerRead, rows: RowWriter): number {
  const { from = 0, to = Infinity, limit = Infinity } = read.options;
  const log = new TimerLogReader(read.files, read.log);
  const isSelective = read.options.topic !== undefined || read.times.since > -Infinity ||
    read.times.until < Infinity;
  let damages = 0;
  let units = 0;
  try {
    for (const item of log.items()) {
      if (rows.closed || units >= limit) break;
      if (item.kind === "unit") {
        if (!isWanted(read, item.unit)) {
          rows.tick();
          continue;
        }
        units++;
        const row = unitRow(read, item.unit);
        if (row.record !== undefined && DAMAGED.has(row.record)) damages++;
        rows.row(row);
      } else if (item.position < to && item.position + item.length > from) {
        const isDamage = item.kind === "damage" || item.kind === "missing";
        if (isDamage) damages++;
        if (isDamage || !isSelective) rows.row(gapRow(item));
      }
    }
  } finally {
    log.close();
  }
  return damages;
}

const DAMAGED: ReadonlySet<string> = new Set(["damaged", "beyond", "missing"]);

function isWanted({ options, times }: TimerRead, unit: TimerLogUnit): boolean {
  const { from = 0, to = Infinity, topic } = options;
  if (unit.position < from || unit.position >= to) return false;
  if (!isWithin(times, unit.dueTime)) return false;
  return topic === undefined || unit.topicHash === stringHash(topic);
}

function gapRow(item: Exclude<TimerLogItem, { readonly kind: "unit" }>): object {
  const { kind, position, length, segment } = item;
  return { kind, position, length, file: segment.path };
}

function unitRow({ commitLog, options }: TimerRead, unit: TimerLogUnit) {
  const { position, prevPosition, magic, enqueueTime, dueTime, physicalOffset, topicHash } = unit;
  const row = {
    kind: "unit",
    position,
    prevPosition,
    magic,
    action: actionOf(magic),
    enqueueTime,
    dueTime,
    commitLogOffset: physicalOffset,
    size: unit.messageSize,
    topicHash,
  };
  if (options.records !== true) {
    const record = commitLog.absence(physicalOffset);
    return { ...row, ...(record !== undefined && { record }) };
  }
  const glance = commitLog.at(physicalOffset);
  if (glance === undefined) return { ...row, record: undefined };
  const { record, flaw, uniqKey } = glance;
  const frame = record === "sound" ? commitLog.frame(physicalOffset) : undefined;
  const topic = frame && propertyOf(propertiesOf(frame), PROPERTY.realTopic);
  return { ...row, topic, uniqKey, record, flaw };
}

function actionOf(magic: number): string {
  if ((magic & TIMER_MAGIC.delete) !== 0) return "delete";
  return (magic & TIMER_MAGIC.roll) !== 0 ? "rolled" : "parked";
}

function noteOf(row: object): string | undefined {
  const { length, record, flaw } = row as {
    readonly length?: number;
    readonly record?: Parameters<typeof glanceNote>[0]["record"];
    readonly flaw?: string;
  };
  if (length !== undefined) return `${length} bytes`;
  return record && glanceNote({ record, ...(flaw !== undefined && { flaw }) });
}
