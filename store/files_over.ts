/**
 * File systems over others. What stands over files does one thing of its own, as to note what is
 * changed, and passes the rest on.
 *
 * @module
 */
import type { FileStat, FileSystem, ReadableFile, WritableFile } from "./file.ts";

/**
 * Passes everything on: a class over it overrides what it does itself.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "./file_memory.ts";
 * import { FilesOver } from "./files_over.ts";
 *
 * class Counted extends FilesOver {
 *   lists = 0;
 *   override list(path: string): string[] {
 *     this.lists++;
 *     return super.list(path);
 *   }
 * }
 * const below = new MemoryFiles();
 * below.put("store/checkpoint", new Uint8Array(4096));
 * const files = new Counted(below);
 * assert.deepEqual([files.list("store"), files.lists], [["checkpoint"], 1]);
 * ```
 */
export class FilesOver implements FileSystem {
  /** The files themselves. */
  readonly below: FileSystem;

  constructor(below: FileSystem) {
    this.below = below;
  }

  openRead(path: string): ReadableFile {
    return this.below.openRead(path);
  }

  openWrite(path: string): WritableFile {
    return this.below.openWrite(path);
  }

  list(path: string): string[] {
    return this.below.list(path);
  }

  stat(path: string): FileStat | undefined {
    return this.below.stat(path);
  }

  makeDirectory(path: string): void {
    this.below.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.below.rename(from, to);
  }

  remove(path: string): void {
    this.below.remove(path);
  }

  syncDirectory(path: string): void {
    this.below.syncDirectory(path);
  }

  syncDirectoryAsync(path: string): Promise<void> {
    return this.below.syncDirectoryAsync(path);
  }

  lock(path: string, text?: string): Disposable {
    return this.below.lock(path, text);
  }
}

/** What is done instead of a change of an open file; the change itself is up to it, too. */
export interface FileChanges {
  /** Instead of {@linkcode WritableFile.write}. */
  readonly write: (bytes: Uint8Array, at: number) => void;
  /** Instead of {@linkcode WritableFile.truncate}; not called where the length stays. */
  readonly truncate: (size: number, before: number) => void;
}

/** An open file whose changes somebody else makes; reads, syncs and closing go on to the file. */
export function fileOver(file: WritableFile, { write, truncate }: FileChanges): WritableFile {
  return {
    path: file.path,
    size: () => file.size(),
    read: (into, at) => file.read(into, at),
    readAsync: (into, at) => file.readAsync(into, at),
    write,
    truncate: (size) => {
      const before = file.size();
      if (size !== before) truncate(size, before);
    },
    sync: () => file.sync(),
    syncNow: () => file.syncNow(),
    close: () => file.close(),
  };
}

/** What of a file system only looks. */
export type ReadableFiles = Pick<FileSystem, "openRead" | "list" | "stat">;

/** Files nobody can change; `refuse` throws what is said to who tries. */
export function readOnlyFiles(
  files: ReadableFiles,
  refuse: (path: string) => never,
): FileSystem {
  return {
    openRead: (path) => files.openRead(path),
    list: (path) => files.list(path),
    stat: (path) => files.stat(path),
    openWrite: refuse,
    makeDirectory: refuse,
    rename: refuse,
    remove: refuse,
    syncDirectory: refuse,
    syncDirectoryAsync: refuse,
    lock: refuse,
  };
}
