/**
 * The queues' part of the quick verification: the last unit of every queue.
 *
 * @module
 */
import { batchQueueEnd, BatchQueueReader } from "../batch_queue_reader.ts";
import type { FileSystem } from "../file.ts";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT, SIZE } from "../format.ts";
import type { LogLookup } from "../log_lookup.ts";
import { queueEnd } from "../queue_range.ts";
import {
  listQueueFiles,
  type QueueDirectory,
  type QueueKind,
  QueueReader,
} from "../queue_reader.ts";
import type { RecordView } from "../record_view.ts";
import { allZero } from "../zeros.ts";
import { type FileKind, finding, type FindingCode } from "./findings.ts";
import { indexIn } from "./queue_place.ts";
import type { Work } from "./verify.ts";

/** The last unit of a queue leads to a record that has its place in the queue. */
export function* quickQueues(
  { state, sink, tally }: Work,
  lookup: LogLookup,
): Generator<void, void> {
  const { segments } = state.log;
  const last = segments.at(-1);
  const logStart = segments[0]?.start ?? 0;
  const logEnd = last === undefined ? 0 : last.start + last.length;
  for (const queue of state.queues.queues) {
    const unit = lastUnit(state.fs, queue);
    if (unit !== undefined) {
      tally.units++;
      tally.check(UNIT[queue.kind].file, unit.length);
      const { logOffset } = unit;
      const wrong = logOffset < logStart
        ? undefined
        : quickUnit(state.fs, { lookup, queue, unit, logEnd });
      if (wrong !== undefined) {
        const { topic, queueId } = queue;
        const { file, offset, length, queueOffset } = unit;
        const message = `unit ${unit.number}: ${wrong.note}`;
        const place = { file, offset, length, topic, queueId, queueOffset };
        sink(finding(wrong.code, place, { message }));
      }
    }
    yield;
  }
}

const UNIT: Readonly<Record<QueueKind, { readonly file: FileKind; readonly bytes: number }>> = {
  simple: { file: "consumequeue", bytes: QUEUE_UNIT.size },
  batch: { file: "batchconsumequeue", bytes: BATCH_QUEUE_UNIT.size },
};

/** The last unit of a queue. */
interface LastUnit {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly number: number;
  /** Index of the first message. */
  readonly queueOffset: number;
  readonly logOffset: number;
}

/** `undefined` for a queue that has none, or only padding. */
function lastUnit(fs: FileSystem, directory: QueueDirectory): LastUnit | undefined {
  const { kind } = directory;
  const files = listQueueFiles(fs, directory);
  const queue = kind === "simple" ? new QueueReader(fs, files) : new BatchQueueReader(fs, files);
  try {
    const number = queue instanceof QueueReader
      ? queueEnd(queue, { files: 1 }).index - 1
      : batchQueueEnd(queue).number - 1;
    if (!queue.moveTo(number) || !queue.isValid()) return undefined;
    if (queue instanceof QueueReader && queue.isPadding()) return undefined;
    const segment = queue.files.segment!;
    const { bytes } = UNIT[kind];
    return {
      file: segment.path,
      offset: number * bytes - segment.start,
      length: bytes,
      number,
      queueOffset: queue instanceof QueueReader ? number : queue.baseOffset,
      logOffset: queue.physicalOffset,
    };
  } finally {
    queue.close();
  }
}

/** What is wrong with the last unit of a queue. */
function quickUnit(
  fs: FileSystem,
  { lookup, queue, unit, logEnd }: {
    readonly lookup: LogLookup;
    readonly queue: QueueDirectory;
    readonly unit: LastUnit;
    readonly logEnd: number;
  },
): { readonly code: FindingCode; readonly note: string } | undefined {
  const { logOffset, queueOffset } = unit;
  const frame = frameNow(lookup, logOffset);
  if (frame !== undefined) {
    const index = indexIn(queue, frame);
    if (index === queueOffset) return undefined;
    const isStandIn = index !== undefined &&
      leadsTo(fs, queue, { index: queueOffset - 1, logOffset });
    if (isStandIn) return undefined;
    const what = index === undefined
      ? "a record of another queue"
      : `the record with index ${index}`;
    const code = index === undefined ? "queue-unit-mismatch" : "queue-offset-mismatch";
    return { code, note: `leads to ${what} at log offset ${logOffset}` };
  }
  if (logOffset >= logEnd || isUnwritten(fs, lookup, logOffset)) {
    return { code: "queue-unit-behind-log", note: `leads to log offset ${logOffset}, not written` };
  }
  return { code: "queue-unit-dangling", note: `leads to no record at log offset ${logOffset}` };
}

/** The record at a log offset, though a broker wrote it after the bytes around it were read. */
function frameNow(lookup: LogLookup, logOffset: number): RecordView | undefined {
  const frame = lookup.frameAt(logOffset);
  if (frame !== undefined) return frame;
  lookup.close();
  return lookup.frameAt(logOffset);
}

/** Whether a queue leads to a record from an index. */
function leadsTo(
  fs: FileSystem,
  { kind, path }: QueueDirectory,
  { index, logOffset }: { readonly index: number; readonly logOffset: number },
): boolean {
  if (kind !== "simple") return false;
  const queue = new QueueReader(fs, listQueueFiles(fs, { kind, path }));
  try {
    return queue.moveTo(index) && queue.isValid() && queue.physicalOffset === logOffset;
  } finally {
    queue.close();
  }
}

/** Whether a place of the log was never written. */
function isUnwritten(fs: FileSystem, lookup: LogLookup, logOffset: number): boolean {
  const segment = lookup.segmentOf(logOffset);
  if (segment === undefined) return false;
  const file = fs.openRead(segment.path);
  try {
    const head = new Uint8Array(SIZE.blankMin);
    return allZero(head, 0, file.read(head, logOffset - segment.start));
  } finally {
    file.close();
  }
}
