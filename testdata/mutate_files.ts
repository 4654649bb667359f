/**
 * Files that must only be read: whatever would change one of them fails, and what is read is counted,
 * so that a reader that does not come to its end is told from one that does.
 *
 * @module
 */
import type { FileSystem, ReadableFile } from "../store/file.ts";

/** What was asked of the files. */
export interface ReadFigures {
  /** Calls of all kinds. */
  calls: number;
  /** Bytes that were there to be read, not those of what was made. */
  bytes: number;
  /** The largest piece that was asked for at once: what it takes of memory. */
  bytesAtOnce: number;
}

/** What a reader may ask for. */
export interface ReadLimits {
  readonly calls: number;
  readonly bytes: number;
  readonly bytesAtOnce: number;
}

/** A change where there may be none, or a reader without an end. */
export class Forbidden extends Error {}

/** The files of `fs`. What `mayWrite` allows is passed through: a folder a command was told to make. */
export function guardedFiles(
  fs: FileSystem,
  { limits, mayWrite = () => false }: {
    readonly limits: ReadLimits;
    readonly mayWrite?: (path: string) => boolean;
  },
): { readonly files: FileSystem; readonly figures: ReadFigures; readonly broken: Error[] } {
  const figures: ReadFigures = { calls: 0, bytes: 0, bytesAtOnce: 0 };
  const broken: Error[] = [];
  // Somebody may take it for an error of the disk: it is kept, too.
  const refuse = (why: string): never => {
    const error = new Forbidden(why);
    if (broken.length < 10) broken.push(error);
    throw error;
  };
  const counted = (what: string, path: string) => {
    if (++figures.calls > limits.calls) refuse(`${what} of ${path}: call ${figures.calls}`);
  };
  const changing = (what: string, path: string) => {
    counted(what, path);
    if (!mayWrite(path)) refuse(`${what} of ${path}`);
  };
  const asked = (path: string, into: Uint8Array) => {
    counted("read", path);
    figures.bytesAtOnce = Math.max(figures.bytesAtOnce, into.length);
    if (into.length > limits.bytesAtOnce) refuse(`read of ${into.length} bytes of ${path}`);
  };
  const got = (path: string, count: number) => {
    if (!mayWrite(path)) figures.bytes += count;
    if (figures.bytes > limits.bytes) refuse(`read of ${path}: ${figures.bytes} bytes in all`);
    return count;
  };
  const files: FileSystem = {
    openRead(path) {
      counted("open", path);
      return counting(fs.openRead(path), { asked, got });
    },
    openWrite(path) {
      changing("openWrite", path);
      return fs.openWrite(path);
    },
    list(path) {
      counted("list", path);
      return fs.list(path);
    },
    stat(path) {
      counted("stat", path);
      return fs.stat(path);
    },
    makeDirectory(path) {
      changing("makeDirectory", path);
      fs.makeDirectory(path);
    },
    rename(from, to) {
      changing("rename", from);
      changing("rename", to);
      fs.rename(from, to);
    },
    remove(path) {
      changing("remove", path);
      fs.remove(path);
    },
    syncDirectory(path) {
      counted("syncDirectory", path);
      fs.syncDirectory(path);
    },
    syncDirectoryAsync(path) {
      counted("syncDirectory", path);
      return fs.syncDirectoryAsync(path);
    },
    lock(path, text) {
      changing("lock", path);
      return fs.lock(path, text);
    },
  };
  return { files, figures, broken };
}

/** A file that tells what it is asked for, and what it gives. */
function counting(
  file: ReadableFile,
  { asked, got }: {
    readonly asked: (path: string, into: Uint8Array) => void;
    readonly got: (path: string, count: number) => number;
  },
): ReadableFile {
  return {
    path: file.path,
    size: () => file.size(),
    read(into, at) {
      asked(file.path, into);
      return got(file.path, file.read(into, at));
    },
    async readAsync(into, at) {
      asked(file.path, into);
      return got(file.path, await file.readAsync(into, at));
    },
    close: () => file.close(),
  };
}
