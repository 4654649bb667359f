/**
 * Where in the log a recovery begins after an unclean stop: with the newest file whose first record is
 * not younger than the checkpoint's smallest time (Java: `CommitLog.isMappedFileMatchedRecover` of
 * 4.x; 5.x asks the checkpoint otherwise, see `exact/`). After a clean one see `clean_start.ts`.
 *
 * @module
 */
import type { FileSystem } from "./file.ts";
import { MESSAGE_V1 } from "./format.ts";
import { RECORD_BYTES_MIN, RecordView } from "./record_view.ts";
import type { Segment, SegmentList } from "./segments.ts";

/** A place in the log, and why there. */
export interface RecoveryStart {
  readonly from: number;
  readonly reason: string;
}

/** After an unclean stop. Everything up to `minTimestamp` is in the queues. */
export function startAfterUncleanStop(
  fs: FileSystem,
  log: SegmentList,
  minTimestamp: number,
): RecoveryStart {
  for (const segment of log.segments.toReversed()) {
    const time = firstStoreTimestamp(fs, segment);
    if (time !== undefined && time <= minTimestamp) {
      const reason = `first record of ${segment.name} is not younger than the checkpoint`;
      return { from: segment.start, reason };
    }
  }
  return { from: log.segments[0]?.start ?? 0, reason: "no file begins before the checkpoint" };
}

/** Store time of a file's first record; `undefined` where none stands. */
export function firstStoreTimestamp(fs: FileSystem, segment: Segment): number | undefined {
  const file = fs.openRead(segment.path);
  try {
    let head = new Uint8Array(RECORD_BYTES_MIN);
    file.read(head, 0);
    const size = new DataView(head.buffer).getInt32(MESSAGE_V1.at.totalSize);
    if (size < RECORD_BYTES_MIN || size > segment.length) return undefined;
    head = new Uint8Array(size);
    file.read(head, 0);
    const record = new RecordView();
    record.attach(head);
    if (record.load(0, size) !== undefined) return undefined;
    const time = record.storeTimestamp();
    return time > 0 ? time : undefined;
  } finally {
    file.close();
  }
}
