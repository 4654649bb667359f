/**
 * Reads single records of a commit log by their offset, for hits of an index or a queue.
 *
 * @module
 */
import type { FileSystem, ReadableFile } from "../../store/file.ts";
import { MESSAGE_V1, SIZE } from "../../store/format.ts";
import { type Flaw, RECORD_BYTES_MIN, RecordView } from "../../store/record_view.ts";
import type { Segment, SegmentList } from "../../store/segments.ts";

/** Where a record could not be read. */
export type RecordMiss =
  /** Nothing of the log is there: older files are gone, or the log does not reach so far. */
  | { readonly kind: "outside" }
  /** Bytes stand there, but no sound record. */
  | { readonly kind: "damage"; readonly flaw: Flaw; readonly file: string };

/** A size beyond this is damage: no setting of a broker in use lets bodies grow so far. */
const RECORD_BYTES_MAX = SIZE.bodyBytesMax * 64;
const FIRST_READ_BYTES = 64 * 1024;

/** A reader of records anywhere in a log. Close it to release its file. */
export class RecordReader {
  /** The record last read; valid until the next read. */
  readonly record: RecordView = new RecordView();
  readonly #files: FileSystem;
  readonly #log: SegmentList;
  #bytes = new Uint8Array(FIRST_READ_BYTES);
  #segment: Segment | undefined;
  #file: ReadableFile | undefined;

  constructor(files: FileSystem, log: SegmentList) {
    this.#files = files;
    this.#log = log;
  }

  /** Offset of the first byte any file has. */
  get start(): number {
    return this.#log.segments[0]?.start ?? 0;
  }

  /** Offset behind the last byte any file has room for. */
  get end(): number {
    const last = this.#log.segments.at(-1);
    return last === undefined ? 0 : last.start + last.length;
  }

  /**
   * Reads the record that starts at an offset, its body's CRC compared; `undefined` when it is now
   * in {@linkcode record}.
   */
  read(offset: number): RecordMiss | undefined {
    const segment = this.#open(offset);
    if (segment === undefined) return { kind: "outside" };
    const at = offset - segment.start;
    const room = Math.min(segment.length, this.#log.segmentBytes) - at;
    const flaw = this.#load(at, room) ?? this.record.checkOffset(offset) ?? this.record.checkBody();
    return flaw === undefined ? undefined : { kind: "damage", flaw, file: segment.path };
  }

  /** Releases the open file; a second call does nothing. */
  close(): void {
    this.#file?.close();
    this.#file = this.#segment = undefined;
  }

  #load(at: number, room: number): Flaw | undefined {
    let held = this.#read(at, Math.min(this.#bytes.length, room));
    const size = held < RECORD_BYTES_MIN ? 0 : this.record.view.getInt32(MESSAGE_V1.at.totalSize);
    if (size > held && size <= Math.min(room, RECORD_BYTES_MAX)) held = this.#read(at, size);
    return this.record.load(0, held);
  }

  #read(at: number, length: number): number {
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(length);
    this.record.attach(this.#bytes);
    return this.#file!.read(this.#bytes.subarray(0, length), at);
  }

  #open(offset: number): Segment | undefined {
    const bytes = this.#log.segmentBytes;
    const holds = (it: Segment) =>
      offset >= it.start && offset < it.start + Math.min(it.length, bytes);
    if (this.#segment !== undefined && holds(this.#segment)) return this.#segment;
    const segment = this.#log.segments.find(holds);
    if (segment === undefined) return undefined;
    this.close();
    this.#file = this.#files.openRead(segment.path);
    return this.#segment = segment;
  }
}
