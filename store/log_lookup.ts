/**
 * Single records of a commit log by their place: what an entry of a queue or of the index is compared
 * with when the scan did not just pass its record. Nothing here writes.
 *
 * @module
 */
import type { FileSystem, ReadableFile } from "./file.ts";
import { FileWindow } from "./file_window.ts";
import { MAGIC, MESSAGE_V1 } from "./format.ts";
import { RECORD_BYTES_MIN, RecordView } from "./record_view.ts";
import type { Segment, SegmentList } from "./segments.ts";

const WINDOW_BYTES = 64 * 1024;

/** Reads records here and there. Close it to release its file. */
export class LogLookup {
  readonly #fs: FileSystem;
  readonly #log: SegmentList;
  readonly #window = new FileWindow(WINDOW_BYTES);
  readonly #record = new RecordView();
  #segment: Segment | undefined;
  #file: ReadableFile | undefined;

  constructor(fs: FileSystem, log: SegmentList) {
    this.#fs = fs;
    this.#log = log;
  }

  /** File that holds a log offset; `undefined` when none does. */
  segmentOf(at: number): Segment | undefined {
    return this.#log.segments.find((it) => at >= it.start && at < it.start + it.length);
  }

  /**
   * The record whose frame stands at a log offset and says so; its body is not checked. Valid until
   * the next call.
   */
  frameAt(offset: number): RecordView | undefined {
    if (!this.#enter(offset)) return undefined;
    const position = offset - this.#segment!.start;
    const window = this.#window;
    if (window.hold(position, RECORD_BYTES_MIN) < RECORD_BYTES_MIN) return undefined;
    const view = new DataView(window.bytes.buffer);
    const at = position - window.from;
    const magic = view.getInt32(at + MESSAGE_V1.at.magic);
    const size = view.getInt32(at + MESSAGE_V1.at.totalSize);
    if (magic !== MAGIC.v1 && magic !== MAGIC.v2) return undefined;
    if (size < RECORD_BYTES_MIN || size > this.#segment!.length - position) return undefined;
    window.hold(position, size);
    const record = this.#record;
    record.attach(window.bytes);
    if (record.load(position - window.from, window.to - window.from) !== undefined) {
      return undefined;
    }
    return record.checkOffset(offset) === undefined ? record : undefined;
  }

  /** Releases the open file; a second call does nothing. */
  close(): void {
    this.#file?.close();
    this.#file = this.#segment = undefined;
  }

  #enter(at: number): boolean {
    const current = this.#segment;
    if (current !== undefined && at >= current.start && at < current.start + current.length) {
      return true;
    }
    const segment = this.segmentOf(at);
    if (segment === undefined) return false;
    this.close();
    this.#file = this.#fs.openRead(segment.path);
    this.#segment = segment;
    this.#window.open(this.#file, segment.length);
    return true;
  }
}
