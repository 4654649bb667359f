/**
 * The narrow interface through which the store touches files. `file_disk.ts` is the real one,
 * `file_memory.ts` the one of tests. Paths are plain strings; positions are bytes.
 *
 * A write is visible to every later read at once; it survives a crash of the machine only after
 * `sync`, and a new name only after `syncDirectory` of its folder.
 *
 * @module
 */

/** What stands behind a name. */
export interface FileStat {
  readonly size: number;
  /** Bytes that take space; fewer than `size` where a file has holes. */
  readonly allocatedBytes: number;
  readonly mtimeMs: number;
  readonly isDirectory: boolean;
}

/** An open file that is only read. */
export interface ReadableFile {
  readonly path: string;
  /** Length now. */
  size(): number;
  /** Fills `into` from `at` as far as the file goes and returns the bytes read. */
  read(into: Uint8Array, at: number): number;
  /** As {@linkcode ReadableFile.read}, without holding up the event loop. */
  readAsync(into: Uint8Array, at: number): Promise<number>;
  /** Closes the descriptor; a second call does nothing. */
  close(): void;
}

/** An open file that is written, too. */
export interface WritableFile extends ReadableFile {
  /** Writes all of `bytes` at `at`, or throws. */
  write(bytes: Uint8Array, at: number): void;
  /** Cuts the file or extends it with zeros. */
  truncate(size: number): void;
  /** Brings the data to the disk. */
  sync(): Promise<void>;
  /** As {@linkcode WritableFile.sync}, at once. */
  syncNow(): void;
}

/** Files and directories of one machine, or of a test. */
export interface FileSystem {
  /** Opens an existing file. Throws when it is missing. */
  openRead(path: string): ReadableFile;
  /** Opens a file for reading and writing and creates it, empty, when it is missing. */
  openWrite(path: string): WritableFile;
  /** Names in a directory, sorted; none when it is missing, or a file has its name. */
  list(path: string): string[];
  /** What stands behind a name, `undefined` when nothing does. */
  stat(path: string): FileStat | undefined;
  /** Creates a directory with all above it. */
  makeDirectory(path: string): void;
  /** Renames within one file system, replacing what had the new name. */
  rename(from: string, to: string): void;
  /** Removes a file, or a directory with all in it; nothing happens when it is missing. */
  remove(path: string): void;
  /** Brings names in a directory to the disk. */
  syncDirectory(path: string): void;
  /** As {@linkcode FileSystem.syncDirectory}, without holding up the event loop. */
  syncDirectoryAsync(path: string): Promise<void>;
  /**
   * Excludes all others from what the file stands for, until disposed. A file that is missing is made,
   * with `text` in it. Throws when it is held.
   */
  lock(path: string, text?: string): Disposable;
}

/** Reads a whole file; `undefined` when it is missing. */
export function readWholeFile(fs: FileSystem, path: string): Uint8Array | undefined {
  const stat = fs.stat(path);
  if (stat === undefined || stat.isDirectory) return undefined;
  const file = fs.openRead(path);
  try {
    const bytes = new Uint8Array(file.size());
    return bytes.subarray(0, file.read(bytes, 0));
  } finally {
    file.close();
  }
}

/**
 * Replaces a whole file so that a crash leaves either the old or the new content: temporary file,
 * sync, rename, sync of the directory.
 */
export function replaceWholeFile(
  fs: FileSystem,
  path: string,
  content: { bytes: Uint8Array; directory: string },
): void {
  const temporary = `${path}.tmp`;
  const file = fs.openWrite(temporary);
  try {
    file.truncate(0);
    file.write(content.bytes, 0);
    file.syncNow();
  } finally {
    file.close();
  }
  fs.rename(temporary, path);
  fs.syncDirectory(content.directory);
}
