/**
 * Files of a dying disk, for those who only look: a block the disk cannot read is handed out as zeros
 * and noted, so that one bad sector does not hide all that stands behind it. To every reader it is
 * damage like any other. Where {@linkcode UnreadableFiles.goOnDenied} asks for it, the same is done with
 * files and folders this user may not read; what stands in them is not known, so nothing may be told of it.
 *
 * Nothing that writes a store may read through it: zeros would be taken for what stands there.
 *
 * @module
 */
import { dirname, sep } from "node:path";
import type { FileStat, ReadableFile } from "./file.ts";
import { codeOf } from "./file_disk.ts";
import { FilesOver } from "./files_over.ts";

/** The kernel reads whole pages: whoever asks for less fails for all of one, too. */
const BLOCK_BYTES = 4096;

/** What a disk or its file system reports that cannot bring what is asked for. */
const CODES: ReadonlySet<string> = new Set(["EIO", "EREMOTEIO", "ENODATA", "EBADMSG", "EUCLEAN"]);

/** What a system reports to a user who may not read a file or folder. */
const DENIED_CODES: ReadonlySet<string> = new Set(["EACCES", "EPERM"]);

/** Bytes of a file that cannot be read. */
export interface UnreadableRange {
  readonly file: string;
  /** First byte, and behind the last; both 0 where the file or folder itself cannot be looked at. */
  readonly from: number;
  readonly to: number;
  /** What the system reports, such as `EIO`. */
  readonly code: string;
}

/** Whether an error says that the disk cannot read. */
export function isUnreadable(error: unknown): boolean {
  return CODES.has(codeOf(error) ?? "");
}

/** Whether it was this user who may not read, and not the disk that cannot. */
export function isDenied({ code }: UnreadableRange): boolean {
  return DENIED_CODES.has(code);
}

/** A range in words. */
export function unreadableText({ file, from, to, code }: UnreadableRange): string {
  if (DENIED_CODES.has(code)) return `this user may not read "${file}" (permission denied)`;
  const what = to > from ? `bytes ${from} to ${to} of "${file}"` : `"${file}"`;
  return `the disk cannot read ${what} (${code})`;
}

/**
 * Reads of other files that go on behind what cannot be read. Writes go through.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "./file_memory.ts";
 * import { UnreadableFiles } from "./unreadable_files.ts";
 *
 * const below = new MemoryFiles();
 * below.put("a", Uint8Array.of(1, 2, 3));
 * const files = new UnreadableFiles(below);
 * const bytes = new Uint8Array(3);
 * assert(files.openRead("a").read(bytes, 0) === 3);
 * assert(files.ranges.length === 0);
 * ```
 */
export class UnreadableFiles extends FilesOver {
  /** Told of what is met, as soon as it is; of neighbouring blocks each time. */
  onRange: ((range: UnreadableRange) => void) | undefined;
  /** Whether somebody has told the operator of what was met. */
  isTold = false;
  /** Folders of which a refusal is thrown all the same; without them every refusal is. */
  #strictFolders: readonly string[] | undefined;
  /** Ranges by file, ascending, with room between them. */
  readonly #ranges = new Map<string, UnreadableRange[]>();

  /** Whether nothing was met yet that cannot be read. */
  get isSound(): boolean {
    return this.#ranges.size === 0;
  }

  /** All that was met, by file. */
  get ranges(): readonly UnreadableRange[] {
    return [...this.#ranges.values()].flat();
  }

  /** Goes on from now on behind what this user may not read, but for what stands at or below folders. */
  goOnDenied(strictFolders: readonly string[] = []): void {
    this.#strictFolders = strictFolders;
  }

  /** What {@linkcode UnreadableFiles.goOnDenied} was told; `undefined` where it was not asked. */
  get strictFolders(): readonly string[] | undefined {
    return this.#strictFolders;
  }

  /** What was met of a file or folder and of all below it. */
  rangesBelow(path: string): readonly UnreadableRange[] {
    if (this.isSound) return [];
    return this.ranges.filter(({ file }) => isAtOrBelow(file, path));
  }

  /** Whether this user may not read a file, or a folder it stands in. */
  isDeniedAt(path: string): boolean {
    if (this.isSound) return false;
    return this.ranges.some((range) => isDenied(range) && isAtOrBelow(path, range.file));
  }

  /** Whether this user may not read all of what stands at a path or below. */
  isDeniedIn(path: string): boolean {
    return this.isDeniedAt(path) || this.rangesBelow(path).some(isDenied);
  }

  /** What was met in a range of a file. */
  rangesIn(file: string, from = 0, to = Infinity): readonly UnreadableRange[] {
    return this.#ranges.get(file)?.filter((it) => it.from < to && it.to > from) ?? [];
  }

  /** Takes over what somebody else has met. */
  note(range: UnreadableRange): void {
    if (isDenied(range)) this.#noteDenied(range);
    else this.#noteRange(range);
  }

  /** A folder says all of what stands in it. */
  #noteDenied(range: UnreadableRange): void {
    if (this.isDeniedAt(range.file)) return;
    for (const { file } of this.rangesBelow(range.file)) this.#ranges.delete(file);
    this.#noteRange(range);
  }

