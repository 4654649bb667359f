/**
 * The commit log as a broker holds it: records are encoded into a staging block, the block is
 * written with one call, and only then does anybody hear of it. The newest part stays in memory.
 *
 * Positions: `writtenTo` is what the files hold, `stagedTo` what has been encoded, `flushedTo` what
 * the disk has confirmed; `flushedTo ≤ writtenTo ≤ stagedTo`. Nothing here knows queues or topics.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ColdBlocks } from "./cold_blocks.ts";
import { BLANK, MAGIC, SIZE } from "./format.ts";
import { LogFiles } from "./log_files.ts";
import type { OpenFiles } from "./open_files.ts";
import { TailCache } from "./tail_cache.ts";

/** What a commit log needs to know. */
export interface CommitLogOptions {
  /** Folder of the files, or several. */
  readonly directory: string | readonly string[];
  /** Folders with older files that get no new ones. */
  readonly readOnlyDirectories?: readonly string[] | undefined;
  /** Length of every file. */
  readonly segmentBytes: number;
  /** End of the sound records: where the next one goes. */
  readonly end: number;
  /**
   * From here on the files may not be on the disk although they are written, as a killed process
   * leaves them; default: `end`.
   */
  readonly unsyncedFrom?: number;
  /** How much of the newest log is kept in memory. */
  readonly tailCacheBytesMax?: number;
  /** Whether readers compare the seals of records that come from files, see `property_crc.ts`. */
  readonly checksSeals?: boolean;
  /** Whether readers compare records that come from files with their frames and CRCs. */
  readonly checksRecords?: boolean;
}

/** A block that could not be written is forgotten. */
const FORGET = { keep: false };
const STAGING_BYTES = 256 * 1024;
/** A block of this size is written at once, however much more the turn brings. */
const STAGING_BYTES_MAX = 4 * 1024 * 1024;

/** Where a record is encoded. The same object is filled anew with every reservation. */
export interface ReservedPlace {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Position in the bytes. */
  readonly at: number;
  /** Where the record will stand in the log. */
  readonly physicalOffset: number;
}

/** A log that is appended to. */
export class CommitLog {
  readonly segmentBytes: number;
  readonly checksSeals: boolean;
  readonly checksRecords: boolean;
  /** Reads what is not in memory. */
  readonly cold: ColdBlocks = new ColdBlocks(this);
  /** Where the next record will start, were nothing rolled. */
  stagedTo: number;
  writtenTo: number;
  flushedTo: number;

  readonly #files: LogFiles;
  readonly #tail: TailCache;
  #staging = new Uint8Array(0);
  #view = new DataView(this.#staging.buffer);
  #place = { bytes: this.#staging, view: this.#view, at: 0, physicalOffset: 0 };
  #stagedBytes = 0;
  /** Files written since they were last synced. */
  readonly #dirty = new Set<number>();
  /** Up to where a write that failed may have left bytes behind the log's end. */
  #tornTo = 0;

  constructor(files: OpenFiles, options: CommitLogOptions) {
    this.#files = new LogFiles(files, options);
    this.segmentBytes = options.segmentBytes;
    this.checksSeals = options.checksSeals ?? false;
    this.checksRecords = options.checksRecords ?? false;
    this.stagedTo = this.writtenTo = options.end;
    this.flushedTo = Math.min(options.unsyncedFrom ?? options.end, options.end);
    this.#tail = new TailCache(options.tailCacheBytesMax);
    if (this.flushedTo === this.writtenTo) return;
    for (const start of this.#files.starts) {
      const isUnsynced = start < this.writtenTo && start + this.segmentBytes > this.flushedTo;
      if (isUnsynced) this.#dirty.add(start);
    }
  }

  /** Offset of the oldest byte; the end of the log when there is no file. */
  get start(): number {
    return this.#files.first ?? this.writtenTo;
  }

  /** Offset up to which reads find records. */
  get end(): number {
    return this.writtenTo;
  }

  /** Whether a record can join the staged ones, or these must be written first. */
  fits(size: number): boolean {
    const room = this.segmentBytes - this.stagedTo % this.segmentBytes;
    return size + SIZE.blankMin <= room && this.#stagedBytes + size <= STAGING_BYTES_MAX;
  }

