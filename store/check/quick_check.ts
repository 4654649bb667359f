/**
 * The quick verification: names, lengths and adjacency of all files, the first record of every log
 * file, the last unit of every queue, the header of every index file. Reads a few kilobytes a file,
 * whatever its length; the summary says how much was skipped.
 *
 * @module
 */
import { join } from "node:path";
import { BLANK, INDEX_HEADER, MAGIC, QUEUE_UNIT, SIZE } from "../format.ts";
import { listIndexFiles, openIndexFile } from "../key_index_reader.ts";
import { LogLookup } from "../log_lookup.ts";
import { isQueued } from "../message.ts";
import { offsetName, queueDirectory } from "../names.ts";
import { topicOf } from "../record_text.ts";
import { allZero } from "../zeros.ts";
import { finding } from "./findings.ts";
import { strayIndexFiles } from "./index_check.ts";
import { LogCheck } from "./log_check.ts";
import { QueueCheck } from "./queue_check.ts";
import { missingUnit } from "./queue_place.ts";
import { quickQueues } from "./quick_queue_check.ts";
import type { Work } from "./verify.ts";

/** Checks a store quickly; yields when others may run. */
export function* quickCheck(work: Work): Generator<void, void> {
  const { state, sink, tally, depth, sides } = work;
  const lookup = new LogLookup(state.fs, state.log);
  try {
    const log = new LogCheck({ state, lookup, sink, tally, depth });
    log.files();
    quickLog(work, lookup);
    lostQueues(work, lookup);
    yield;
    new QueueCheck({ state, lookup, sink, tally }).files({ areRead: false });
    yield* quickQueues(work, lookup);
    quickIndex(work);
    yield* sides.after();
  } finally {
    lookup.close();
  }
}

/** A file begins with a record, holds nothing yet, or is filled up from its first byte on. */
function quickLog({ state, sink, tally }: Work, lookup: LogLookup): void {
  const { segments, segmentBytes } = state.log;
  let end = segments[0]?.start ?? 0;
  for (const { start, path } of segments) {
    if (start > end) {
      const file = join(state.paths.commitLog, offsetName(end));
      const message = `no file for log offsets ${end} to ${start}`;
      sink(finding("log-missing-file", { file, offset: end, length: start - end }, { message }));
    }
    end = start + segmentBytes;
    const record = lookup.frameAt(start);
    if (record !== undefined) {
      tally.messages++;
      tally.check("commitlog", record.size);
      continue;
    }
    const file = state.fs.openRead(path);
    const head = new Uint8Array(SIZE.blankMin);
    const got = file.read(head, 0);
    file.close();
    tally.check("commitlog", got);
    if (allZero(head, 0, got) || isFilledUp(head.subarray(0, got), segmentBytes)) continue;
    const message = `log offset ${start}: the file does not begin with a record`;
    sink(finding("log-bad-record", { file: path, length: got }, { message }));
  }
  tally.logEnd = end;
}

/** Whether a file's head is that of a filler as long as the file, as a repair leaves it. */
function isFilledUp(head: Uint8Array, segmentBytes: number): boolean {
  if (head.length < BLANK.size) return false;
  const { length, magic } = BLANK.read(new DataView(head.buffer, head.byteOffset), 0);
  return magic === MAGIC.blank && length === segmentBytes;
}

/** Where the log has messages there are queues: without any the first record that lacks its own is told. */
function lostQueues({ state, sink, tally }: Work, lookup: LogLookup): void {
  const { log, queues: { queues, isRocksDb }, paths, topics } = state;
  if (queues.length > 0 || isRocksDb) return;
  for (const { start } of log.segments) {
    const record = lookup.frameAt(start);
    if (record === undefined || !isQueued(record.sysFlag())) continue;
    const [topic, queueId] = [topicOf(record), record.queueId()];
    if (!topics.exists(topic, start)) continue;
    const folder = topics.isBatch(topic) ? paths.batchConsumeQueue : paths.consumeQueue;
    const place = {
      file: queueDirectory(folder, { topic, queueId }),
      length: QUEUE_UNIT.size,
      topic,
      queueId,
      queueOffset: record.queueOffset(),
      logOffset: start,
    };
    const message = "the log has messages, but no queue is left";
    const { code, severity, fix } = missingUnit({ state, lookup, sink, tally }, start);
    const details = { ...(severity && { severity }), ...(fix !== undefined && { fix }) };
    return sink(finding(code, place, { message, ...details }));
  }
}

function quickIndex({ state, sink, tally }: Work): void {
  const { paths, strays } = listIndexFiles(state.fs, state.paths.index);
  strayIndexFiles(state.paths.index, strays, sink);
  for (const path of paths) {
    const size = state.fs.stat(path)?.size ?? 0;
    const file = openIndexFile(state.fs, path);
    if (file === undefined) {
      const message = `${size} bytes are the length of no index file`;
      sink(finding("index-wrong-length", { file: path, length: size }, { message }));
      continue;
    }
    const { beginTimestamp, endTimestamp, beginPhyOffset, endPhyOffset } = file.header;
    file.close();
    tally.check("index", INDEX_HEADER.size);
    if (beginTimestamp <= endTimestamp && beginPhyOffset <= endPhyOffset) continue;
    const message = `the file ends before it begins`;
    const place = { file: path, length: INDEX_HEADER.size };
    sink(finding("index-header", place, { message }));
  }
}
