/**
 * The messages of a range that only one of two logs has.
 *
 * @module
 */
import { CommitLogScan } from "../commit_log_scan.ts";
import type { RecordView } from "../record_view.ts";
import { isDamageFiller } from "../filler_record.ts";
import type { LogDifference, LogSide } from "./log_diff.ts";
import { messageIdentity } from "./message_identity.ts";

/**
 * Reads a range of both logs once more and yields each message that only the first has; the view is
 * valid until the next. A message that is on both sides at other places is in neither's list.
 */
export function* messagesOnlyIn(
  own: LogSide,
  other: LogSide,
  range: Pick<LogDifference, "from" | "to">,
): Generator<RecordView, void> {
  const known = new Set<number>();
  for (const record of recordsOf(other, range)) known.add(messageIdentity(record));
  for (const record of recordsOf(own, range)) {
    if (!known.has(messageIdentity(record))) yield record;
  }
}

function* recordsOf(
  { fs, log }: LogSide,
  { from, to }: Pick<LogDifference, "from" | "to">,
): Generator<RecordView, void> {
  // A scan begins at a file or a record, and the range may begin where this side has neither.
  const start = log.segments.findLast((it) => it.start <= from)?.start ?? log.segments[0]?.start;
  if (start === undefined) return;
  const scan = new CommitLogScan(fs, log, { from: start, to });
  try {
    while (scan.next() && scan.at < to) {
      if (scan.kind !== "message" || scan.at < from) continue;
      if (!isDamageFiller(scan.record)) yield scan.record;
    }
  } finally {
    scan.close();
  }
}
