/**
 * Follows a commit log that is being written: gives its items in their order, and at the end looks
 * again and again for more. What is being written is never taken for damage.
 *
 * @module
 */
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import type { FileSystem } from "../../store/file.ts";
import { MESSAGE_V1 } from "../../store/format.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { SegmentList } from "../../store/segments.ts";
import { tornFlaw } from "../../store/torn_end.ts";
import type { LogItem } from "./damage_rows.ts";

/** How a log is followed. */
export interface FollowOptions {
  readonly files: FileSystem;
  /** Lists the files there are now. */
  readonly list: () => SegmentList;
  /** Where to begin: at a record or a file. */
  readonly from: number;
  /** Takes an item; false when no more is wanted. The record is valid until it returns. */
  readonly take: (item: LogItem & { readonly record: RecordView }) => boolean;
  /** Told when files went away that were still to be read. */
  readonly skipped: (from: number, to: number) => void;
  /** Told when everything there is was given; comes back when it is time to look again. */
  readonly wait: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Items between two moments in which a signal is heard. */
const TURN_ITEMS = 4096;
const PEEK_BYTES = MESSAGE_V1.at.bodyCRC;

/** Follows until no more is wanted or the signal fires. */
export async function followLog(options: FollowOptions): Promise<void> {
  const follower = new Follower(options);
  while (!options.signal.aborted && await follower.look()) await options.wait();
}

/** A place in a growing log. */
class Follower {
  #position: number;
  /** Damage that the look before met, with something sound behind it. */
  #suspect = "";
  readonly #options: FollowOptions;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#position = options.from;
  }

  /** Gives what is new; false when no more is wanted. */
  async look(): Promise<boolean> {
    const { files, list, signal, skipped } = this.#options;
    const log = list();
    const [first] = log.segments;
    if (first !== undefined && first.start > this.#position) {
      skipped(this.#position, first.start);
      this.#position = first.start;
    }
    if (!this.#isWritten(log)) return true;
    const scan = new CommitLogScan(files, shallow(log), { from: this.#position });
    /** Damage behind which nothing sound has been met so far. */
    let held: LogItem[] = [];
    try {
      for (let items = 1; scan.next() && scan.kind !== "tail"; items++) {
        if (items % TURN_ITEMS === 0) await new Promise((turn) => setTimeout(turn));
        if (signal.aborted) return false;
        if (scan.flaw !== undefined) {
          const { kind, at, length, flaw, segment } = scan;
          held.push({ kind, at, length, flaw, segment });
          continue;
        }
        if (held.length > 0 && !this.#isProven(held)) return true;
        if (scan.kind === "message" && this.#isUnfinished(log, scan)) return true;
        for (const item of held) if (!this.#give({ ...item, record: scan.record })) return false;
        held = [];
        if (!this.#give(scan)) return false;
      }
    } finally {
      scan.close();
    }
    return true;
  }

  /**
   * Whether damage stood there already in the look before. Between two reads of one look a record may
   * have been finished, and others written behind it.
   */
  #isProven(held: readonly LogItem[]): boolean {
    const before = this.#suspect;
    this.#suspect = JSON.stringify(held.map(({ at, length }) => [at, length]));
    return before === this.#suspect;
  }

  /**
   * Whether the properties of a record, which come last and have no checksum, may still be on their
   * way: they hold a zero, and nothing stands behind the record or it was not so in the look before.
   */
  #isUnfinished(log: SegmentList, scan: CommitLogScan): boolean {
    const { bytes, propertiesAt, propertiesLength } = scan.record;
    const properties = bytes.subarray(propertiesAt, propertiesAt + propertiesLength);
    if (!properties.includes(0)) return false;
    return tornFlaw(this.#options.files, log, scan) !== undefined || !this.#isProven([scan]);
  }

  #give(item: LogItem & { readonly record: RecordView }): boolean {
    this.#position = item.at + item.length;
    return this.#options.take(item);
  }

  /** Whether anything but zeros stands there; looking is cheap where nothing is new. */
  #isWritten({ segments }: SegmentList): boolean {
    const at = this.#position;
    const number = segments.findLastIndex((it) => it.start <= at);
    return segments.slice(Math.max(0, number), number + 2).some((segment) => {
      const file = this.#options.files.openRead(segment.path);
      try {
        const bytes = new Uint8Array(PEEK_BYTES);
        file.read(bytes, Math.max(0, at - segment.start));
        return bytes.some((byte) => byte !== 0);
      } finally {
        file.close();
      }
    });
  }
}

/**
 * The same files, of which a mebibyte of zeros is taken for the end: where a broker allocates its
 * files in full, every look would else read all of the room that is left.
 */
function shallow(log: SegmentList): SegmentList {
  return { ...log, segments: log.segments.map((it) => ({ ...it, allocatedBytes: 0 })) };
}
