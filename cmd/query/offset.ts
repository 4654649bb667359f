/**
 * `mq query --offset` and `--id`: records by where they stand.
 *
 * @module
 */
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import { formatMessageId, parseMessageId } from "../../store/message_id.ts";
import type { Query } from "./query.ts";
import { findByKey } from "./key.ts";
import type { RecordMiss } from "../reading/record_reader.ts";

/** Finds the record at a commit log offset. */
export function findByOffset(query: Query, offset: number): void {
  const miss = query.reader.read(offset);
  if (miss === undefined) return takeWanted(query);
  explainMiss(query, offset, miss);
}

/**
 * Finds a message by its id. An offset id says where the record stands; what does not lead to a
 * record with this very id is looked up as a client's unique key.
 */
export function findById(query: Query, id: string): void {
  const parsed = parseMessageId(id);
  const offset = parsed?.physicalOffset ?? -1;
  const miss = offset < 0 ? { kind: "outside" as const } : query.reader.read(offset);
  if (miss === undefined) {
    const { record } = query.reader;
    if (formatMessageId(record.storeHost(), offset) === id.toUpperCase()) return takeWanted(query);
  }
  findByKey(query, id);
  if (query.found > 0 || query.isFull) return;
  if (miss?.kind === "damage") return explainMiss(query, offset, miss);
  if (miss !== undefined) return;
  const other = query.reader.read(offset) === undefined ? query.reader.record : undefined;
  if (other === undefined) return;
  const real = formatMessageId(other.storeHost(), offset);
  query.note(`the record at ${offset} has another id: ${real}`);
}

/** Prints the record last read if the other options want it. */
function takeWanted(query: Query): void {
  if (query.filter().matches(query.reader.record)) query.take(query.reader.record);
  else query.note("the message is there, but --topic, --queue, --since or --until leave it out");
}

function explainMiss(query: Query, offset: number, miss: RecordMiss): void {
  if (miss.kind === "outside") {
    const { start, end } = query.reader;
    return query.note(`no record at ${offset}: the log's files hold ${start} to ${end}`);
  }
  const around = itemAround(query, offset);
  const end = around?.kind === "blank" ? offset : around?.end ?? query.reader.end;
  const unreadable = query.unreadable(offset, end);
  if (unreadable !== undefined && around?.kind !== "message") {
    return query.damage(`no record can be read at ${offset}: ${unreadable}`);
  }
  switch (around?.kind) {
    case "message":
      return query.note(`no record starts at ${offset}: the one at ${around.at} covers it`);
    case "tail":
      return query.note(`no record at ${offset}: the log ends at ${around.at}`);
    case "blank":
      return query.note(`no record at ${offset}: from ${around.at} on the file is filled up`);
    default: {
      const { expected, found } = miss.flaw;
      query.damage(`the log is damaged at ${offset}: expected ${expected}, found ${found}`);
    }
  }
}

/** The item of the log that covers an offset. */
function itemAround(query: Query, offset: number) {
  const segment = query.log.segments.findLast((it) => it.start <= offset);
  if (segment === undefined) return undefined;
  const scan = new CommitLogScan(query.files, query.log, { from: segment.start });
  try {
    while (scan.next()) {
      if (scan.at + scan.length > offset) {
        return { kind: scan.kind, at: scan.at, end: scan.at + scan.length };
      }
    }
    return undefined;
  } finally {
    scan.close();
  }
}
