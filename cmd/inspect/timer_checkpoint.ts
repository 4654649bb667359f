/**
 * `mq inspect timer --part checkpoint`: how far a broker is with parking and delivering.
 *
 * @module
 */
import { readWholeFile } from "../../store/file.ts";
import { SIZE, TIMER_CHECKPOINT } from "../../store/format.ts";
import type { Field } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import type { TimerRead } from "./timer.ts";

const TIMES: ReadonlySet<string> = new Set(["lastReadTime", "versionTimestamp"]);

/** The lines: the fields of the file. */
export const TIMER_CHECKPOINT_FIELDS: readonly Field[] = TIMER_CHECKPOINT.rows.map(
  ([name, , about]) => ({ name, type: TIMES.has(name) ? "time" : "number", about, width: 24 }),
);

/** Prints it as far as it goes; returns 1 for a file of a wrong length. */
export function printTimerCheckpoint(
  { files, checkpoint, notes }: TimerRead,
  rows: RowWriter,
): number {
  const bytes = readWholeFile(files, checkpoint) ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = [...TIMER_CHECKPOINT.walk(view, 0)].filter((it) => it.value !== undefined);
  rows.row(Object.fromEntries(whole.map(({ name, value }) => [name, value])));
  const { length } = bytes;
  if (length === SIZE.checkpointFile) return 0;
  notes.push(
    `"${checkpoint}" is damaged: it has ${length} bytes, a timer checkpoint ${SIZE.checkpointFile}`,
  );
  return 1;
}
