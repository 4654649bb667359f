/**
 * Whether the last record of a log was written whole. Only its body has a CRC: sizes and body may have
 * come to the disk and the properties not, which then end in zeros, as stored properties never do.
 *
 * @module
 */
import type { CommitLogScan } from "./commit_log_scan.ts";
import type { FileSystem } from "./file.ts";
import type { Flaw, RecordView } from "./record_view.ts";
import type { SegmentList } from "./segments.ts";
import { isUsed } from "./used_bytes.ts";

/** What is wrong with a record behind which the log holds nothing; `undefined` for one that is whole. */
export function tornFlaw(
  fs: FileSystem,
  log: SegmentList,
  { record, at, length, segment }: Pick<CommitLogScan, "record" | "at" | "length" | "segment">,
): Flaw | undefined {
  if (segment === undefined || !endsInZero(record)) return undefined;
  const end = at + length;
  for (const it of log.segments) {
    if (it.start >= segment.start && isUsed(fs, it, Math.max(0, end - it.start))) return undefined;
  }
  const found = "properties that end in zeros";
  return { code: "lengths", expected: "a record written to its end", found };
}

/** Whether a record's properties end in a zero, as stored ones never do. */
export function endsInZero({ bytes, propertiesAt, propertiesLength }: RecordView): boolean {
  return propertiesLength > 0 && bytes[propertiesAt + propertiesLength - 1] === 0;
}
