/**
 * Walks a commit log from its end to its beginning. Records can only be found from the front, so a
 * file is passed through once, from record to record, to mark where its blocks begin, and then each
 * block is scanned, the last one first: however long the log is, one block of it is held.
 *
 * @module
 */
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import type { FileSystem } from "../../store/file.ts";
import { sealState } from "../../store/property_crc.ts";
import { RecordView } from "../../store/record_view.ts";
import type { SegmentList } from "../../store/segments.ts";
import type { LogItem } from "./damage_rows.ts";

/** Bytes of the log after which a new block begins with the next record. */
const REVERSE_BLOCK_BYTES: number = 1024 * 1024;

/** An item of the log; of a message with its record, which is good until the next item. */
export interface ReverseItem extends LogItem {
  readonly record?: RecordView;
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
  const block = new Block();
  let tail: ReverseItem | undefined;
  for (const part of partsOf(log, options).reverse()) {
    const marks = blockStarts(files, log, { ...options, ...part });
    for (let at = marks.length - 1; at >= 0; at--) {
      const end = marks[at + 1] ?? part.end;
      block.read(files, log, { ...options, start: marks[at]!, end });
      for (const item of block.turnedRound()) {
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

interface Part {
  readonly start: number;
  readonly end: number;
}

/** The stretches of the log from one file's start to the next one's, as far as they are wanted. */
function partsOf({ segments }: SegmentList, { from, to }: ReverseOptions): Part[] {
  const starts = segments.map((it) => it.start).filter((start) => start > from && start < to);
  return [from, ...starts].map((start, at) => ({ start, end: starts[at] ?? to }));
}

/**
 * Where the blocks of a part begin: each with a sound record, but for the first. Others need not be
 * sound: whatever stands between two marks, a scan from one comes to the other.
 */
function blockStarts(
  files: FileSystem,
  log: SegmentList,
  { start, end, to, tick, blockBytes = REVERSE_BLOCK_BYTES }: ReverseOptions & Part,
): number[] {
  const marks = [start];
  const scan = new CommitLogScan(files, log, { from: start, to, checkCrc: false });
  try {
    let due = start + blockBytes;
    for (let items = 1; scan.next() && scan.at < end; items++) {
      if (items % TICK_ITEMS === 0) tick?.();
      if (scan.kind !== "message" || scan.at < due || !isSound(scan.record)) continue;
      marks.push(scan.at);
      due = scan.at + blockBytes;
    }
  } finally {
    scan.close();
  }
  return marks;
}

function isSound(record: RecordView): boolean {
  return record.checkBody() === undefined && sealState(record) !== "wrong";
}

/** One block: its wanted items, and the records of those that are messages. */
class Block {
  readonly #record = new RecordView();
  #items: LogItem[] = [];
  /** The records of the items, one behind the other. */
  #bytes = new Uint8Array(0);
  #used = 0;

  /** Scans a block in place of the one before. */
  read(
    files: FileSystem,
    log: SegmentList,
    { start, end, to, wants }: ReverseOptions & Part,
  ): void {
    this.#items = [];
    this.#used = 0;
    const scan = new CommitLogScan(files, log, { from: start, to });
    try {
      while (scan.next() && scan.at < end) {
        const { kind, at, length, flaw, segment, record } = scan;
        const isMessage = kind === "message";
        if (isMessage && wants?.(record) === false) continue;
        this.#items.push({ kind, at, length, flaw, segment });
        if (isMessage) this.#keep(record.record());
      }
    } finally {
      scan.close();
    }
    this.#record.attach(this.#bytes);
  }

  /** The items, the last one first. */
  *turnedRound(): Generator<ReverseItem> {
    let end = this.#used;
    for (const item of this.#items.reverse()) {
      if (item.kind !== "message") yield item;
      else {
        this.#record.load(end - item.length, end);
        end -= item.length;
        yield { ...item, record: this.#record };
      }
    }
  }

  #keep(record: Uint8Array): void {
    const end = this.#used + record.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#bytes.set(record, this.#used);
    this.#used = end;
  }
}
