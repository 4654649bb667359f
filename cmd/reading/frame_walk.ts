/**
 * Walks the records of a commit log by their frames alone, for counts over whole logs: of a large
 * record the body is not even read. A record counts when magic, stored offset and all lengths agree;
 * no CRC is compared. Whatever is no such record is left to `CommitLogScan`, so that damage, fillers
 * and the end of the log are told apart in one place.
 *
 * @module
 */
import { CommitLogScan, type ScanKind } from "../../store/commit_log_scan.ts";
import type { FileSystem, ReadableFile } from "../../store/file.ts";
import { MAGIC, MESSAGE_V1, SYS_FLAG } from "../../store/format.ts";
import { i16, i32, i64, i8, readI64 } from "../../store/layout.ts";
import { type Flaw, RECORD_BYTES_MIN, RecordView } from "../../store/record_view.ts";
import type { Segment, SegmentList } from "../../store/segments.ts";

const AT = MESSAGE_V1.at;
/** Small enough to stay in the processor's cache between the read and the look. */
const BLOCK_BYTES = 256 * 1024;
/** A body from here on is cheaper to pass over with a read of its own than to read. */
const SKIP_BYTES = 8 * 1024;
/** What is read behind a body that was passed over: the record's end and the next one's head. */
const NEAR_BYTES = 1024;
/** The most a record has beside its body: two hosts of IPv6, topic, properties. */
const FRAME_BYTES_MAX = RECORD_BYTES_MIN + 24 + i8.width + 0x7fff + 0x7fff;
/** The most of a record that lies before its body. */
const HEAD_BYTES_MAX = AT.bornHost + 20 + i64.width + 20 + i32.width + i64.width + i32.width;

/** A cursor over the frames of a log. Close it to release its file. */
export class FrameWalk {
  kind: ScanKind = "tail";
  /** Where the item starts in the log. */
  at = 0;
  /** Bytes of the item. */
  length = 0;
  flaw: Flaw | undefined;
  /** File the item starts in; `undefined` for a range whose file is missing. */
  segment: Segment | undefined;
  /**
   * The record of a `message`. Its body is not there: only what stands before and behind it may be
   * looked at, by the positions the view gives.
   */
  record: RecordView = new RecordView();
  /** Bytes read from files; what was passed over is not in it. */
  readBytes = 0;
  /** A view onto the window. */
  readonly #framed: RecordView = this.record;
  readonly #files: FileSystem;
  readonly #log: SegmentList;
  readonly #to: number;
  #position: number;
  #file: ReadableFile | undefined;
  #open: Segment | undefined;
  /** Log offset behind what counts of the open file. */
  #openEnd = 0;
  /** In front of the window stands the head of a record whose body was passed over. */
  readonly #bytes = new Uint8Array(HEAD_BYTES_MAX + BLOCK_BYTES);
  /** Log offset of the window's first byte, and behind its last. */
  #from = 0;
  #end = 0;
  #isSkipping = false;

