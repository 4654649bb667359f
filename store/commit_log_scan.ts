/**
 * Walks the records of a commit log, file after file, and goes on after damage: it looks for the
 * next record whose magic, size, stored offset, lengths and CRC agree, and reports the range in
 * between. Where records carry a CRC of all they are, see `property_crc.ts`, that is compared, too.
 * Nothing here writes.
 *
 * The walker is a cursor and not a generator, because recovery and verification live on its speed:
 * call {@linkcode CommitLogScan.next} and read its fields until the next call.
 *
 * @module
 */
import { findBytes } from "./byte_search.ts";
import type { FileSystem, ReadableFile } from "./file.ts";
import { BLANK, MAGIC, MESSAGE_V1, SIZE } from "./format.ts";
import { i32, readI64 } from "./layout.ts";
import { FileWindow, WINDOW_BYTES } from "./file_window.ts";
import { sealFlaw, type SealState, sealState } from "./property_crc.ts";
import { type Flaw, hex32, RECORD_BYTES_MIN, RecordView } from "./record_view.ts";
import type { Segment, SegmentList } from "./segments.ts";
import { allZero, isZeroFile } from "./zeros.ts";

/** What stands at one place of the log. */
export type ScanKind =
  /** A sound record, in {@linkcode CommitLogScan.record}. */
  | "message"
  /** The filler at the end of a file. */
  | "blank"
  /** Bytes that are no record, up to the next that is one; `flaw` says why. */
  | "damage"
  /** Zeros from here to the end of all files: room not yet written. */
  | "tail";

/** How a log is walked. */
export interface ScanOptions {
  /** Where to start; must be the start of a record or file. Default: the first file. */
  readonly from?: number;
  /** Where to stop at the latest. Default: the end of the last file. */
  readonly to?: number;
  /** Whether bodies are read and their CRC compared, and that of sealed records. Default: yes. */
  readonly checkCrc?: boolean;
  /**
   * Whether a record without a seal is damage, and every wrong seal (Java: `forceVerifyPropCRC`).
   * Default: no.
   */
  readonly sealRequired?: boolean;
  /** Whether the stored offset must be the real one. Default: yes. Java up to 5.3 does not look. */
  readonly checkOffset?: boolean;
  /**
   * Whether room that takes no space on the disk may be taken for zeros without being read: what
   * keeps looking at a preallocated file of 1 GiB fast. Default: yes.
   */
  readonly trustHoles?: boolean;
  /** Whether the record before `from` carries a right seal. Default: that is not known. */
  readonly isSealed?: boolean | undefined;
}

const LARGEST_RECORD = SIZE.bodyBytesMax * 64;
const HOLE_MARGIN_BYTES = 1024 * 1024;
/** Three of its bytes are the same in both versions. */
const RECORD_MAGIC = magicBytes(MAGIC.v1).subarray(0, 3);
const FILLER_MAGIC = magicBytes(MAGIC.blank);

/**
 * A cursor over a commit log. Close it to release its file.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { CommitLogScan, hostBytes, listSegments, MemoryFiles, Store } from "../mod.ts";
 *
 * const fs = new MemoryFiles();
 * const storeHost = hostBytes("127.0.0.1", 10911);
 * {
 *   await using store = await Store.open("store", { fs, storeHost });
 *   const message = { topic: "Orders", queueId: 0, flag: 0, sysFlag: 0, reconsumeTimes: 0 };
 *   const born = { bornTimestamp: 0, bornHost: storeHost, preparedTransactionOffset: 0 };
 *   const content = { body: Uint8Array.of(1, 2, 3), properties: "TAGS\u0001red\u0002" };
 *   await new Promise((done) => store.put({ ...message, ...born, ...content }, done));
 * }
 * const scan = new CommitLogScan(fs, listSegments(fs, "store/commitlog"));
 * const items: [string, number][] = [];
 * while (scan.next()) items.push([scan.kind, scan.kind === "message" ? scan.record.bodyLength : 0]);
 * assert.deepEqual(items, [["message", 3], ["tail", 0]]);
 * scan.close();
 * ```
 */
