/**
 * A commit log scan as a list, with the checks that hold for every scan of any log.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CommitLogScan, type ScanKind, type ScanOptions } from "../store/commit_log_scan.ts";
import type { FileSystem } from "../store/file.ts";
import type { Flaw } from "../store/record_view.ts";
import { listSegments } from "../store/segments.ts";

/** What a scan met. */
export interface ScanItem {
  readonly kind: ScanKind;
  readonly at: number;
  readonly length: number;
  readonly flaw: Flaw | undefined;
  /** Name of the file; absent for a range without one. */
  readonly file: string | undefined;
}

/**
 * Scans a whole log. Checks that items follow each other without gap or overlap, that damage has a
 * reason, and that every file opened is closed.
 */
export function scanItems(
  fs: FileSystem,
  directory: string,
  options: ScanOptions = {},
): ScanItem[] {
  let open = 0;
  const counting: FileSystem = Object.create(fs, {
    openRead: {
      value: (path: string) => {
        open++;
        const file = fs.openRead(path);
        let isOpen = true;
        return {
          ...file,
          close: () => {
            if (isOpen) open--;
            isOpen = false;
            file.close();
          },
        };
      },
    },
    list: { value: (path: string) => fs.list(path) },
    stat: { value: (path: string) => fs.stat(path) },
  });
  const log = listSegments(counting, directory);
  const scan = new CommitLogScan(counting, log, options);
  const items: ScanItem[] = [];
  let end = options.from ?? log.segments[0]?.start ?? 0;
  while (scan.next()) {
    const { kind, at, length, flaw, segment } = scan;
    assert.equal(at, end, "items follow each other");
    assert(length > 0, "an item has bytes");
    assert(flaw !== undefined || kind !== "damage", "damage has a reason");
    if (segment !== undefined) assert(at >= segment.start && at < segment.start + log.segmentBytes);
    items.push({ kind, at, length, flaw, file: segment?.name });
    end = at + length;
  }
  assert.equal(open, 0, "files are closed");
  assert.equal(scan.next(), false, "a finished scan stays finished");
  return items;
}

/** Starts of the sound records. */
export function soundRecords(items: readonly ScanItem[]): number[] {
  return items.filter((item) => item.kind === "message").map((item) => item.at);
}

/** Items as `kind at+length`, for comparing. */
export function summary(items: readonly ScanItem[]): string[] {
  return items.map(({ kind, at, length, flaw }) => {
    return `${kind} ${at}+${length}${flaw === undefined ? "" : ` ${flaw.code}`}`;
  });
}