  /**
   * Makes room for a record, rolling to the next file when this one cannot hold it and a filler
   * behind it. Encode the record at the returned position, then call {@linkcode staged}. Where it
   * does not {@linkcode fits}, the staged block must have been written.
   */
  reserve(size: number): ReservedPlace {
    // Spelled out, because a call of assert costs a tenth of an append.
    if (size + SIZE.blankMin > this.segmentBytes) assert.fail(`record of ${size} bytes in the log`);
    if (this.hasStaged && !this.fits(size)) assert.fail("staged records stand in the way");
    const room = this.segmentBytes - this.stagedTo % this.segmentBytes;
    if (size + SIZE.blankMin > room) this.#roll(room);
    this.#grow(size);
    const place = this.#place;
    place.at = this.#stagedBytes;
    place.physicalOffset = this.stagedTo;
    return place;
  }

  /** Accepts the record encoded at the reserved position. */
  staged(size: number): void {
    this.#stagedBytes += size;
    this.stagedTo += size;
  }

  /** Bytes that wait for {@linkcode write}. */
  get stagedBytes(): number {
    return this.#stagedBytes;
  }

  /** Whether encoded records wait for {@linkcode write}. */
  get hasStaged(): boolean {
    return this.#stagedBytes > 0;
  }

  /** The staged block as it will stand at {@linkcode writtenTo}; valid until the next reserve. */
  stagedBlock(): Uint8Array {
    return this.#staging.subarray(0, this.#stagedBytes);
  }

