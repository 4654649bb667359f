/**
 * Looks at the ends of queues for two states of files that hold no wrong unit and yet stop a Java
 * broker, or let it lose messages: a last file without a unit, and padding with nothing behind it.
 * Reads one unit of most queues.
 *
 * @module
 */
import { QUEUE_UNIT } from "../format.ts";
import { listQueueFiles, QueueReader } from "../queue_reader.ts";
import { finding, type FindingSink } from "./findings.ts";
import type { MissingUnits } from "./missing_units.ts";
import type { StoreState } from "./store_state.ts";

/** What looking at the ends needs. */
export interface QueueTailInput {
  readonly sink: FindingSink;
  readonly missing: MissingUnits;
}

/** Looks at the ends of all simple queues. */
export function checkQueueTails(state: StoreState, { sink, missing }: QueueTailInput): void {
  for (const { kind, topic, queueId, path } of state.queues.queues) {
    if (kind === "batch") continue;
    const files = listQueueFiles(state.fs, { kind, path });
    const last = files.segments.at(-1);
    if (last === undefined || last.length < QUEUE_UNIT.size) continue;
    const queue = new QueueReader(state.fs, files);
    try {
      const number = files.segments.length - 1;
      const from = queue.files.startOf(number);
      const place = { file: last.path, topic, queueId, queueOffset: from };
      const isEmpty = !queue.moveTo(from) || !queue.isValid();
      if (isEmpty && number > 0 && missing.calledTo({ topic, queueId }) <= from) {
        const message = `no unit at the start of the last of ${number + 1} files`;
        sink(finding("queue-empty-last-file", { ...place, length: last.length }, { message }));
      }
      const padded = number === 0 ? paddingOnly(queue) : undefined;
      if (padded !== undefined && missing.calledTo({ topic, queueId }) < padded) {
        const length = (padded - from) * QUEUE_UNIT.size;
        const message = `${padded - from} filled slots and no unit behind them`;
        sink(finding("queue-ends-in-padding", { ...place, length }, { message }));
      }
    } finally {
      queue.close();
    }
  }
}

/** Index behind the padding of a queue that has nothing else; `undefined` for all others. */
function paddingOnly(queue: QueueReader): number | undefined {
  const { first, end } = queue.files;
  let index = first;
  while (index < end && queue.moveTo(index) && queue.isPadding()) index++;
  if (index === first || (index < end && queue.moveTo(index) && queue.isValid())) return undefined;
  return index;
}
