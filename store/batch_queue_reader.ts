/**
 * Reads batch consume queues (5.x): one unit a record, which may hold many messages. Position and
 * queue index have nothing to do with each other; a unit is found by the index of its first message.
 *
 * @module
 */
import type { FileSystem } from "./file.ts";
import { BATCH_QUEUE_UNIT } from "./format.ts";
import { readI64 } from "./layout.ts";
import type { SegmentList } from "./segments.ts";
import { UnitFiles } from "./unit_files.ts";

const AT = BATCH_QUEUE_UNIT.at;
/** Files at the end of a queue that Java looks at when it loads one. */
const FILES_RECOVERED = 3;

/** A cursor over the units of one batch queue. Close it to release its file. */
export class BatchQueueReader {
  /** Which unit this is, counted from position 0; meaningless before the first move. */
  number = -1;
  physicalOffset = 0;
  size = 0;
  storeTimestamp = 0;
  /** Queue index of the record's first message. */
  baseOffset = 0;
  /** Messages in the record. */
  batchSize = 0;
  /** The files of the queue; units are numbered by their position. */
  readonly files: UnitFiles;
  #at = 0;

  constructor(fs: FileSystem, queue: SegmentList) {
    this.files = new UnitFiles(fs, queue.segments, BATCH_QUEUE_UNIT.size);
  }

  /** Moves to a unit, whatever it holds; false where no file has it whole. */
  moveTo(number: number): boolean {
    const at = this.files.hold(number);
    if (at < 0) return false;
    const { view } = this.files;
    this.#at = at;
    this.number = number;
    this.physicalOffset = readI64(view, at + AT.physicalOffset);
    this.size = view.getInt32(at + AT.size);
    this.storeTimestamp = readI64(view, at + AT.storeTimestamp);
    this.baseOffset = readI64(view, at + AT.baseOffset);
    this.batchSize = view.getInt16(at + AT.batchSize);
    return true;
  }

  /** Moves to the unit behind this one. */
  next(): boolean {
    return this.moveTo(this.number + 1);
  }

  /** All 64 bits of the tags code. */
  tagsCode(): bigint {
    return this.files.view.getBigInt64(this.#at + AT.tagsCode);
  }

  /** Whether Java takes the unit for one. */
  isValid(): boolean {
    return isBatchUnit(this);
  }

  /**
   * Moves to the unit that holds the message of a queue index; false where none does. `end` is the
   * number behind the last unit, see {@linkcode batchQueueEnd}.
   */
  moveToIndex(index: number, end: number): boolean {
    let low = this.files.first;
    let high = end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.moveTo(middle) && this.baseOffset <= index) low = middle + 1;
      else high = middle;
    }
    return low > this.files.first && this.moveTo(low - 1) &&
      index < this.baseOffset + this.batchSize;
  }

  /** Releases the open file; a second call does nothing. */
  close(): void {
    this.files.close();
  }
}

/** Whether Java takes something for a unit (Java: `BatchConsumeQueue.recover`). */
export function isBatchUnit(
  { physicalOffset, size, baseOffset, batchSize }: Pick<
    BatchQueueReader,
    "physicalOffset" | "size" | "baseOffset" | "batchSize"
  >,
): boolean {
  return physicalOffset >= 0 && size > 0 && baseOffset >= 0 && batchSize > 0;
}

/** Where a batch queue ends. */
export interface BatchQueueEnd {
  /** Number behind the last unit. */
  readonly number: number;
  /** Queue index the next message gets. */
  readonly index: number;
  /** Log offset of the last unit's record, its start; −1 without one. */
  readonly physicalStart: number;
}

/** The first unit that is not valid ends the queue; of more than three files, the last three count. */
export function batchQueueEnd(queue: BatchQueueReader): BatchQueueEnd {
  const { files } = queue;
  const first = files.startOf(Math.max(0, files.segments.length - FILES_RECOVERED));
  let number = first;
  while (queue.moveTo(number) && queue.isValid()) number++;
  if (number === first || !queue.moveTo(number - 1)) return { number, index: 0, physicalStart: -1 };
  const { physicalOffset, baseOffset, batchSize } = queue;
  return { number, index: baseOffset + batchSize, physicalStart: physicalOffset };
}

/**
 * Queue index of the first message whose record the log still has (Java:
 * `BatchConsumeQueue.correctMinOffset`); the end of the queue when there is none.
 */
export function batchQueueMin(
  queue: BatchQueueReader,
  { end, logMin }: { readonly end: BatchQueueEnd; readonly logMin: number },
): number {
  let low = queue.files.first;
  let high = end.number;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (queue.moveTo(middle) && queue.physicalOffset >= logMin) high = middle;
    else low = middle + 1;
  }
  return low < end.number && queue.moveTo(low) ? queue.baseOffset : end.index;
}
