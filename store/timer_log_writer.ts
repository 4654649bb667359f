/**
 * The timer log of 5.x as a broker writes it (Java: `TimerLog`): units of `timer_log.ts` at the end,
 * read back by position. A unit goes into its file with `write`, and the disk has it after `sync`;
 * a wheel may lead to it only after the former, a checkpoint may speak of it only after the latter.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem, WritableFile } from "./file.ts";
import { MAGIC, TIMER_LOG_UNIT } from "./format.ts";
import { offsetName, unfinishedFolder } from "./names.ts";
import { makeFileDurably } from "./new_file.ts";
import { listSegments } from "./segments.ts";
import { readTimerLogUnit, type TimerLogUnit } from "./timer_log.ts";
import { allZero } from "./zeros.ts";

const AT = TIMER_LOG_UNIT.at;
const UNIT_BYTES = TIMER_LOG_UNIT.size;
/** The filler at the end of a file is as long as the part of a unit up to its magic. */
const BLANK_BYTES = AT.enqueueTime;
const BLOCK_BYTES = 64 * 1024;
const STAGED_UNITS_MAX = 1024;

/** What a unit says; its position comes with the append. */
export type TimerLogEntry = Omit<TimerLogUnit, "position">;

/** An open timer log. */
export class TimerLog implements Disposable {
  /** End of what is certain to be on the disk. */
  flushedTo = 0;
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #fileBytes: number;
  /** Open files by their start, in its order. */
  readonly #files = new Map<number, WritableFile>();
  readonly #dirty = new Set<number>();
  readonly #staged = new Uint8Array(STAGED_UNITS_MAX * UNIT_BYTES);
  readonly #stagedView = new DataView(this.#staged.buffer);
  #stagedBytes = 0;
  /** End of what is in files. */
  #writtenTo = 0;
  /** A piece of a file, for units that are read: those of a chain often lie close together. */
  readonly #block = new Uint8Array(BLOCK_BYTES + UNIT_BYTES);
  readonly #blockView = new DataView(this.#block.buffer);
  #blockAt = -1;
  #blockTo = -1;

  private constructor(fs: FileSystem, folder: string, fileBytes: number) {
    this.#fs = fs;
    this.#folder = folder;
    this.#fileBytes = fileBytes;
  }

  /**
   * Opens the log, whose end has to be found with {@linkcode TimerLog.recover}. Files that are there
   * say themselves how long they are.
   *
   * @throws {Error} if they are not equally long, with which a Java broker does not start either.
   */
  static open(fs: FileSystem, folder: string, fileBytes: number): TimerLog {
    fs.remove(unfinishedFolder(folder));
    if (fs.stat(folder) === undefined) fs.makeDirectory(folder);
    const { segments, segmentBytes } = listSegments(fs, folder);
    const log = new TimerLog(fs, folder, segments.length === 0 ? fileBytes : segmentBytes);
    try {
      for (const { start, length, path } of segments) {
        if (length !== segmentBytes) {
          throw new Error(
            `Cannot open timer log: "${path}" is ${length} bytes, the others are ${segmentBytes}`,
          );
        }
        log.#files.set(start, fs.openWrite(path));
      }
    } catch (error) {
      log[Symbol.dispose]();
      throw error;
    }
    return log;
  }

  /** Position of its first byte. */
  get start(): number {
    return this.#files.keys().next().value ?? 0;
  }

  /** Position of the next unit. */
  get end(): number {
    return this.#writtenTo + this.#stagedBytes;
  }

  /** Bytes of a file. */
  get fileBytes(): number {
    return this.#fileBytes;
  }

