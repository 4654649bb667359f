/**
 * Where Java's brokers say that a queue begins: what recordings of them are compared with, and from what
 * this project's own rule differs.
 *
 * @module
 */
import { firstIndex, type QueueStart } from "../store/queue_range.ts";
import type { QueueReader } from "../store/queue_reader.ts";

/**
 * The first unit of the first file whose record the log still has; 0 when the file has none (Java
 * 4.x: `ConsumeQueue.correctMinOffset`). A queue without any such record answers with units that
 * lead nowhere.
 */
export function queueMinJava4(queue: QueueReader, { end, logMin }: QueueStart): number {
  const fileEnd = Math.min(end, queue.files.endOf(0));
  for (let index = queue.files.first; index < fileEnd && queue.moveTo(index); index++) {
    if (queue.physicalOffset >= logMin) return index;
  }
  return 0;
}

/**
 * The end of a queue whose last record is gone; else the first unit of the first file whose record
 * the log still has, found by halving; 0 when that file has none (Java 5.x).
 */
export function queueMinJava5(queue: QueueReader, { end, logMin }: QueueStart): number {
  if (end === 0) return 0;
  if (queue.moveTo(end - 1) && queue.physicalOffset < logMin) return end;
  const fileEnd = Math.min(end, queue.files.endOf(0));
  const index = firstIndex({ from: queue.files.first, to: fileEnd }, (at) => {
    return queue.moveTo(at) && queue.physicalOffset >= logMin;
  });
  return index === fileEnd ? 0 : index;
}
