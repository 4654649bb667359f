/**
 * Tells how much is read through a file system, so that the progress of work can be shown that knows
 * of nobody watching.
 *
 * @module
 */
import type { FileSystem, ReadableFile } from "../../store/file.ts";

/** The same files; `onRead` is told the path and the bytes of every read of a file opened to read. */
export function countedFiles(
  fs: FileSystem,
  onRead: (path: string, bytes: number) => void,
): FileSystem {
  return {
    openRead: (path) => countedFile(fs.openRead(path), (bytes) => onRead(path, bytes)),
    openWrite: (path) => fs.openWrite(path),
    list: (path) => fs.list(path),
    stat: (path) => fs.stat(path),
    makeDirectory: (path) => fs.makeDirectory(path),
    rename: (from, to) => fs.rename(from, to),
    remove: (path) => fs.remove(path),
    syncDirectory: (path) => fs.syncDirectory(path),
    syncDirectoryAsync: (path) => fs.syncDirectoryAsync(path),
    lock: (path, text) => fs.lock(path, text),
  };
}

function countedFile(file: ReadableFile, onRead: (bytes: number) => void): ReadableFile {
  return {
    path: file.path,
    size: () => file.size(),
    read(into, at) {
      const count = file.read(into, at);
      onRead(count);
      return count;
    },
    async readAsync(into, at) {
      const count = await file.readAsync(into, at);
      onRead(count);
      return count;
    },
    close: () => file.close(),
  };
}