  constructor(
    files: FileSystem,
    log: SegmentList,
    range: { readonly from?: number; readonly to?: number } = {},
  ) {
    const last = log.segments.at(-1);
    this.#files = files;
    this.#log = log;
    this.#position = range.from ?? log.segments[0]?.start ?? 0;
    this.#to = range.to ?? (last === undefined ? 0 : last.start + last.length);
    this.record.attach(this.#bytes);
  }

  /** Moves to the next item; false at the end. */
  next(): boolean {
    if (this.#position >= this.#to) return false;
    if (!this.#frame()) return this.#scanned();
    this.kind = "message";
    this.flaw = undefined;
    this.at = this.#position;
    this.length = this.record.size;
    this.segment = this.#open;
    this.#position += this.length;
    return true;
  }

  /** Releases the open file; a second call does nothing. */
  close(): void {
    this.#file?.close();
    this.#file = this.#open = undefined;
    this.#from = this.#end = 0;
  }

  /** The common case: a record with a sound frame. */
  #frame(): boolean {
    const at = this.#position;
    if (this.#open === undefined || at >= this.#openEnd || at < this.#open.start) {
      if (!this.#enter(at)) return false;
    }
    if (!this.#hold(at, Math.min(HEAD_BYTES_MAX, this.#openEnd - at))) return false;
    const record = this.record = this.#framed;
    const head = this.#in(at);
    const size = record.view.getInt32(head + AT.totalSize);
    if (size < RECORD_BYTES_MIN || size > this.#openEnd - at) return false;
    if (readI64(record.view, head + AT.physicalOffset) !== at) return false;
    if (at + size <= this.#end || size < SKIP_BYTES) {
      this.#isSkipping = false;
      return this.#hold(at, size) && record.load(this.#in(at), this.#in(at) + size) === undefined;
    }
    return this.#skip(at, size);
  }

  /** Looks at a record around its body. */
  #skip(at: number, size: number): boolean {
    const record = this.#framed;
    const { view } = record;
    const head = this.#in(at);
    const magic = view.getInt32(head + AT.magic);
    if (magic !== MAGIC.v1 && magic !== MAGIC.v2) return false;
    const sysFlag = view.getInt32(head + AT.sysFlag);
    const storeTimestampAt = AT.bornHost + hostBytes(sysFlag & SYS_FLAG.bornHostV6);
    const bodyLengthAt = storeTimestampAt + i64.width + hostBytes(sysFlag & SYS_FLAG.storeHostV6) +
      i32.width + i64.width;
    const bodyAt = bodyLengthAt + i32.width;
    const bodyLength = view.getInt32(head + bodyLengthAt);
    const rest = size - bodyAt - bodyLength;
    if (bodyLength < 0 || rest < 0 || rest > FRAME_BYTES_MAX) return false;
    this.#bytes.copyWithin(0, head, head + HEAD_BYTES_MAX);
    this.#isSkipping = true;
    const behind = at + bodyAt + bodyLength;
    if (!this.#hold(behind, rest)) return false;
    const topicLengthAt = this.#in(behind);
    const isV2 = magic === MAGIC.v2;
    const topicLength = isV2 ? view.getInt16(topicLengthAt) : view.getInt8(topicLengthAt);
    const topicAt = topicLengthAt + (isV2 ? i16.width : i8.width);
    const propertiesAt = topicAt + topicLength + i16.width;
    const end = topicLengthAt + rest;
    if (topicLength < 0 || propertiesAt > end) return false;
    if (view.getInt16(propertiesAt - i16.width) !== end - propertiesAt) return false;
    record.at = 0;
    record.size = size;
    record.storeTimestampAt = storeTimestampAt;
    record.bodyAt = bodyAt;
    record.bodyLength = bodyLength;
    record.topicAt = topicAt;
    record.topicLength = topicLength;
    record.propertiesAt = propertiesAt;
    record.propertiesLength = end - propertiesAt;
    return true;
  }

  #enter(at: number): boolean {
    this.close();
    const bytes = this.#log.segmentBytes;
    const usable = (it: Segment) => it.start + Math.min(it.length, bytes);
    const segment = this.#log.segments.find((it) => at >= it.start && at < usable(it));
    if (segment === undefined) return false;
    this.#file = this.#files.openRead(segment.path);
    this.#open = segment;
    this.#openEnd = usable(segment);
    return true;
  }

  /** Index in memory of a log offset inside the window. */
  #in(offset: number): number {
    return HEAD_BYTES_MAX + offset - this.#from;
  }

  /** Makes bytes of the open file present in the window; false where the file is shorter. */
  #hold(at: number, length: number): boolean {
    if (at >= this.#from && at + length <= this.#end) return true;
    const kept = at >= this.#from && at < this.#end ? this.#end - at : 0;
    if (kept > 0) this.#bytes.copyWithin(HEAD_BYTES_MAX, this.#in(at), this.#in(this.#end));
    this.#from = at;
    this.#end = at + kept;
    const room = (this.#isSkipping ? Math.max(NEAR_BYTES, length) : BLOCK_BYTES) - kept;
    const wanted = Math.min(room, this.#openEnd - this.#end);
    if (wanted > 0) {
      const start = HEAD_BYTES_MAX + kept;
      const into = this.#bytes.subarray(start, start + wanted);
      const count = this.#file!.read(into, this.#end - this.#open!.start);
      this.#end += count;
      this.readBytes += count;
    }
    return this.#end - at >= length;
  }

  /** The other cases, by the scan that tells them apart. */
  #scanned(): boolean {
    const scan = new CommitLogScan(this.#files, this.#log, {
      from: this.#position,
      to: this.#to,
      checkCrc: false,
    });
    try {
      if (!scan.next()) return false;
      this.kind = scan.kind;
      this.at = scan.at;
      this.length = scan.length;
      this.flaw = scan.flaw;
      this.segment = scan.segment;
      this.#position = scan.kind === "tail" ? this.#to : scan.at + scan.length;
      return scan.kind !== "message" || this.#copied(scan.record);
    } finally {
      scan.close();
    }
  }

  /** Takes over a record that became whole between the two looks: its broker is writing. */
  #copied({ bytes, at, size }: RecordView): boolean {
    const copy = new RecordView();
    copy.attach(bytes.slice(at, at + size));
    this.record = copy;
    return copy.load(0, size) === undefined;
  }
}

function hostBytes(v6: number): number {
  return v6 === 0 ? 8 : 20;
}
