/**
 * `mq query --topic --queue --queue-offset`: a message by its place in its queue.
 *
 * @module
 */
import { batchQueueEnd, BatchQueueReader } from "../../store/batch_queue_reader.ts";
import { queueEnd } from "../../store/queue_range.ts";
import { listQueueFiles, QueueReader, QueueTrees } from "../../store/queue_reader.ts";
import { topicOf } from "../../store/record_text.ts";
import type { Query } from "./query.ts";
import { scanLog } from "./scan.ts";

/** Finds the message at a queue offset. */
export function findByQueueOffset(query: Query, queueOffset: number): void {
  const unit = unitAt(query, queueOffset);
  if (unit.offset !== undefined) {
    const miss = query.reader.read(unit.offset);
    if (miss === undefined) return takeFound(query, queueOffset);
    if (miss.kind === "outside") {
      return query.note(`the queue leads to ${unit.offset}, which the log no longer has`);
    }
    return query.damage(`the queue leads to ${unit.offset}, where the log is damaged`);
  }
  const where = unit.scanFrom === 0 ? "the whole log" : `the log from ${unit.scanFrom} on`;
  query.note(`not in the queue's files: reading ${where}`);
  const filter = query.filter({ queueOffset });
  const { records } = scanLog(query, { from: unit.scanFrom, filter }, (it) => query.take(it));
  if (query.found === 0) query.noteMissing(`not among the ${records} messages there`);
}

/** Prints the record a consumer would get, and says so when the record claims another place. */
function takeFound(query: Query, queueOffset: number): void {
  const { record } = query.reader;
  query.take(record);
  if (query.filter({ queueOffset }).matches(record)) return;
  const place = `${topicOf(record)} queue ${record.queueId()} offset ${record.queueOffset()}`;
  query.note(`the queue leads to a record of ${place}`);
}

/** Where a queue leads for one of its offsets. */
interface UnitPlace {
  /** Commit log offset of the record; absent when there is no such unit. */
  readonly offset?: number;
  /** Where the log must be read from, because the queue does not speak of it. */
  readonly scanFrom: number;
}

function unitAt(query: Query, queueOffset: number): UnitPlace {
  const { topic, queue } = query.options;
  const directory = query.paths === undefined
    ? undefined
    : new QueueTrees(query.files, query.paths).walk(topic).find((it) => it.queueId === queue);
  if (directory === undefined) return { scanFrom: 0 };
  const segments = listQueueFiles(query.files, directory);
  return directory.kind === "batch"
    ? batchPlace(new BatchQueueReader(query.files, segments), queueOffset)
    : simplePlace(new QueueReader(query.files, segments), queueOffset);
}

function simplePlace(reader: QueueReader, queueOffset: number): UnitPlace {
  try {
    if (reader.moveTo(queueOffset) && reader.isValid() && !reader.isPadding()) {
      return { offset: reader.physicalOffset, scanFrom: 0 };
    }
    const { index, physicalEnd } = queueEnd(reader);
    return { scanFrom: queueOffset >= index ? Math.max(0, physicalEnd) : 0 };
  } finally {
    reader.close();
  }
}

function batchPlace(reader: BatchQueueReader, queueOffset: number): UnitPlace {
  try {
    const { number, index, physicalStart } = batchQueueEnd(reader);
    if (reader.moveToIndex(queueOffset, number)) {
      return { offset: reader.physicalOffset, scanFrom: 0 };
    }
    return { scanFrom: queueOffset >= index ? Math.max(0, physicalStart) : 0 };
  } finally {
    reader.close();
  }
}
