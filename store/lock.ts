/**
 * The lock a broker holds on its store: an exclusive POSIX record lock on the first byte of the
 * file `lock`, the very one a Java broker takes (`FileChannel.tryLock(0, 1)`), so that neither opens
 * a store the other is using.
 *
 * Neither runtime offers `fcntl`, so it is called in the C library where the process may do that:
 * on Linux, and in Deno with `--allow-ffi`. Without it a holder is still found in `/proc/locks`,
 * which Deno shows to programs with all permissions only, and nobody who comes later can see us.
 *
 * Such a lock is lost when this process closes any descriptor of the file: nothing here opens it
 * while it is held, not even `realpath`, which does so in Bun.
 *
 * @module
 */
import fs from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";

/** Thrown when another process holds a store. */
export class StoreLockedError extends Error {
  override readonly name = "StoreLockedError";
  /** Process that holds the lock, where the system tells. */
  readonly pid: number | undefined;

  constructor(path: string, pid: number | undefined) {
    const holder = pid === undefined ? "another process" : `process ${pid}${commandOf(pid)}`;
    super(`Cannot open store "${dirname(path)}": ${holder} is using it (it holds "${path}")`);
    this.pid = pid;
  }
}

/** Paths this process holds: record locks do not exclude their own process. */
const held = new Set<string>();

const LOCK_TEXT = "lock";

/**
 * Takes the lock, or throws {@linkcode StoreLockedError}. Disposing releases it. A file that is missing
 * or empty gets `text`, by default what Java's brokers write.
 */
export function lockFile(path: string, text: string = LOCK_TEXT): Disposable {
  const name = createLockFile(path, text);
  if (held.has(name)) throw new StoreLockedError(path, process.pid);
  const libc = openLibc();
  let descriptor = -1;
  try {
    if (libc !== undefined) descriptor = takeRecordLock(libc, path);
    const holder = descriptor < 0 ? findHolder(path) : undefined;
    if (holder !== undefined) throw new StoreLockedError(path, holder);
  } catch (error) {
    libc?.unload();
    throw error;
  }
  held.add(name);
  let released = false;
  return {
    [Symbol.dispose]() {
      if (released) return;
      released = true;
      held.delete(name);
      if (descriptor >= 0) libc?.close(descriptor);
      libc?.unload();
    },
  };
}

function createLockFile(path: string, text: string): string {
  try {
    if (!fs.existsSync(path) || fs.statSync(path).size === 0) fs.writeFileSync(path, text);
    return join(fs.realpathSync(dirname(path)), basename(path));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === "EACCES" || code === "EROFS"
      ? "the folder is not writable"
      : `${cause}`;
    throw new Error(`Cannot create "${path}": ${reason}`, { cause });
  }
}

/**
 * Process that holds a record lock on a file, read from `/proc/locks`; Linux only. The table names
 * files by inode, and files of several disks share one: a process whose open files can be seen and
 * do not have it is not the holder.
 */
export function findHolder(path: string): number | undefined {
  let table: string;
  try {
    table = fs.readFileSync("/proc/locks", "utf8");
  } catch {
    return undefined;
  }
  const { ino } = fs.statSync(path);
  for (const line of table.split("\n")) {
    // 1: POSIX  ADVISORY  WRITE 4242 fe:00:131074 0 0
    const match = /^\d+: POSIX\s+\S+\s+\S+\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
    if (match === null || Number(match[2]) !== ino) continue;
    const pid = Number(match[1]);
    if (mayHaveOpen(pid, path)) return pid;
  }
  return undefined;
}

function mayHaveOpen(pid: number, path: string): boolean {
  const wanted = fs.statSync(path);
  const directory = `/proc/${pid}/fd`;
  let names: string[];
  try {
    names = fs.readdirSync(directory);
  } catch {
    return true;
  }
  return names.some((name) => {
    try {
      const { dev, ino } = fs.statSync(`${directory}/${name}`);
      return dev === wanted.dev && ino === wanted.ino;
    } catch {
      return false;
    }
  });
}

function commandOf(pid: number): string {
  try {
    return ` (${fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim()})`;
  } catch {
    return "";
  }
}

interface Libc {
  open(path: Uint8Array, flags: number, mode: number): number;
  fcntl(descriptor: number, command: number, lock: Uint8Array): number;
  close(descriptor: number): number;
  unload(): void;
}

const LINUX = { libc: "libc.so.6", setLock: 6, writeLock: 1, structBytes: 32 } as const;

function takeRecordLock(libc: Libc, path: string): number {
  const cPath = new TextEncoder().encode(`${path}\0`);
  const descriptor = libc.open(cPath, fs.constants.O_RDWR, 0);
  if (descriptor < 0) return -1;
  // struct flock: l_type, l_whence, l_start, l_len of one byte, l_pid.
  const lock = new Uint8Array(LINUX.structBytes);
  const view = new DataView(lock.buffer);
  view.setInt16(0, LINUX.writeLock, true);
  view.setInt32(16, 1, true);
  if (libc.fcntl(descriptor, LINUX.setLock, lock) === 0) return descriptor;
  libc.close(descriptor);
  throw new StoreLockedError(path, findHolder(path));
}

/** The C library, where platform, runtime and permissions give it. */
function openLibc(): Libc | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return "Bun" in globalThis ? openBunLibc() : openDenoLibc();
  } catch {
    return undefined;
  }
}

interface DenoFace {
  dlopen(path: string, symbols: Record<string, unknown>): {
    symbols: Record<string, (...values: unknown[]) => number>;
    close(): void;
  };
  permissions: { querySync(what: { name: string }): { state: string } };
}

function openDenoLibc(): Libc | undefined {
  const deno = (globalThis as { Deno?: DenoFace }).Deno;
  if (deno === undefined || deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return undefined;
  }
  const library = deno.dlopen(LINUX.libc, {
    open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
    fcntl: { parameters: ["i32", "i32", "buffer"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
  return libcOf(library.symbols, () => library.close());
}

interface BunFfi {
  dlopen(path: string, symbols: Record<string, unknown>): {
    symbols: Record<string, (...values: unknown[]) => number>;
    close(): void;
  };
}

function openBunLibc(): Libc {
  const ffi = process.getBuiltinModule("bun:ffi" as "fs") as unknown as BunFfi;
  const library = ffi.dlopen(LINUX.libc, {
    open: { args: ["ptr", "i32", "i32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "ptr"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
  });
  return libcOf(library.symbols, () => library.close());
}

function libcOf(
  symbols: Record<string, (...values: unknown[]) => number>,
  unload: () => void,
): Libc {
  return {
    open: (path, flags, mode) => symbols.open!(path, flags, mode),
    fcntl: (descriptor, command, lock) => symbols.fcntl!(descriptor, command, lock),
    close: (descriptor) => symbols.close!(descriptor),
    unload,
  };
}
