/**
 * Walks a commit log from its end to its beginning. Records can only be found from the front, so a
 * file is scanned once to mark where its blocks begin, and then each block again, the last one first:
 * however long the log is, one block of it is held.
 *
 * @module
 */
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import type { FileSystem } from "../../store/file.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { SegmentList } from "../../store/segments.ts";
import type { LogItem } from "./damage_rows.ts";

/** Bytes of the log after which a new block begins with the next record. */
export const REVERSE_BLOCK_BYTES: number = 1024 * 1024;

/** An item of the log; of a message with a copy of its record. */
export interface ReverseItem extends LogItem {
  readonly bytes?: Uint8Array;
}

/** How a log is walked backwards. */
export interface ReverseOptions {
  /** Where the walk ends: at a record or a file. */
  readonly from: number;
  /** Where the walk begins at the latest. */
  readonly to: number;
  /** Which records are wanted; others are not given. */
  readonly wants?: (record: RecordView) => boolean;
  /** Called now and then while nothing is found. */
  readonly tick?: () => void;
  readonly blockBytes?: number;
}

/** Items between two ticks. */
const TICK_ITEMS = 4096;

/** Gives the items of a log, the last one first: what `CommitLogScan` gives, turned round. */
export function* reverseScan(
  files: FileSystem,
  log: SegmentList,
  options: ReverseOptions,
): Generator<ReverseItem> {
  let tail: ReverseItem | undefined;
  for (const part of partsOf(log, options).reverse()) {
    const marks = blockStarts(files, log, { ...options, ...part });
    for (let at = marks.length - 1; at >= 0; at--) {
      const end = marks[at + 1] ?? part.end;
      for (const item of blockItems(files, log, { ...options, start: marks[at]!, end }).reverse()) {
        // Zeros may go on through several files: the one they begin in tells how far.
        if (item.kind === "tail") tail = item;
        else {
          if (tail !== undefined) yield tail;
          tail = undefined;
          yield item;
        }
      }
    }
  }
  if (tail !== undefined) yield tail;
}

/** Loads a record that was given. */
export function loadReversed(record: RecordView, bytes: Uint8Array): RecordView {
  record.attach(bytes);
  record.load(0, bytes.length);
  return record;
}

interface Part {
  readonly start: number;
  readonly end: number;
}

/** The stretches of the log from one file's start to the next one's, as far as they are wanted. */
function partsOf({ segments }: SegmentList, { from, to }: ReverseOptions): Part[] {
  const starts = segments.map((it) => it.start).filter((start) => start > from && start < to);
  return [from, ...starts].map((start, at) => ({ start, end: starts[at] ?? to }));
}

/** Where the blocks of a part begin: each with a sound record, but for the first. */
function blockStarts(
  files: FileSystem,
  log: SegmentList,
  { start, end, to, tick, blockBytes = REVERSE_BLOCK_BYTES }: ReverseOptions & Part,
): number[] {
  const marks = [start];
  const scan = new CommitLogScan(files, log, { from: start, to });
  try {
    let due = start + blockBytes;
    for (let items = 1; scan.next() && scan.at < end; items++) {
      if (items % TICK_ITEMS === 0) tick?.();
      if (scan.kind !== "message" || scan.at < due) continue;
      marks.push(scan.at);
      due = scan.at + blockBytes;
    }
  } finally {
    scan.close();
  }
  return marks;
}

/** The wanted items of a block, in order. */
function blockItems(
  files: FileSystem,
  log: SegmentList,
  { start, end, to, wants }: ReverseOptions & Part,
): ReverseItem[] {
  const items: ReverseItem[] = [];
  const scan = new CommitLogScan(files, log, { from: start, to });
  try {
    while (scan.next() && scan.at < end) {
      const { kind, at, length, flaw, segment, record } = scan;
      const item = { kind, at, length, flaw, segment };
      if (kind !== "message") items.push(item);
      else if (wants?.(record) ?? true) items.push({ ...item, bytes: record.record().slice() });
    }
  } finally {
    scan.close();
  }
  return items;
}
