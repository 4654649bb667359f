/**
 * Files that are made at their full length. A Java broker refuses to start on a file of a log or a
 * queue that has any other, and on any other name among them. So a file gets its length in a folder
 * of its own, beside the one brokers load, and then by a rename its place: a process that is killed
 * leaves the whole file or none.
 *
 * Where the folder beside is not to be had, for instance because the one brokers load is a disk of
 * its own, the file is made in its place.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import type { FileSystem, WritableFile } from "./file.ts";
import { codeOf, isOutOfSpace } from "./file_disk.ts";
import { type StorePaths, unfinishedFolder } from "./names.ts";

/** A file that is to be made, full of zeros. */
export interface NewFile {
  readonly path: string;
  readonly bytes: number;
  /** Folder brokers load, in which the file comes to stand, at whatever depth. */
  readonly folder: string;
}

/** Makes a file, replacing what stands there. A loss of power may leave less of it. */
export function makeFile(fs: FileSystem, file: NewFile): void {
  place(fs, file, (path) => setLength(fs, path, file.bytes).close());
}

/**
 * As {@linkcode makeFile}, and file and name are on the disk. What is thrown for want of room, be it
 * by a sync, is an `isDiskFull`: nothing was lost in a file without content, so it can be tried again.
 */
export function makeFileDurably(fs: FileSystem, file: NewFile): void {
  try {
    place(fs, file, (path) => syncLength(fs, path, file.bytes));
    try {
      fs.syncDirectory(dirname(file.path));
    } catch (error) {
      discard(fs, file.path);
      throw error;
    }
  } catch (error) {
    throw asNotMade(file, error);
  }
}

/**
 * As {@linkcode makeFileDurably}, without holding up the event loop. `isWanted` is asked whenever it
 * was waited for something; where it says no, the file is given up. Returns whether it stands there.
 */
export async function makeFileAhead(
  fs: FileSystem,
  file: NewFile,
  isWanted: () => boolean,
): Promise<boolean> {
  // Somebody in a hurry may make the same file meanwhile.
  const temporary = stagingPath(file, ".ahead");
  let isPlaced = false;
  try {
    const made = setLength(fs, temporary, file.bytes);
    try {
      await made.sync();
    } finally {
      made.close();
    }
    if (!isWanted()) return giveUp(fs, temporary);
    fs.rename(temporary, file.path);
    isPlaced = true;
    await fs.syncDirectoryAsync(dirname(file.path));
    return true;
  } catch (error) {
    discard(fs, temporary);
    if (isPlaced && isWanted()) discard(fs, file.path);
    // A file is made in its place only when it is needed.
    if (isNoPlace(error)) return false;
    throw asNotMade(file, error);
  }
}

/** Removes what was being made for a store when a process ended. */
export function removeUnfinished(fs: FileSystem, paths: StorePaths): void {
  const { commitLogs, consumeQueue, consumeQueueExt, batchConsumeQueue, index } = paths;
  for (const folder of [...commitLogs, consumeQueue, consumeQueueExt, batchConsumeQueue, index]) {
    const unfinished = unfinishedFolder(folder);
    if (fs.stat(unfinished) !== undefined) fs.remove(unfinished);
  }
}

/** Makes a file beside and renames it; in its place where that cannot be. */
function place(fs: FileSystem, file: NewFile, make: (path: string) => void): void {
  const temporary = stagingPath(file, "");
  try {
    make(temporary);
    fs.rename(temporary, file.path);
  } catch (error) {
    discard(fs, temporary);
    if (!isNoPlace(error)) throw error;
    make(file.path);
  }
}

function stagingPath({ path, folder }: NewFile, ending: string): string {
  return join(unfinishedFolder(folder), basename(path) + ending);
}

function setLength(fs: FileSystem, path: string, bytes: number): WritableFile {
  const folder = dirname(path);
  if (fs.stat(folder) === undefined) fs.makeDirectory(folder);
  const file = fs.openWrite(path);
  try {
    // What another process left is nothing to build on.
    if (file.size() > 0) file.truncate(0);
    file.truncate(bytes);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

function syncLength(fs: FileSystem, path: string, bytes: number): void {
  const file = setLength(fs, path, bytes);
  try {
    file.syncNow();
  } finally {
    file.close();
  }
}

function giveUp(fs: FileSystem, path: string): false {
  discard(fs, path);
  return false;
}

/** Removes what is of no use; where that fails it is removed at the next start. */
function discard(fs: FileSystem, path: string): void {
  try {
    fs.remove(path);
  } catch {
    // The error that led here is the one to tell of.
  }
}

/** Whether a folder beside cannot be had, or lies on another disk. */
function isNoPlace(error: unknown): boolean {
  return ["EXDEV", "EACCES", "EPERM", "EROFS"].includes(codeOf(error) ?? "");
}

function asNotMade({ path }: NewFile, cause: unknown): unknown {
  if (!isOutOfSpace(cause)) return cause;
  const message = `Cannot make "${path}": no space left on the disk`;
  return Object.assign(new Error(message, { cause }), { code: "ENOSPC" });
}