  #noteRange(range: UnreadableRange): void {
    const { file } = range;
    const known = this.#ranges.get(file) ?? [];
    const isNew = !known.some((it) => it.from <= range.from && it.to >= range.to);
    if (!isNew) return;
    let { from, to } = range;
    const apart = known.filter((it) => {
      if (it.to < from || it.from > to) return true;
      from = Math.min(from, it.from);
      to = Math.max(to, it.to);
      return false;
    });
    const all = [...apart, { ...range, from, to }].sort((a, b) => a.from - b.from);
    this.#ranges.set(file, all);
    this.onRange?.(range);
  }

  override openRead(path: string): ReadableFile {
    try {
      return new UnreadableFile(this, super.openRead(path));
    } catch (error) {
      const size = this.#isPassed(error, path) ? this.stat(path)?.size : undefined;
      if (size === undefined) throw error;
      // A disk is asked block by block; a right is missing for all of the file.
      if (!isUnreadable(error)) this.note({ file: path, from: 0, to: size, code: codeOf(error)! });
      return new UnreadableFile(this, closedFile(path, size, error));
    }
  }

  override list(path: string): string[] {
    return this.#orNote(path, () => super.list(path)) ?? [];
  }

  override stat(path: string): FileStat | undefined {
    // Nobody is denied a look at a file itself, but the way to it.
    return this.#orNote(path, () => super.stat(path), dirname(path));
  }

  #orNote<T>(path: string, look: () => T, denied: string = path): T | undefined {
    try {
      return look();
    } catch (error) {
      if (!this.#isPassed(error, path)) throw error;
      const file = isUnreadable(error) ? path : denied;
      this.note({ file, from: 0, to: 0, code: codeOf(error)! });
      return undefined;
    }
  }

  #isPassed(error: unknown, path: string): boolean {
    if (isUnreadable(error)) return true;
    return this.#strictFolders?.every((folder) => !isAtOrBelow(path, folder)) === true &&
      DENIED_CODES.has(codeOf(error) ?? "");
  }
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

/** A file whose reads go on behind what cannot be read. */
class UnreadableFile implements ReadableFile {
  readonly path: string;
  readonly #files: UnreadableFiles;
  readonly #file: ReadableFile;

  constructor(files: UnreadableFiles, file: ReadableFile) {
    this.path = file.path;
    this.#files = files;
    this.#file = file;
  }

  size(): number {
    return this.#file.size();
  }

  read(into: Uint8Array, at: number): number {
    // What failed once is not tried again: each time takes the disk seconds, and may be its last.
    if (!this.#files.isSound && this.#isKnown(at, at + into.length)) return this.#around(into, at);
    try {
      return this.#file.read(into, at);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return this.#around(into, at);
    }
  }

  async readAsync(into: Uint8Array, at: number): Promise<number> {
    if (!this.#files.isSound && this.#isKnown(at, at + into.length)) return this.#around(into, at);
    try {
      return await this.#file.readAsync(into, at);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return this.#around(into, at);
    }
  }

  close(): void {
    this.#file.close();
  }

  #isKnown(from: number, to: number): boolean {
    return this.#files.rangesIn(this.path, from, to).length > 0;
  }

  /** Reads block by block, and leaves out those that cannot be. */
  #around(into: Uint8Array, at: number): number {
    const end = Math.min(at + into.length, this.#file.size());
    let done = at;
    while (done < end) {
      const next = Math.min(end, done - done % BLOCK_BYTES + BLOCK_BYTES);
      const block = into.subarray(done - at, next - at);
      const count = this.#isKnown(done, next) ? this.#zeros(block) : this.#block(block, done);
      done += count;
      if (count < block.length) break;
    }
    return Math.max(0, done - at);
  }

  #block(into: Uint8Array, at: number): number {
    try {
      return this.#file.read(into, at);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const from = at - at % BLOCK_BYTES;
      const to = Math.min(from + BLOCK_BYTES, this.#file.size());
      this.#files.note({ file: this.path, from, to, code: codeOf(error)! });
      return this.#zeros(into);
    }
  }

  #zeros(into: Uint8Array): number {
    into.fill(0);
    return into.length;
  }
}

/** A file that is there and cannot be opened: no byte of it can be read. */
function closedFile(path: string, size: number, error: unknown): ReadableFile {
  return {
    path,
    size: () => size,
    read: () => {
      throw error;
    },
    readAsync: () => Promise.reject(error),
    close: () => {},
  };
}