  /**
   * Adds a unit, in memory; returns its position.
   *
   * @throws {Error} if there is no room for it on the disk; the log is as it was.
   */
  append(entry: TimerLogEntry): number {
    if (this.#stagedBytes === this.#staged.length) this.write();
    const room = this.#fileBytes - this.end % this.#fileBytes;
    if (room < UNIT_BYTES + BLANK_BYTES) this.#roll(room);
    const start = this.end - this.end % this.#fileBytes;
    if (!this.#files.has(start)) this.#make(start);
    const position = this.end;
    const { dueTime, ...fields } = entry;
    TIMER_LOG_UNIT.write(this.#stagedView, this.#stagedBytes, {
      ...fields,
      size: UNIT_BYTES,
      delayMs: dueTime - entry.enqueueTime,
      reserved: 0,
    });
    this.#stagedBytes += UNIT_BYTES;
    return position;
  }

  /** Brings the units added into their file. */
  write(): void {
    if (this.#stagedBytes === 0) return;
    this.#writeAt(this.#writtenTo, this.#staged.subarray(0, this.#stagedBytes));
    this.#writtenTo += this.#stagedBytes;
    this.#stagedBytes = 0;
  }

  /** Brings what is in files to the disk. */
  async sync(): Promise<void> {
    this.write();
    const target = this.#writtenTo;
    for (const start of [...this.#dirty]) {
      this.#dirty.delete(start);
      try {
        await this.#files.get(start)?.sync();
      } catch (error) {
        this.#dirty.add(start);
        throw error;
      }
    }
    this.flushedTo = target;
  }

  /** The unit at a position; `undefined` where none stands. */
  unit(position: number): TimerLogUnit | undefined {
    if (position + UNIT_BYTES > this.#writtenTo) this.write();
    if (position < this.start || position + UNIT_BYTES > this.#writtenTo) return undefined;
    return this.#unitAt(position);
  }

  /**
   * Finds the end: reads from the file that holds `from` on until no unit follows, and removes what is
   * behind. `isSound` may end the log at a unit; `found` hears of those in front of the end.
   */
  recover(
    from: number,
    { isSound, found }: {
      readonly isSound: (unit: TimerLogUnit) => boolean;
      readonly found: (unit: TimerLogUnit) => void;
    },
  ): void {
    this.#writtenTo = this.flushedTo = this.#readOn(from, { isSound, found }, Infinity);
    this.#cut();
  }

  /** Reads units again from the file that holds `from` on. */
  reread(from: number, found: (unit: TimerLogUnit) => void): void {
    this.write();
    this.#readOn(from, { isSound: () => true, found }, this.#writtenTo);
  }

  /** Removes files whose units all lead below a log offset, but never the last. */
  deleteBefore(minPhysicalOffset: number): void {
    const lastUnitAt = Math.floor((this.#fileBytes - BLANK_BYTES) / UNIT_BYTES - 1) * UNIT_BYTES;
    for (const [start, file] of [...this.#files]) {
      if (start + this.#fileBytes > this.#writtenTo) return;
      const unit = this.#unitAt(start + lastUnitAt);
      if (unit === undefined || unit.physicalOffset >= minPhysicalOffset) return;
      file.close();
      this.#files.delete(start);
      this.#dirty.delete(start);
      this.#fs.remove(this.#path(start));
      this.#blockAt = -1;
    }
  }

  /** Closes the files; what was not written is lost. A second call does nothing. */
  [Symbol.dispose](): void {
    if (this.#files.size === 0) return;
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
    this.#fs.remove(unfinishedFolder(this.#folder));
  }

  /** Position behind the last unit in front of `to`. */
  #readOn(
    from: number,
    { isSound, found }: Parameters<TimerLog["recover"]>[1],
    to: number,
  ): number {
    const starts = [...this.#files.keys()];
    let at = starts.findLast((start) => start <= from) ?? starts[0] ?? 0;
    while (at < to && this.#files.has(at - at % this.#fileBytes)) {
      const room = this.#fileBytes - at % this.#fileBytes;
      if (room < UNIT_BYTES + BLANK_BYTES || this.#isBlank(at, room)) {
        // A Java broker takes a file for full only where the next one is there.
        if (!this.#files.has(at + room)) break;
        at += room;
        continue;
      }
      const unit = this.#unitAt(at);
      if (unit === undefined || !isSound(unit)) break;
      found(unit);
      at += UNIT_BYTES;
    }
    return at;
  }

  #unitAt(position: number): TimerLogUnit | undefined {
    const at = this.#hold(position, UNIT_BYTES);
    if (at < 0) return undefined;
    return readTimerLogUnit(this.#blockView, at, position);
  }

  #isBlank(position: number, room: number): boolean {
    const at = this.#hold(position, BLANK_BYTES);
    return at >= 0 && this.#blockView.getInt32(at + AT.size) === room &&
      this.#blockView.getInt32(at + AT.magic) === MAGIC.blank;
  }

  /** Where in the block the bytes are; −1 where no file has all of them. */
  #hold(position: number, length: number): number {
    if (position < this.#blockAt || position + length > this.#blockTo || this.#blockAt < 0) {
      const start = position - position % this.#fileBytes;
      const file = this.#files.get(start);
      if (file === undefined) return -1;
      const at = position - start;
      const from = at - at % BLOCK_BYTES;
      const most = Math.min(this.#block.length, this.#fileBytes - from);
      this.#blockAt = start + from;
      this.#blockTo = this.#blockAt + file.read(this.#block.subarray(0, most), from);
      if (position + length > this.#blockTo) return -1;
    }
    return position - this.#blockAt;
  }

  /** Ends a file for which a unit is too long. */
  #roll(room: number): void {
    this.write();
    const next = this.#writtenTo + room;
    if (!this.#files.has(next)) this.#make(next);
    const blank = new DataView(new ArrayBuffer(BLANK_BYTES));
    blank.setInt32(AT.size, room);
    blank.setInt32(AT.magic, MAGIC.blank);
    this.#writeAt(this.#writtenTo, new Uint8Array(blank.buffer));
    this.#writtenTo = next;
  }

  #make(start: number): void {
    const path = this.#path(start);
    makeFileDurably(this.#fs, { path, bytes: this.#fileBytes, folder: this.#folder });
    this.#files.set(start, this.#fs.openWrite(path));
  }

  #writeAt(position: number, bytes: Uint8Array): void {
    const start = position - position % this.#fileBytes;
    this.#files.get(start)!.write(bytes, position - start);
    this.#dirty.add(start);
    this.#blockAt = -1;
  }

  /** Removes what is behind the end: later units must not make it look like some of theirs. */
  #cut(): void {
    for (const [start, file] of [...this.#files]) {
      if (start <= this.#writtenTo) continue;
      file.close();
      this.#files.delete(start);
      this.#fs.remove(this.#path(start));
    }
    const start = this.#writtenTo - this.#writtenTo % this.#fileBytes;
    const file = this.#files.get(start);
    if (file === undefined) return;
    this.#blockAt = -1;
    const piece = new Uint8Array(BLOCK_BYTES);
    const zeros = new Uint8Array(BLOCK_BYTES);
    for (let at = this.#writtenTo - start; at < this.#fileBytes; at += BLOCK_BYTES) {
      const length = file.read(piece.subarray(0, Math.min(BLOCK_BYTES, this.#fileBytes - at)), at);
      // What was written is in one piece: behind zeros there is nothing.
      if (allZero(piece, 0, length)) return;
      file.write(zeros.subarray(0, length), at);
      this.#dirty.add(start);
    }
  }

  #path(start: number): string {
    return join(this.#folder, offsetName(start));
  }
}