  /**
   * Writes the staged block. On failure nothing of it is part of the log and the error is thrown; with
   * `keep` it is still staged then, else it is forgotten.
   */
  write({ keep }: { readonly keep: boolean } = FORGET): void {
    if (this.#stagedBytes === 0) return;
    const block = this.#staging.subarray(0, this.#stagedBytes);
    const at = this.writtenTo;
    try {
      this.mend();
      this.#writeAt(at, block);
    } catch (error) {
      this.#tornTo = Math.max(this.#tornTo, at + block.length);
      if (!keep) {
        this.stagedTo = at;
        this.#stagedBytes = 0;
      }
      throw error;
    }
    this.#tail.append(at, block);
    this.writtenTo = at + block.length;
    this.#stagedBytes = 0;
  }

  /** Whether a write that failed may have left bytes behind the log's end. */
  get isTorn(): boolean {
    return this.#tornTo > this.writtenTo;
  }

  /**
   * Zeros what a failed write left behind the log's end, so that records that were refused do not
   * stand behind shorter ones that come in their place. Throws when it cannot.
   */
  mend(): void {
    if (!this.isTorn) return;
    const length = this.#tornTo - this.writtenTo;
    const start = this.#startOf(this.writtenTo);
    if (this.#files.has(start)) {
      const at = this.writtenTo - start;
      const left = new Uint8Array(length);
      this.#file(start).read(left, at);
      // What was never written is not made to take space.
      const last = left.findLastIndex((byte) => byte !== 0);
      if (last >= 0) {
        this.#file(start).write(new Uint8Array(last + 1), at);
        this.#dirty.add(start);
      }
    }
    this.#tornTo = 0;
  }

  /** The files, oldest first, and when each was last written. */
  fileAges(): { start: number; mtimeMs: number }[] {
    return this.#files.ages();
  }

  /**
   * Removes the oldest file for good; the last one stays. Reads that are under way finish. Returns
   * where the log begins now.
   */
  dropFirst(): number {
    const { start } = this;
    try {
      this.#files.dropFirst();
    } finally {
      if (!this.#files.has(start)) this.#dirty.delete(start);
    }
    return this.start;
  }

  /** Folders whose disks are too full for new files, while there are others. */
  set fullFolders(folders: ReadonlySet<string>) {
    this.#files.fullFolders = folders;
  }

  /** Gives files their full length that were found shorter. */
  restoreLengths(): void {
    this.#files.restoreLengths();
  }

  /** Makes the next file, when it is time and it is not there yet, so that no append waits for it. */
  makeNext(): Promise<void> {
    return this.#files.makeNext(this.writtenTo);
  }

  /** Removes what was made ahead: the end of a clean stop. */
  dropAhead(): void {
    this.#files.dropAhead();
  }

  /** Appends bytes that are records already, at the log's end: replication and repair. */
  appendRaw(bytes: Uint8Array): void {
    assert(!this.hasStaged, "staged records before raw bytes");
    this.#writeAt(this.writtenTo, bytes);
    this.#tail.append(this.writtenTo, bytes);
    this.writtenTo += bytes.length;
    this.stagedTo = this.writtenTo;
  }

  /**
   * Brings everything written so far to the disk and moves {@linkcode flushedTo}. One call at a
   * time: `flush_gate.ts` sees to that.
   */
  async flush(): Promise<void> {
    const target = this.writtenTo;
    for (const start of [...this.#dirty]) {
      // The file may have been removed while another one was synced.
      if (!this.#dirty.delete(start)) continue;
      try {
        await this.#file(start).sync();
      } catch (error) {
        this.#dirty.add(start);
        throw error;
      }
    }
    this.flushedTo = Math.max(this.flushedTo, target);
  }

  /** Whether a range can be read without touching a file. */
  inMemory(at: number, length: number): boolean {
    return this.#tail.holds(at, length);
  }

  /** Copies log bytes into `into` at `position`; the range must lie in the log. */
  read(range: { at: number; length: number }, into: Uint8Array, position = 0): boolean {
    if (!this.#contains(range)) return false;
    if (this.#tail.holds(range.at, range.length)) {
      this.#tail.copy(range, into, position);
      return true;
    }
    const start = this.#startOf(range.at);
    if (!this.#files.has(start)) return false;
    const target = into.subarray(position, position + range.length);
    return this.#file(start).read(target, range.at - start) === range.length;
  }

  /** As {@linkcode read}, without holding up the turn where the range is not in memory. */
  async readAsync(
    range: { at: number; length: number },
    into: Uint8Array,
    position = 0,
  ): Promise<boolean> {
    if (this.#tail.holds(range.at, range.length)) return this.read(range, into, position);
    const start = this.#startOf(range.at);
    if (!this.#contains(range) || !this.#files.has(start)) return false;
    const target = into.subarray(position, position + range.length);
    try {
      return await this.#file(start).readAsync(target, range.at - start) === range.length;
    } catch (error) {
      // Expired while it was read.
      if (range.at < this.start) return false;
      throw error;
    }
  }

  #contains(range: { at: number; length: number }): boolean {
    return range.at >= this.start && range.at + range.length <= this.writtenTo &&
      this.#startOf(range.at) === this.#startOf(range.at + range.length - 1);
  }

  #startOf(position: number): number {
    return position - position % this.segmentBytes;
  }

  #file(start: number) {
    return this.#files.get(start);
  }

  #roll(room: number): void {
    this.#grow(BLANK.size);
    BLANK.write(this.#view, this.#stagedBytes, { length: room, magic: MAGIC.blank });
    this.#stagedBytes += BLANK.size;
    const nextFile = this.stagedTo + room;
    this.write();
    this.writtenTo = this.stagedTo = nextFile;
    this.#tail.skipTo(nextFile);
  }

  #grow(size: number): void {
    const wanted = this.#stagedBytes + size;
    if (wanted <= this.#staging.length) return;
    const larger = new Uint8Array(Math.max(wanted, this.#staging.length * 2, STAGING_BYTES));
    larger.set(this.#staging.subarray(0, this.#stagedBytes));
    this.#staging = larger;
    this.#view = new DataView(larger.buffer);
    this.#place = { bytes: larger, view: this.#view, at: 0, physicalOffset: 0 };
  }

  #writeAt(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const start = this.#startOf(at + done);
      const length = Math.min(bytes.length - done, start + this.segmentBytes - at - done);
      this.#files.enter(start).write(bytes.subarray(done, done + length), at + done - start);
      this.#dirty.add(start);
      done += length;
    }
  }
}
