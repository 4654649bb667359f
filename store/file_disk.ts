/**
 * Files on the disk, through `node:fs`.
 *
 * @module
 */
import fs from "node:fs";
import { lockFile } from "./lock.ts";
import type { FileStat, FileSystem, ReadableFile, WritableFile } from "./file.ts";

/** Unit of `stat.blocks`, whatever the block size of the disk. */
const STAT_BLOCK_BYTES = 512;

/** The machine's own files. */
export const diskFiles: FileSystem = {
  openRead: (path) => new DiskFile(path, "r"),
  openWrite(path) {
    return new DiskFile(path, fs.constants.O_RDWR | fs.constants.O_CREAT);
  },
  list(path) {
    try {
      return fs.readdirSync(path).sort();
    } catch (error) {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
      throw failed(`list "${path}"`, error);
    }
  },
  stat(path): FileStat | undefined {
    try {
      const stat = fs.statSync(path);
      return {
        size: stat.size,
        allocatedBytes: stat.blocks * STAT_BLOCK_BYTES,
        mtimeMs: stat.mtimeMs,
        isDirectory: stat.isDirectory(),
      };
    } catch (error) {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
      throw failed(`look at "${path}"`, error);
    }
  },
  makeDirectory(path) {
    attempt(`create directory "${path}"`, () => fs.mkdirSync(path, { recursive: true }));
  },
  rename(from, to) {
    attempt(`rename "${from}" to "${to}"`, () => fs.renameSync(from, to));
  },
  remove(path) {
    attempt(`remove "${path}"`, () => fs.rmSync(path, { recursive: true, force: true }));
  },
  syncDirectory(path) {
    attempt(`sync directory "${path}"`, () => {
      const fd = fs.openSync(path, "r");
      try {
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    });
  },
  async syncDirectoryAsync(path) {
    const what = `sync directory "${path}"`;
    const fd = attempt(what, () => fs.openSync(path, "r"));
    try {
      await new Promise<void>((resolve, reject) => {
        fs.fsync(fd, (error) => error ? reject(failed(what, error)) : resolve());
      });
    } finally {
      fs.closeSync(fd);
    }
  },
  lock: lockFile,
};

class DiskFile implements WritableFile, ReadableFile {
  readonly path: string;
  #fd: number;
  /** Asynchronous calls under way: the descriptor must outlive them. */
  #underWay = 0;
  #closing = false;

  constructor(path: string, flags: string | number) {
    this.path = path;
    this.#fd = attempt(`open "${path}"`, () => fs.openSync(path, flags, 0o644));
  }

  size(): number {
    return attempt(`look at "${this.path}"`, () => fs.fstatSync(this.#fd).size);
  }

  read(into: Uint8Array, at: number): number {
    let done = 0;
    try {
      while (done < into.length) {
        const count = fs.readSync(this.#fd, into, done, into.length - done, at + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw failed(`read "${this.path}" at ${at + done}`, error);
    }
    return done;
  }

  async readAsync(into: Uint8Array, at: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const count = await this.#later<number>(`read "${this.path}" at ${at + done}`, (finish) => {
        fs.read(this.#fd, into, done, into.length - done, at + done, finish);
      });
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  write(bytes: Uint8Array, at: number): void {
    let done = 0;
    try {
      while (done < bytes.length) {
        done += fs.writeSync(this.#fd, bytes, done, bytes.length - done, at + done);
      }
    } catch (error) {
      throw failed(`write "${this.path}" at ${at + done}`, error);
    }
  }

  truncate(size: number): void {
    attempt(`set "${this.path}" to ${size} bytes`, () => fs.ftruncateSync(this.#fd, size));
  }

  async sync(): Promise<void> {
    await this.#later<void>(`sync "${this.path}"`, (finish) => fs.fdatasync(this.#fd, finish));
  }

  syncNow(): void {
    attempt(`sync "${this.path}"`, () => fs.fdatasyncSync(this.#fd));
  }

  close(): void {
    this.#closing = true;
    if (this.#underWay > 0 || this.#fd < 0) return;
    fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  #later<T>(
    what: string,
    call: (finish: (error: NodeJS.ErrnoException | null, value?: T) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closing) {
        reject(new Error(`Cannot ${what}: the file is closed`));
        return;
      }
      this.#underWay++;
      call((error, value) => {
        this.#underWay--;
        if (this.#closing) this.close();
        if (error) reject(failed(what, error));
        else resolve(value as T);
      });
    });
  }
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw failed(what, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  ENOSPC: "no space left on the disk",
  EIO: "the disk reports an error",
  EISDIR: "it is a directory",
  ENOTDIR: "part of the path is not a directory",
  EROFS: "the file system is read-only",
  EMFILE: "too many open files",
};

/** Words for an error of the operating system, such as `permission denied`. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined && REASONS[code] !== undefined) return REASONS[code];
  return error instanceof Error ? error.message : String(error);
}

/** The code of an error of the operating system, such as `ENOENT`, looked for in its causes, too. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === "string" ? code : codeOf(error.cause);
}

/** Whether a call failed for want of space, whatever that means for what was to be done. */
export function isOutOfSpace(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

/**
 * Whether a call could not be done for want of space and may be repeated once there is some. That is
 * not so of a sync: what it left out, a later one does not make up for.
 */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined) return isDiskFull(error.cause);
  return (code === "ENOSPC" || code === "EDQUOT") && !/sync/.test(syscall ?? "");
}

function failed(what: string, cause: unknown): Error {
  return new Error(`Cannot ${what}: ${reasonOf(cause)}`, { cause });
}
