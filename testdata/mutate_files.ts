/**
 * Files that must only be read: whatever would change one of them fails, and what is read is counted,
 * so that a reader that does not come to its end is told from one that does.
 *
 * @module
 */
import type { FileStat, FileSystem, ReadableFile, WritableFile } from "../store/file.ts";
import { FilesOver } from "../store/files_over.ts";

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

/** How files are guarded. */
export interface GuardOptions {
  readonly limits: ReadLimits;
  /** What may be changed: a folder a command was told to make. Default: nothing. */
  readonly mayWrite?: (path: string) => boolean;
}

/** Errors of a guard that are kept. */
const BROKEN_MAX = 10;

/** Files over others that only lets through what is allowed. */
export class GuardedFiles extends FilesOver {
  readonly figures: ReadFigures = { calls: 0, bytes: 0, bytesAtOnce: 0 };
  /** What was asked for and is not allowed; whoever asked may have taken it for an error of the disk. */
  readonly broken: Error[] = [];
  readonly #limits: ReadLimits;
  readonly #mayWrite: (path: string) => boolean;

  constructor(below: FileSystem, { limits, mayWrite = () => false }: GuardOptions) {
    super(below);
    this.#limits = limits;
    this.#mayWrite = mayWrite;
  }

  override openRead(path: string): ReadableFile {
    this.#count("open", path);
    return counting(super.openRead(path), {
      asked: (into) => this.#asked(path, into),
      got: (count) => this.#got(path, count),
    });
  }

  override openWrite(path: string): WritableFile {
    this.#change("openWrite", path);
    return super.openWrite(path);
  }

  override list(path: string): string[] {
    this.#count("list", path);
    return super.list(path);
  }

  override stat(path: string): FileStat | undefined {
    this.#count("stat", path);
    return super.stat(path);
  }

  override makeDirectory(path: string): void {
    this.#change("makeDirectory", path);
    super.makeDirectory(path);
  }

  override rename(from: string, to: string): void {
    this.#change("rename", from);
    this.#change("rename", to);
    super.rename(from, to);
  }

  override remove(path: string): void {
    this.#change("remove", path);
    super.remove(path);
  }

  override syncDirectory(path: string): void {
    this.#count("syncDirectory", path);
    super.syncDirectory(path);
  }

  override syncDirectoryAsync(path: string): Promise<void> {
    this.#count("syncDirectory", path);
    return super.syncDirectoryAsync(path);
  }

  override lock(path: string, text?: string): Disposable {
    this.#change("lock", path);
    return super.lock(path, text);
  }

  #count(what: string, path: string): void {
    const { calls } = this.#limits;
    if (++this.figures.calls > calls) {
      this.#refuse(`${what} of ${path}: call ${this.figures.calls}`);
    }
  }

  #change(what: string, path: string): void {
    this.#count(what, path);
    if (!this.#mayWrite(path)) this.#refuse(`${what} of ${path}`);
  }

  #asked(path: string, { length }: Uint8Array): void {
    this.#count("read", path);
    this.figures.bytesAtOnce = Math.max(this.figures.bytesAtOnce, length);
    if (length > this.#limits.bytesAtOnce) this.#refuse(`read of ${length} bytes of ${path}`);
  }

  #got(path: string, count: number): void {
    if (!this.#mayWrite(path)) this.figures.bytes += count;
    const { bytes } = this.figures;
    if (bytes > this.#limits.bytes) this.#refuse(`read of ${path}: ${bytes} bytes in all`);
  }

  #refuse(why: string): never {
    const error = new Forbidden(why);
    if (this.broken.length < BROKEN_MAX) this.broken.push(error);
    throw error;
  }
}

/** A file that tells what it is asked for, and what it gives. */
function counting(
  file: ReadableFile,
  { asked, got }: {
    readonly asked: (into: Uint8Array) => void;
    readonly got: (count: number) => void;
  },
): ReadableFile {
  return {
    path: file.path,
    size: () => file.size(),
    read(into, at) {
      asked(into);
      const count = file.read(into, at);
      got(count);
      return count;
    },
    async readAsync(into, at) {
      asked(into);
      const count = await file.readAsync(into, at);
      got(count);
      return count;
    },
    close: () => file.close(),
  };
}
