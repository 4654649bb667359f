/**
 * Reads consume queue extension files: beside the tags code they keep a bit map that tells which
 * groups' filters let a message pass. A queue's unit holds the extension unit's address in place of
 * its tags code.
 *
 * @module
 */
import type { FileSystem, ReadableFile } from "./file.ts";
import { QUEUE_EXT_UNIT } from "./format.ts";
import type { ValueOf } from "./layout.ts";
import type { Flaw } from "./record_view.ts";
import type { Segment, SegmentList } from "./segments.ts";

/** A unit of an extension file. */
export type QueueExtUnit = ValueOf<typeof QUEUE_EXT_UNIT.rows>;

/** What stands at a place of the extension files. */
export interface QueueExtItem {
  /** Offset in the extension files. */
  readonly at: number;
  /** The unit; absent where none stands. */
  readonly unit?: QueueExtUnit;
  /** Why it is no unit. */
  readonly flaw?: Flaw;
}

/** Bytes of a unit without a bit map. */
const UNIT_BYTES_MIN = QUEUE_EXT_UNIT.sizeOf({
  size: 0,
  tagsCode: 0n,
  storeTimestamp: 0,
  bitMap: new Uint8Array(0),
});
/** The size field is signed. */
const UNIT_BYTES_MAX = 32_767;
const NO_BYTES = new Uint8Array(0);
/** Stands in the size field behind the last unit of a full file. */
const FILE_END = -1;

/**
 * Offset in the extension files that a queue unit's `tagsCode` names (Java:
 * `ConsumeQueueExt.unDecorate`): the value plus 2^63. Only for units with `isExtAddress()`.
 */
export function extOffset(tagsCodeHigh: number, tagsCodeLow: number): number {
  return (tagsCodeHigh + 0x8000_0000) * 0x1_0000_0000 + (tagsCodeLow >>> 0);
}

/** The `tagsCode` that names an offset in the extension files. */
export function extAddress(offset: number): bigint {
  return BigInt(offset) - (1n << 63n);
}

/** Reads the extension files of one queue. Close it to release its file. */
export class QueueExtReader {
  readonly #fs: FileSystem;
  readonly #segments: readonly Segment[];
  /** Made when a file is read: most queues have none. */
  #bytes = NO_BYTES;
  #view = new DataView(NO_BYTES.buffer);
  #segment: Segment | undefined;
  #file: ReadableFile | undefined;

  constructor(fs: FileSystem, files: SegmentList) {
    this.#fs = fs;
    this.#segments = files.segments;
  }

  /** What stands at an offset. The bit map is a copy. */
  read(at: number): QueueExtItem {
    const segment = this.#segments.find((it) => at >= it.start && at < it.start + it.length);
    if (segment === undefined) return flawed(at, "a file that holds the offset", "none");
    const file = this.#open(segment);
    const length = file.read(this.#bytes, at - segment.start);
    const size = length < 2 ? FILE_END : this.#view.getInt16(QUEUE_EXT_UNIT.at.size);
    // Bytes of an earlier read say nothing about the end of this file.
    this.#bytes.fill(0, length, length + 2);
    if (length < UNIT_BYTES_MIN && length > 0) {
      return flawed(
        at,
        `a unit of at least ${UNIT_BYTES_MIN} bytes`,
        `${length} bytes of the file`,
      );
    }
    if (size < UNIT_BYTES_MIN || size > length) {
      return flawed(at, `a unit of ${UNIT_BYTES_MIN} to ${length} bytes`, `${size} bytes`);
    }
    const view = new DataView(this.#bytes.slice(0, size).buffer);
    let end = 0;
    for (const field of QUEUE_EXT_UNIT.walk(view, 0)) end = field.at + field.length;
    return end === size
      ? { at, unit: QUEUE_EXT_UNIT.read(view, 0) }
      : flawed(at, `a unit of ${size} bytes`, `a bit map that ends at ${end}`);
  }

  /** All units, file after file; a flawed one ends its file, zeros and the end mark do silently. */
  *units(): Generator<QueueExtItem, void> {
    for (const segment of this.#segments) {
      for (let at = segment.start; at < segment.start + segment.length;) {
        const item = this.read(at);
        if (item.unit === undefined) {
          if (!this.#isFileEnd()) yield item;
          break;
        }
        yield item;
        at += item.unit.size;
      }
    }
  }

  /** Releases the open file; a second call does nothing. */
  close(): void {
    this.#file?.close();
    this.#file = this.#segment = undefined;
  }

  /** Whether the bytes last read say that a file ends here. */
  #isFileEnd(): boolean {
    const size = this.#view.getInt16(QUEUE_EXT_UNIT.at.size);
    return size === 0 || size === FILE_END;
  }

  #open(segment: Segment): ReadableFile {
    if (this.#bytes === NO_BYTES) {
      this.#bytes = new Uint8Array(UNIT_BYTES_MAX);
      this.#view = new DataView(this.#bytes.buffer);
    }
    if (this.#segment !== segment || this.#file === undefined) {
      this.close();
      this.#file = this.#fs.openRead(segment.path);
      this.#segment = segment;
    }
    return this.#file;
  }
}

function flawed(at: number, expected: string, found: string): QueueExtItem {
  return { at, flaw: { code: "size", expected, found } };
}
