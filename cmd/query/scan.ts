/**
 * Reads parts of the log for `mq query`, where nothing better leads to a message.
 *
 * @module
 */
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { LogFilter } from "../reading/log_filter.ts";
import { logRange } from "../reading/log_range.ts";
import type { Query } from "./query.ts";

const TICK_ITEMS = 4096;

/** What reading a part of the log came by. */
export interface ScanCount {
  /** Sound records that begin in the part. */
  readonly records: number;
}

/**
 * Hands every wanted record of a part of the log to `hit`, in order. Damage is noted: what it hides
 * cannot be found. The torn end of a store that was not stopped cleanly is no damage.
 */
export function scanLog(
  query: Query,
  part: {
    readonly from?: number;
    readonly to?: number;
    readonly filter: LogFilter;
    /** Whether it is told how far the reading is. Default: no. */
    readonly isTold?: boolean;
  },
  hit: (record: RecordView) => void,
): ScanCount {
  const range = logRange(query.files, query.log, {
    from: part.from,
    to: part.to,
    times: query.times,
  });
  const progress = part.isTold === true ? query.tellProgress(range) : undefined;
  const scan = new CommitLogScan(query.files, query.log, { from: range.from, to: range.to });
  let records = 0;
  let damage: string | undefined;
  const settle = (isTorn: boolean) => {
    if (damage !== undefined && !isTorn) query.damage(damage);
    damage = undefined;
  };
  try {
    for (let items = 0; !query.isFull && scan.next();) {
      if (++items % TICK_ITEMS === 0) query.tick();
      progress?.at(scan.at);
      if (scan.at + scan.length <= range.first) continue;
      settle(scan.kind === "tail" && query.place.isUnclean);
      if (scan.kind === "damage") {
        const unreadable = query.unreadable(scan.at, scan.at + scan.length);
        damage = `the log is damaged at ${scan.at} (${scan.length} bytes); ` +
          (unreadable ?? "what stood there is lost");
      } else if (scan.kind === "message" && scan.at >= range.first) {
        records++;
        if (part.filter.matches(scan.record)) hit(scan.record);
      }
    }
  } finally {
    scan.close();
    progress?.end(scan.position);
  }
  settle(query.place.isUnclean && range.to >= query.reader.end);
  return { records };
}
