/**
 * The files of a log that grows: which there are, and how they come and go. A file is made at its full
 * length and its name is on the disk before a record is in it; the next one is made ahead, so that the
 * append that needs it finds it there.
 *
 * Files made ahead are zeros behind the log's end. A clean stop removes them; after any other, recovery
 * does, of ours and of Java brokers alike.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { WritableFile } from "./file.ts";
import { offsetName } from "./names.ts";
import { makeFileAhead, makeFileDurably, type NewFile } from "./new_file.ts";
import type { OpenFiles } from "./open_files.ts";
import { listSegments } from "./segments.ts";

/** Where a log's files are and how long they must be. */
export interface LogFilesOptions {
  /** Folder of the files, or several: the n-th file goes into one of them by its number. */
  readonly directory: string | readonly string[];
  /** Folders with older files: none is made there. */
  readonly readOnlyDirectories?: readonly string[] | undefined;
  readonly segmentBytes: number;
  /** Where the log ends. */
  readonly end: number;
}

/** Files by the offset at which they start. None is held open. */
export class LogFiles {
  readonly #files: OpenFiles;
  readonly #options: LogFilesOptions;
  /** Folders that get new files, sorted. */
  readonly #folders: readonly string[];
  /** Paths of the files that hold the log, by their starts, ascending. */
  readonly #paths = new Map<number, string>();
  /** Those behind it, which hold nothing yet. */
  readonly #ahead = new Map<number, string>();
  /** Those found without their full length. */
  readonly #short = new Set<number>();
  /** Start of the file that is being made ahead. */
  #making: number | undefined;
  /** Folders in which files can only be made in their place, which is not done ahead. */
  readonly #vain = new Set<string>();
  /** Folders whose disks are too full for new files, while there are others. */
  fullFolders: ReadonlySet<string> = new Set();

  constructor(files: OpenFiles, options: LogFilesOptions) {
    this.#files = files;
    this.#options = options;
    const { segmentBytes, end, directory, readOnlyDirectories = [] } = options;
    this.#folders = [directory].flat().toSorted();
    assert(this.#folders.length > 0, "a log has a folder");
    const all = [...this.#folders, ...readOnlyDirectories];
    for (const { start, length, path } of listSegments(files.fs, all).segments) {
      const isAhead = start > end - end % segmentBytes && this.#paths.size > 0;
      (isAhead ? this.#ahead : this.#paths).set(start, path);
      if (length < segmentBytes) this.#short.add(start);
    }
  }

  /** Starts of the files that hold the log, ascending. */
  get starts(): readonly number[] {
    return [...this.#paths.keys()];
  }

  /** Start of the oldest file; `undefined` when there is none. */
  get first(): number | undefined {
    const [first] = this.#paths.keys();
    return first;
  }

  /** Whether a file holds a part of the log. */
  has(start: number): boolean {
    return this.#paths.has(start);
  }

  /** A file, open; throws when it has vanished. */
  get(start: number): WritableFile {
    return this.#files.get(this.#paths.get(start) ?? this.#placeOf(start).path);
  }

  /**
   * A file to append to: one that is there or was made ahead, or else a new one. Throws where it
   * cannot be made; for want of room that is an `isDiskFull`, and can be tried again.
   */
  enter(start: number): WritableFile {
    if (!this.#paths.has(start)) this.#take(start);
    if (this.#short.has(start)) this.#lengthen(start);
    return this.get(start);
  }

  /** The files that hold the log, oldest first, and when each was last written. */
  ages(): { start: number; mtimeMs: number }[] {
    return [...this.#paths].map(([start, path]) => {
      // One that an operator removed is older than all.
      return { start, mtimeMs: this.#files.fs.stat(path)?.mtimeMs ?? 0 };
    });
  }

  /** Removes the oldest file for good; the last one stays. */
  dropFirst(): void {
    assert(this.#paths.size > 1, "the last file of a log stays");
    const [[start, path]] = this.#paths as unknown as [[number, string]];
    this.#remove(path);
    this.#paths.delete(start);
    this.#short.delete(start);
    // A loss of power must not bring an old file back where a younger one is gone.
    this.#files.fs.syncDirectory(dirname(path));
  }

  /**
   * Gives files their full length that were found shorter, cut by somebody or copied in part: a Java
   * broker refuses to start on them. Those in folders that are only read stay.
   */
  restoreLengths(): void {
    for (const [start, path] of [...this.#paths, ...this.#ahead]) {
      const isOurs = this.#folders.includes(dirname(path));
      if (isOurs && this.#short.has(start)) this.#lengthen(start);
    }
  }

  /**
   * Makes the file behind the one that holds `end`, when that is half full and it is not there yet.
   * Throws what `makeFileAhead` throws.
   */
  async makeNext(end: number): Promise<void> {
    const { segmentBytes } = this.#options;
    const isDue = end % segmentBytes * 2 >= segmentBytes;
    const next = end - end % segmentBytes + segmentBytes;
    if (!isDue || this.#making !== undefined || this.#ahead.has(next)) return;
    const file = this.#placeOf(next);
    if (this.#vain.has(file.folder)) return;
    this.#making = next;
    // Whoever needs it meanwhile makes another.
    const isWanted = () => !this.#paths.has(next);
    try {
      const isThere = await makeFileAhead(this.#files.fs, file, isWanted);
      if (isThere && isWanted()) this.#ahead.set(next, file.path);
      if (!isThere && isWanted()) this.#vain.add(file.folder);
    } finally {
      this.#making = undefined;
    }
  }

  /** Removes the files that were made ahead, for good. */
  dropAhead(): void {
    for (const [start, path] of this.#ahead) {
      this.#remove(path);
      this.#ahead.delete(start);
      this.#short.delete(start);
      this.#files.fs.syncDirectory(dirname(path));
    }
  }

  #take(start: number): void {
    const file = this.#placeOf(start);
    const ahead = this.#ahead.get(start);
    if (ahead === undefined) {
      this.#files.forget(file.path);
      this.#files.fs.makeDirectory(file.folder);
      makeFileDurably(this.#files.fs, file);
    }
    this.#paths.set(start, ahead ?? file.path);
    this.#ahead.delete(start);
  }

  #lengthen(start: number): void {
    const path = this.#paths.get(start) ?? this.#ahead.get(start)!;
    const file = this.#files.get(path);
    file.truncate(this.#options.segmentBytes);
    file.syncNow();
    this.#short.delete(start);
  }

  #remove(path: string): void {
    this.#files.forget(path);
    this.#files.fs.remove(path);
  }

  /** Java's choice (`MultiPathMappedFileQueue.tryCreateMappedFile`). */
  #placeOf(start: number): NewFile {
    const { segmentBytes: bytes } = this.#options;
    const roomy = this.#folders.filter((it) => !this.fullFolders.has(it));
    const folders = roomy.length > 0 ? roomy : this.#folders;
    const folder = folders[Math.floor(start / bytes) % folders.length]!;
    return { path: join(folder, offsetName(start)), bytes, folder };
  }
}
