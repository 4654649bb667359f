/**
 * Where a queue begins and ends, asked for an offset that somebody stored: most lie within, which one
 * unit shows.
 *
 * @module
 */
import { batchQueueEnd, batchQueueMin, BatchQueueReader } from "../batch_queue_reader.ts";
import type { FileSystem } from "../file.ts";
import { queueEnd, queueMin } from "../queue_range.ts";
import { listQueueFiles, type QueueDirectory, QueueReader } from "../queue_reader.ts";

/** What a queue has: the index of its first message, and the one the next message gets. */
export interface QueueExtent {
  readonly min: number;
  readonly max: number;
}

/** Offsets that were stored for a queue, and where the log begins and ends. */
export interface Around {
  readonly offsets: readonly number[];
  readonly logStart: number;
  readonly logEnd?: number | undefined;
}

/**
 * What a queue has; `undefined` where a look at the unit before each offset shows that all lie within,
 * which spares looking for the ends of long queues.
 */
export function extentAround(
  fs: FileSystem,
  directory: QueueDirectory,
  { offsets, logStart, logEnd = Infinity }: Around,
): QueueExtent | undefined {
  const files = listQueueFiles(fs, directory);
  const queue = directory.kind === "simple"
    ? new QueueReader(fs, files)
    : new BatchQueueReader(fs, files);
  try {
    if (queue instanceof BatchQueueReader) {
      const end = batchQueueEnd(queue);
      return { min: batchQueueMin(queue, { end, logMin: logStart }), max: end.index };
    }
    const isUnit = (index: number) =>
      queue.moveTo(index) && queue.isValid() && !queue.isPadding() &&
      queue.physicalOffset >= logStart && queue.physicalOffset < logEnd;
    if (offsets.every((offset) => offset > 0 && isUnit(offset - 1))) return undefined;
    const { index: max } = queueEnd(queue, { logEnd });
    return { min: queueMin(queue, { end: max, logMin: logStart }), max };
  } finally {
    queue.close();
  }
}