export class CommitLogScan {
  kind: ScanKind = "tail";
  /** Where the item starts in the log. */
  at = 0;
  /** Bytes of the item. */
  length = 0;
  /** What is wrong, for `damage`; for `blank` only when its length is wrong. */
  flaw: Flaw | undefined;
  /** File the item starts in; `undefined` for a range whose file is missing. */
  segment: Segment | undefined;
  /** What the seal of a `message` says; `absent` where CRCs are not compared. */
  seal: SealState = "absent";
  /** The record of a `message`; for `damage` meaningless. */
  readonly record: RecordView = new RecordView();

  readonly #fs: FileSystem;
  readonly #segments: readonly Segment[];
  readonly #segmentBytes: number;
  readonly #options: Required<Omit<ScanOptions, "isSealed">>;
  readonly #checkCrc: boolean;
  readonly #checkOffset: boolean;
  readonly #sealRequired: boolean;
  /** Whether the last sound record carries a right seal; `undefined` before the first. */
  #isSealed: boolean | undefined;
  readonly #window: FileWindow;
  #file: ReadableFile | undefined;
  #number = -1;
  #position: number;
  /** Log position of the first byte in memory, and how many bytes there are. */
  #memoryStart = 0;
  #memoryEnd = 0;
  #done = false;

  constructor(fs: FileSystem, log: SegmentList, options: ScanOptions = {}) {
    this.#fs = fs;
    this.#segments = log.segments;
    this.#segmentBytes = log.segmentBytes;
    this.#window = new FileWindow(Math.min(log.segmentBytes, WINDOW_BYTES));
    const last = log.segments.at(-1);
    this.#options = {
      from: options.from ?? log.segments[0]?.start ?? 0,
      to: options.to ?? (last === undefined ? 0 : last.start + last.length),
      checkCrc: options.checkCrc ?? true,
      checkOffset: options.checkOffset ?? true,
      sealRequired: options.sealRequired ?? false,
      trustHoles: options.trustHoles ?? true,
    };
    this.#position = this.#options.from;
    this.#checkCrc = this.#options.checkCrc;
    this.#checkOffset = this.#options.checkOffset;
    this.#sealRequired = this.#options.sealRequired;
    this.#isSealed = options.isSealed;
  }

  /** Where the next item begins. */
  get position(): number {
    return this.#position;
  }

  /** Whether the last sound record carries a right seal; `undefined` before the first. */
  get isSealed(): boolean | undefined {
    return this.#isSealed;
  }

  /**
   * Turns to the first sound record of `[from, to)` in the file that holds `from`, or to the file
   * behind that; false where neither is. Tells where a walk may begin in the middle of a log.
   */
  seek(from: number, to: number): boolean {
    this.#position = from;
    if (!this.#enterSegment()) return false;
    const segment = this.#segments[this.#number]!;
    const end = segment.start + this.#usable(segment);
    const limit = Math.min(this.#dataEnd(segment, { from, end }), to);
    const accept = (at: number) => this.#isRecord(at, end);
    const found = this.#find(RECORD_MAGIC, { from, end: limit, accept });
    this.#position = found < limit ? found : end;
    return this.#position < to;
  }

  /** Moves to the next item; false at the end. */
  next(): boolean {
    if (this.#done || this.#position >= this.#options.to) return this.#finish();
    if (this.#loadHeld()) return true;
    if (!this.#enterSegment()) return !this.#done;
    const segment = this.#segments[this.#number]!;
    const end = segment.start + this.#usable(segment);
    const held = this.#hold(this.#position, SIZE.blankMin);
    this.segment = segment;
    this.at = this.#position;
    if (held < SIZE.blankMin) return this.#shortRoom(end);
    const magic = this.record.view.getInt32(this.#in(this.at) + MESSAGE_V1.at.magic);
    if (magic === MAGIC.blank) return this.#blank(end);
    const flaw = this.#load(this.at, end) ?? this.#checkSeal(end);
    if (flaw === undefined) return this.#item("message", this.record.size);
    // A broker may have written it since: then what stands behind it would be read, and it would not.
    if (this.#hasChanged(end)) return this.next();
    if (magic === 0 && this.#isZero(this.at, end)) return this.#zeros(end);
    return this.#damage(flaw, end);
  }

  /** Releases the open file. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#done = true;
  }

  /** The common case, a sound record that is in memory whole; false leaves all to the long way. */
  #loadHeld(): boolean {
    const at = this.#position - this.#memoryStart;
    const { record } = this;
    if (at < 0 || at + RECORD_BYTES_MIN > this.#memoryEnd) return false;
    if (record.load(at, this.#memoryEnd) !== undefined) return false;
    if (this.#checkOffset && record.checkOffset(this.#position) !== undefined) return false;
    if (this.#checkCrc) {
      if (record.checkBody() !== undefined) return false;
      const seal = sealState(record);
      if (seal === "wrong" || (this.#sealRequired && seal === "absent")) return false;
      this.#isSealed = seal === "right";
      this.seal = seal;
    }
    this.kind = "message";
    this.flaw = undefined;
    this.at = this.#position;
    this.length = record.size;
    this.#position += record.size;
    return true;
  }

  /** Bytes of a file that belong to the log, whatever its length. */
  #usable(segment: Segment): number {
    return Math.min(segment.length, this.#segmentBytes);
  }

  /** Opens the file of the position; reports a hole where there is none. */
  #enterSegment(): boolean {
    const current = this.#segments[this.#number];
    if (
      current !== undefined && this.#position >= current.start &&
      this.#position < current.start + this.#usable(current)
    ) return true;
    const number = this.#segments.findIndex((it) => it.start + this.#usable(it) > this.#position);
    const segment = this.#segments[number];
    if (segment === undefined) return this.#finish();
    if (segment.start > this.#position) {
      this.segment = undefined;
      this.at = this.#position;
      const missing = `bytes ${this.#position} to ${segment.start}`;
      this.flaw = { code: "size", expected: missing, found: "no file, or one too short" };
      this.#item("damage", segment.start - this.#position, this.flaw);
      return false;
    }
    this.#file?.close();
    this.#file = this.#fs.openRead(segment.path);
    this.#number = number;
    this.#window.open(this.#file, this.#usable(segment));
    this.#memoryEnd = 0;
    this.record.attach(this.#window.bytes);
    return true;
  }

  #finish(): boolean {
    this.close();
    return false;
  }

  #item(kind: ScanKind, length: number, flaw?: Flaw): boolean {
    this.kind = kind;
    this.length = length;
    this.flaw = flaw;
    this.#position = this.at + length;
    return true;
  }

  /** Index in the window's memory of a log position. */
  #in(position: number): number {
    return position - this.#segments[this.#number]!.start - this.#window.from;
  }

  #hold(position: number, length: number): number {
    const segment = this.#segments[this.#number]!;
    const before = this.#window.bytes;
    const held = this.#window.hold(position - segment.start, length);
    if (this.#window.bytes !== before) this.record.attach(this.#window.bytes);
    this.#memoryStart = segment.start + this.#window.from;
    this.#memoryEnd = this.#window.to - this.#window.from;
    return held;
  }

  /** Whether the bytes of the item are other ones by now; they are read again then. */
  #hasChanged(end: number): boolean {
    const start = this.#segments[this.#number]!.start;
    this.#hold(this.at, SIZE.blankMin);
    const size = this.record.view.getInt32(this.#in(this.at) + MESSAGE_V1.at.totalSize);
    const isSize = size >= RECORD_BYTES_MIN && size <= Math.min(end - this.at, LARGEST_RECORD);
    const length = Math.min(isSize ? size : RECORD_BYTES_MIN, WINDOW_BYTES);
    if (!this.#window.hasChanged(this.at - start, length)) return false;
    this.#memoryEnd = 0;
    return true;
  }

  /** Checks the record at a position in every way the options ask for. */
  #load(position: number, end: number): Flaw | undefined {
    const held = this.#hold(position, SIZE.blankMin);
    const magic = held < SIZE.blankMin
      ? 0
      : this.record.view.getInt32(this.#in(position) + MESSAGE_V1.at.magic);
    if (magic !== MAGIC.v1 && magic !== MAGIC.v2) {
      return { code: "magic", expected: "a message", found: hex32(magic) };
    }
    const size = this.record.view.getInt32(this.#in(position) + MESSAGE_V1.at.totalSize);
    const room = end - position;
    if (size >= RECORD_BYTES_MIN && size <= Math.min(room, LARGEST_RECORD)) {
      this.#hold(position, size);
    } else this.#hold(position, Math.min(RECORD_BYTES_MIN, room));
    const at = this.#in(position);
    const flaw = this.record.load(
      at,
      at + Math.min(room, this.#window.to - this.#window.from - at),
    );
    if (flaw !== undefined) return flaw;
    if (this.#options.checkOffset) {
      const misplaced = this.record.checkOffset(position);
      if (misplaced !== undefined) return misplaced;
    }
    return this.#options.checkCrc ? this.record.checkBody() : undefined;
  }

  /**
   * Checks the seal of the record loaded. A wrong one counts only beside a right one: of the record
   * before, or of the record behind.
   */
  #checkSeal(end: number): Flaw | undefined {
    if (!this.#checkCrc) return undefined;
    const { record } = this;
    const seal = sealState(record);
    if (seal === "absent" && this.#sealRequired) return sealFlaw(record);
    if (seal === "wrong") {
      const flaw = sealFlaw(record);
      if (this.#sealRequired || this.#isSealed === true) return flaw;
      const { size } = record;
      const isNextSealed = this.#load(this.at + size, end) === undefined &&
        sealState(record) === "right";
      this.#load(this.at, end);
      if (isNextSealed) return flaw;
    }
    this.#isSealed = seal === "right";
    this.seal = seal;
    return undefined;
  }

  #blank(end: number): boolean {
    const length = this.record.view.getInt32(this.#in(this.at) + BLANK.at.length);
    const room = end - this.at;
    if (length === room) return this.#item("blank", room);
    const flaw: Flaw = {
      code: "size",
      expected: `a filler of ${room} bytes`,
      found: `${length} bytes`,
    };
    const next = this.#resync(this.at + 1, end);
    return next === end
      ? this.#item("blank", room, flaw)
      : this.#item("damage", next - this.at, flaw);
  }

  /** Fewer bytes than a filler takes are left in a file: never so where RocketMQ wrote whole. */
  #shortRoom(end: number): boolean {
    if (this.#isZero(this.at, end)) return this.#zeros(end);
    const flaw: Flaw = {
      code: "size",
      expected: `at least ${SIZE.blankMin} bytes`,
      found: `${end - this.at} bytes`,
    };
    return this.#item("damage", end - this.at, flaw);
  }

  /** Zeros to the end of a file: the log's end, or a hole when later files hold something. */
  #zeros(end: number): boolean {
    const at = this.at;
    const segment = this.segment;
    if (!this.#anythingFrom(this.#number + 1)) {
      const last = this.#segments.at(-1)!;
      this.at = at;
      this.segment = segment;
      this.#item("tail", last.start + this.#usable(last) - at);
      this.#done = true;
      return true;
    }
    const flaw: Flaw = { code: "magic", expected: "a record or a filler", found: "zeros" };
    return this.#item("damage", end - at, flaw);
  }

  #damage(flaw: Flaw, end: number): boolean {
    // Only the content is wrong: the record's own frame says where the next one starts.
    const isFramed = flaw.code === "body-crc" || flaw.code === "property-crc";
    if (isFramed && this.#followed(this.at + this.record.size, end)) {
      return this.#item("damage", this.record.size, flaw);
    }
    const at = this.at;
    const next = this.#resync(at + 1, end);
    this.at = at;
    return this.#item("damage", next - at, flaw);
  }

  /** Whether something known stands at a position. */
  #followed(position: number, end: number): boolean {
    if (position === end) return true;
    if (this.#hold(position, SIZE.blankMin) < SIZE.blankMin) return false;
    const magic = this.record.view.getInt32(this.#in(position) + MESSAGE_V1.at.magic);
    return magic === MAGIC.v1 || magic === MAGIC.v2 || magic === MAGIC.blank || magic === 0;
  }

  /** First position from `from` on where a sound record or the file's filler stands, else `end`. */
  #resync(from: number, end: number): number {
    const record = this.#find(RECORD_MAGIC, { from, end, accept: (at) => this.#isRecord(at, end) });
    if (record < end) return record;
    return this.#find(FILLER_MAGIC, { from, end, accept: (at) => this.#isFiller(at, end) });
  }

  /** First position whose magic is the wanted one and which is accepted, else `end`. */
  #find(
    magic: Uint8Array,
    { from, end, accept }: {
      readonly from: number;
      readonly end: number;
      readonly accept: (position: number) => boolean;
    },
  ): number {
    let position = from;
    while (position + SIZE.blankMin <= end) {
      const held = this.#hold(position, SIZE.blankMin);
      if (held < SIZE.blankMin) return end;
      const start = this.#in(position);
      const range = { from: start + MESSAGE_V1.at.magic, to: start + held };
      const found = findBytes(this.#window.bytes, magic, range);
      if (found < 0) {
        position += held - SIZE.blankMin + 1;
        continue;
      }
      const candidate = position + (found - start) - MESSAGE_V1.at.magic;
      if (accept(candidate)) return candidate;
      position = candidate + 1;
    }
    return end;
  }

  /** Whether a filler stands at a position that tells the end of the file rightly. */
  #isFiller(position: number, end: number): boolean {
    if (this.#hold(position, SIZE.blankMin) < SIZE.blankMin) return false;
    return this.record.view.getInt32(this.#in(position) + BLANK.at.length) === end - position;
  }

  #isRecord(position: number, end: number): boolean {
    if (this.#hold(position, RECORD_BYTES_MIN) < RECORD_BYTES_MIN) return false;
    const at = this.#in(position);
    const stored = readI64(this.record.view, at + MESSAGE_V1.at.physicalOffset);
    if (stored !== position) return false;
    return this.#load(position, end) === undefined && this.record.checkBody() === undefined;
  }

  #isZero(from: number, end: number): boolean {
    const readEnd = this.#dataEnd(this.#segments[this.#number]!, { from, end });
    for (let position = from; position < readEnd;) {
      const held = Math.min(this.#hold(position, 1), readEnd - position);
      if (held <= 0) return true;
      if (!allZero(this.#window.bytes, this.#in(position), held)) return false;
      position += held;
    }
    return true;
  }

  /** Where data from `from` on ends at the latest, if room without disk space is trusted to be zero. */
  #dataEnd(
    segment: Segment,
    { from, end }: { readonly from: number; readonly end: number },
  ): number {
    if (!this.#options.trustHoles) return end;
    // Sound data before the hole takes its space; file systems may round it up or pack a little.
    const allocatedEnd = segment.start + segment.allocatedBytes;
    return Math.min(end, Math.max(allocatedEnd, from) + HOLE_MARGIN_BYTES);
  }

  /** Whether any file from a number on holds something other than zeros. */
  #anythingFrom(number: number): boolean {
    for (const segment of this.#segments.slice(number)) {
      if (segment.start >= this.#options.to) return false;
      const from = segment.start;
      const length = this.#dataEnd(segment, { from, end: from + this.#usable(segment) }) - from;
      const file = this.#fs.openRead(segment.path);
      try {
        if (!isZeroFile(file, length)) return true;
      } finally {
        file.close();
      }
    }
    return false;
  }
}

function magicBytes(magic: number): Uint8Array {
  const bytes = new Uint8Array(i32.width);
  new DataView(bytes.buffer).setInt32(0, magic);
  return bytes;
}
