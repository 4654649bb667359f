/**
 * Compares the checkpoint with what the log really holds. Behind the data is how it should be; ahead
 * of it, it promises messages that are not there.
 *
 * @module
 */
import type { Checkpoint } from "../checkpoint.ts";
import { CHECKPOINT, SIZE } from "../format.ts";
import { finding, type FindingSink } from "./findings.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

/** Where the log ends. */
export interface LogEnd {
  readonly offset: number;
  /** The latest store time, 0 without records. */
  readonly timestamp: number;
}

const TIMES = ["physicMsgTimestamp", "logicsMsgTimestamp", "indexMsgTimestamp"] as const;
const OFFSETS = ["confirmPhyOffset", "logicsPhysicalOffset"] as const;

/** Fields of a checkpoint that speak of data behind the end of the log. */
export function fieldsAhead(checkpoint: Checkpoint, end: LogEnd): (keyof Checkpoint)[] {
  return [
    ...TIMES.filter((field) => checkpoint[field] > end.timestamp),
    ...OFFSETS.filter((field) => checkpoint[field] > end.offset),
  ];
}

/** Checks the file `checkpoint`; `end` is absent where the log was not read to its end. */
export function checkCheckpoint(
  state: StoreState,
  { sink, tally }: { readonly sink: FindingSink; readonly tally: Tally },
  end?: LogEnd,
): void {
  const file = state.paths.checkpoint;
  const size = state.fs.stat(file)?.size ?? 0;
  const { checkpoint } = state;
  if (checkpoint === undefined) {
    // A store that never had a message need not have one.
    if (state.log.segments.length === 0 || end?.timestamp === 0) return;
    sink(finding("checkpoint-missing", { file }, { message: "missing or empty" }));
    return;
  }
  tally.check("checkpoint", size);
  if (size !== SIZE.checkpointFile) {
    const message = `file is ${size} bytes instead of ${SIZE.checkpointFile}`;
    sink(finding("checkpoint-wrong-length", { file, length: size }, { message }));
  }
  if (end === undefined) return;
  for (const field of fieldsAhead(checkpoint, end)) {
    const last = field.endsWith("Timestamp")
      ? `the last message was stored at ${end.timestamp}`
      : `the log ends at ${end.offset}`;
    const offset = CHECKPOINT.at[field];
    const message = `${field} is ${checkpoint[field]}, ${last}`;
    sink(finding("checkpoint-ahead", { file, offset, length: 8 }, { message }));
  }
}
