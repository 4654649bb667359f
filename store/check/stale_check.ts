/**
 * Looks at both sides of damage in the log: records behind it that are older than those before it were
 * there before the log was once cut. A cut moves the end and erases nothing, and after a crash nobody
 * knows that what follows had been given up.
 *
 * @module
 */
import { CommitLogScan } from "../commit_log_scan.ts";
import { LogLookup } from "../log_lookup.ts";
import type { Segment } from "../segments.ts";
import { type Finding, finding, type FindingCode, type FindingSink } from "./findings.ts";
import type { StoreState } from "./store_state.ts";
import { topicOf } from "../record_text.ts";

/** Gaps that are looked at: each costs reading the headers of its file up to there. */
const GAPS_MAX = 16;
const GAP_CODES: ReadonlySet<FindingCode> = new Set(["log-bad-record", "log-wrong-offset"]);

/** Remembers where the log is damaged. */
export class StaleCheck {
  readonly #gaps: Finding[] = [];

  /** Takes every finding of a verification. */
  see(it: Finding): void {
    if (GAP_CODES.has(it.code) && this.#gaps.length < GAPS_MAX) this.#gaps.push(it);
  }

  /** Compares the records on both sides of each gap. */
  check(state: StoreState, sink: FindingSink): void {
    const lookup = new LogLookup(state.fs, state.log);
    try {
      for (const gap of this.#gaps) {
        const segment = state.log.segments.find((it) => it.path === gap.file);
        if (segment === undefined) continue;
        const before = timeBefore(state, segment, segment.start + gap.offset);
        const at = segment.start + gap.offset + gap.length;
        const record = lookup.frameAt(at);
        if (record === undefined || record.storeTimestamp() >= before) continue;
        const message = `record at log offset ${at}, behind a gap, was stored ` +
          `${before - record.storeTimestamp()} ms before the one in front of the gap`;
        sink(finding("log-stale-records", {
          file: segment.path,
          offset: at - segment.start,
          length: record.size,
          topic: topicOf(record),
          queueId: record.queueId(),
          queueOffset: record.queueOffset(),
          logOffset: at,
        }, { message }));
      }
    } finally {
      lookup.close();
    }
  }
}

/** Store time of the last record of a file before a place; 0 where there is none. */
function timeBefore({ fs, log }: StoreState, segment: Segment, to: number): number {
  const scan = new CommitLogScan(fs, log, { from: segment.start, to, checkCrc: false });
  let time = 0;
  try {
    while (scan.next() && scan.at < to) {
      if (scan.kind === "message") time = scan.record.storeTimestamp();
    }
  } finally {
    scan.close();
  }
  return time;
}
