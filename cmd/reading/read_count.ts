/**
 * Tells how much is read through a file system, so that the progress of work can be shown that knows
 * of nobody watching.
 *
 * @module
 */
import type { FileSystem, ReadableFile } from "../../store/file.ts";
import { FilesOver } from "../../store/files_over.ts";

/** The same files; `onRead` is told the path and the bytes of every read of a file opened to read. */
export function countedFiles(
  fs: FileSystem,
  onRead: (path: string, bytes: number) => void,
): FileSystem {
  return new CountedFiles(fs, onRead);
}

class CountedFiles extends FilesOver {
  readonly #onRead: (path: string, bytes: number) => void;

  constructor(below: FileSystem, onRead: (path: string, bytes: number) => void) {
    super(below);
    this.#onRead = onRead;
  }

  override openRead(path: string): ReadableFile {
    return countedFile(super.openRead(path), (bytes) => this.#onRead(path, bytes));
  }
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
