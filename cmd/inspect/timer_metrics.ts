/**
 * `mq inspect timer --part metrics`: how many messages a broker counts as parked, by topic.
 *
 * @module
 */
import { readConfigFile } from "../../store/config_file.ts";
import type { Field } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import type { TimerRead } from "./timer.ts";

/** The columns. */
export const METRICS_FIELDS: readonly Field[] = [
  { name: "topic", type: "string", about: "topic the messages are for", width: 24 },
  { name: "count", type: "number", about: "messages the broker counted as parked", width: 6 },
  { name: "timestamp", type: "time", about: "when it counted last", width: 24 },
];

/** Prints one row a topic; returns how many files are damaged. */
export function printTimerMetrics(
  { files, metrics, options, notes }: TimerRead,
  rows: RowWriter,
): number {
  const read = readConfigFile(files, metrics, decode);
  if (read.state === "absent") return 0;
  for (const row of read.state === "ok" ? read.value : []) {
    if (options.topic === undefined || options.topic === row.topic) rows.row(row);
  }
  const flaws = read.state === "damaged" ? read.flaws : [read.flaw ?? []].flat();
  const instead = read.state === "ok" ? `; read ${read.path} instead` : "";
  notes.push(...flaws.map((flaw) => `damaged: ${flaw}${instead}`));
  return flaws.length;
}

function decode(value: unknown): { topic: string; count: unknown; timestamp: unknown }[] {
  const table = (value as { readonly timingCount?: unknown } | null)?.timingCount;
  if (typeof table !== "object" || table === null) {
    throw new TypeError('Cannot read "timingCount": not an object');
  }
  return Object.entries(table as Record<string, { count?: unknown; timeStamp?: unknown }>)
    .map(([topic, { count, timeStamp }]) => ({ topic, count, timestamp: timeStamp }));
}
