/**
 * Which units of a queue count: where it ends, and where it begins once the log has lost its oldest
 * files. The end is Java's, because a broker's answers about a queue follow from it; the beginning is
 * that of Java 5 but where a file or padding misleads it.
 *
 * @module
 */
import type { QueueReader } from "./queue_reader.ts";

/** Files at the end of a queue that Java looks at when it loads one. */
const FILES_RECOVERED = 3;

/** Where a queue ends. */
export interface QueueEnd {
  /** Index behind the last unit. */
  readonly index: number;
  /** Log offset behind the record of the last unit; −1 where the files looked at have none. */
  readonly physicalEnd: number;
}

/** How far {@linkcode queueEnd} looks. */
export interface QueueEndOptions {
  /** Files at the end that are looked at; default 3, as in Java. `Infinity` finds all holes. */
  readonly files?: number;
  /**
   * End of the log. A unit whose record starts there or behind it is left over from before a cut,
   * which erases nothing (Java: `truncateDirtyLogicFiles`). Default: all units count.
   */
  readonly logEnd?: number;
}

/** The first unit that is not valid ends the queue (Java: `ConsumeQueue.recover`). */
export function queueEnd(
  queue: QueueReader,
  options: QueueEndOptions = {},
): QueueEnd {
  const { files } = queue;
  let index = files.startOf(
    Math.max(0, files.segments.length - (options.files ?? FILES_RECOVERED)),
  );
  const logEnd = options.logEnd ?? Infinity;
  let physicalEnd = -1;
  while (queue.moveTo(index) && queue.isValid() && queue.physicalOffset < logEnd) {
    physicalEnd = queue.physicalOffset + queue.size;
    index++;
  }
  return { index, physicalEnd };
}

/** What the rule for a queue's beginning looks at. */
export interface QueueStart {
  /** Index behind the last unit, see {@linkcode queueEnd}. */
  readonly end: number;
  /** First offset the log still has. */
  readonly logMin: number;
}

/**
 * The first unit of all files whose record the log still has, padding passed over; the end when there
 * is none. What this project's own broker answers.
 */
export function queueMin(queue: QueueReader, { end, logMin }: QueueStart): number {
  const index = firstIndex({ from: queue.files.first, to: end }, (at) => {
    return skipPadding(queue, at, end) === end || queue.physicalOffset >= logMin;
  });
  return skipPadding(queue, index, end);
}

/** Moves to the first unit from `index` on that is not padding and returns its index, or `end`. */
function skipPadding(queue: QueueReader, index: number, end: number): number {
  let at = index;
  while (at < end && queue.moveTo(at) && queue.isPadding()) at++;
  return at;
}

/** First number in `[from, to)` that holds, where all behind it hold, too; else `to`. */
export function firstIndex(
  { from, to }: { readonly from: number; readonly to: number },
  holds: (index: number) => boolean,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
