/**
 * Files in memory that remember what a disk has really got: after {@linkcode PowerLossFiles.lose}
 * pages and names that were never synced are there or not, page by page, as chance has it. Any call
 * can be made to fail before it has done anything.
 *
 * What it models: data survives `sync` of its file, a name `syncDirectory` of its folder; an unsynced
 * length may survive without its data, which then reads as zeros. What a sync that failed left out, no
 * later one makes up for, as with Linux. What is done can be recorded, event by event:
 * `crash_states.ts` makes many losses of power out of one run.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import type { FileStat, FileSystem, WritableFile } from "../store/file.ts";
import { StoreLockedError } from "../store/lock.ts";

/** What a disk writes whole or not at all; also taken for the page, so that small files have many. */
export const SECTOR_BYTES = 512;

/** What was done to the disk. Files go by number: a name may come to stand for another one. */
export type DiskEvent =
  | { readonly verb: "folder"; readonly path: string; readonly exists: boolean }
  | { readonly verb: "name"; readonly path: string; readonly file: number | undefined }
  | { readonly verb: "rename"; readonly from: string; readonly to: string; readonly file: number }
  | {
    readonly verb: "write";
    readonly file: number;
    readonly at: number;
    readonly bytes: Uint8Array;
  }
  | { readonly verb: "resize"; readonly file: number; readonly size: number }
  | { readonly verb: "syncBegins" | "syncEnds"; readonly file: number; readonly sync: number }
  | { readonly verb: "syncFolder"; readonly path: string }
  | { readonly verb: "syncFolderBegins"; readonly path: string; readonly sync: number }
  | { readonly verb: "syncFolderEnds"; readonly path: string; readonly sync: number };

/** All that is on a disk: folders, each behind its parent, and files, numbered from 0 on. */
export interface DiskImage {
  readonly folders: readonly string[];
  readonly files: readonly (readonly [path: string, bytes: Uint8Array])[];
  /** When files were changed last. All others have one time: nothing may hang on times alone. */
  readonly times?: ReadonlyMap<string, number>;
}

/** A file's content, now and on the disk. */
class Inode {
  readonly number: number;
  live: Uint8Array = new Uint8Array(0);
  durable: Uint8Array = new Uint8Array(0);
  #syncsBegun = 0;
  #newestSync = 0;
  /** Sectors a sync failed for: no later one takes them to the disk unless they are written again. */
  readonly #givenUp = new Set<number>();
  readonly #tell: (event: DiskEvent) => void;

  constructor(number: number, tell: (event: DiskEvent) => void) {
    this.number = number;
    this.#tell = tell;
  }

  write(bytes: Uint8Array, at: number): void {
    if (at + bytes.length > this.live.length) this.resize(at + bytes.length);
    this.live.set(bytes, at);
    for (const sector of sectorsOf(at, bytes.length)) this.#givenUp.delete(sector);
    this.#tell({ verb: "write", file: this.number, at, bytes: bytes.slice() });
  }

  resize(size: number): void {
    const live = new Uint8Array(size);
    live.set(this.live.subarray(0, size));
    this.live = live;
    this.#tell({ verb: "resize", file: this.number, size });
  }

  /** Begins a sync of what is there now; what it returns ends it. */
  beginSync(): () => void {
    const synced = this.live.slice();
    for (const sector of this.#givenUp) {
      const [from, to] = [sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES];
      synced.subarray(from, to).fill(0).set(
        this.durable.subarray(from, Math.min(to, synced.length)),
      );
    }
    const number = ++this.#syncsBegun;
    this.#tell({ verb: "syncBegins", file: this.number, sync: number });
    return () => {
      this.#tell({ verb: "syncEnds", file: this.number, sync: number });
      if (number < this.#newestSync) return;
      this.#newestSync = number;
      this.durable = synced;
    };
  }

  /** A sync failed: the machine takes what was to be synced for done with. */
  failSync(): void {
    for (const sector of sectorsOf(0, this.live.length)) {
      const [from, to] = [sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES];
      const isSame = this.live.subarray(from, to).every((byte, at) => {
        return byte === (this.durable[from + at] ?? 0);
      });
      if (!isSame) this.#givenUp.add(sector);
    }
  }

  /** The content after the power was lost. */
  remains(survives: () => boolean): Uint8Array {
    const { live, durable } = this;
    const isAsLong = live.length === durable.length || survives();
    const bytes = new Uint8Array(isAsLong ? live.length : durable.length);
    bytes.set(durable.subarray(0, bytes.length));
    for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
      const page = live.subarray(at, Math.min(at + SECTOR_BYTES, bytes.length));
      const isSynced = page.every((byte, index) => byte === bytes[at + index]);
      if (!isSynced && survives()) bytes.set(page, at);
    }
    return bytes;
  }
}

function* sectorsOf(at: number, length: number): Generator<number, void> {
  const first = Math.floor(at / SECTOR_BYTES);
  for (let sector = first; sector * SECTOR_BYTES < at + length; sector++) yield sector;
}

/** What is called, for {@linkcode PowerLossFiles.interfere}. */
export type FileVerb =
  | "openWrite"
  | "write"
  | "truncate"
  | "sync"
  | "syncNow"
  | "syncDirectory"
  | "makeDirectory"
  | "rename"
  | "remove";

/** What the machine calls those calls whose failing is final. */
const SYSCALLS: Readonly<Partial<Record<FileVerb, string>>> = {
  sync: "fdatasync",
  syncNow: "fdatasync",
  syncDirectory: "fsync",
};

/** A write that ends early: so many bytes are written, then the error is thrown. */
export interface ShortWrite {
  readonly bytes: number;
  readonly error: Error;
}

/** A file system with a plug to pull. */
export class PowerLossFiles implements FileSystem {
  /** Called before anything changes or is synced; what it throws, the call throws. */
  interfere: (verb: FileVerb, path: string) => void = () => {};
  /** Whether a write of so many bytes ends early. */
  shorten: (path: string, length: number) => ShortWrite | undefined = () => undefined;
  /** Called before anything is read; what it throws, the read throws. */
  interfereRead: (path: string) => void = () => {};
  /** Told of everything that is done. */
  onEvent: (event: DiskEvent) => void = () => {};
  /** Open handles. */
  openCount = 0;

  readonly #live = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  readonly #directories = new Set<string>(["/", "."]);
  readonly #durableDirectories = new Set<string>(["/", "."]);
  readonly #locked = new Set<string>();
  #times: ReadonlyMap<string, number> = new Map();
  #fileCount = 0;
  #folderSyncs = 0;
  readonly #newestFolderSync = new Map<string, number>();

  /** A disk on which everything is safe. The image's bytes are its own from now on. */
  static of({ folders, files, times = new Map<string, number>() }: DiskImage): PowerLossFiles {
    const fs = new PowerLossFiles();
    fs.#times = times;
    for (const path of folders) fs.#keepDirectory(path);
    for (const [path, bytes] of files) fs.#keepFile(path, bytes);
    return fs;
  }

  /** Pulls the plug: what the machine finds when it starts again. */
  lose(survives: () => boolean): PowerLossFiles {
    const after = new PowerLossFiles();
    for (const path of [...new Set([...this.#directories, ...this.#durableDirectories])].sort()) {
      const isSure = this.#directories.has(path) && this.#durableDirectories.has(path);
      const isThere = after.#directories.has(dirname(path)) && (isSure || survives());
      if (isThere) after.#keepDirectory(path);
    }
    const left = new Map<string, Inode>();
    for (const path of new Set([...this.#live.keys(), ...this.#durable.keys()])) {
      const [now, before] = [this.#live.get(path), this.#durable.get(path)];
      const inode = now === before || survives() ? now : before;
      if (inode === undefined || !after.#directories.has(dirname(path))) continue;
      left.set(path, inode);
    }
    // A rename is one step of the file system's journal: no file is lost under both its names.
    const kept = new Set(left.values());
    const renamed = new Set(this.#live.values());
    for (const [path, inode] of this.#durable) {
      if (this.#live.has(path) || !renamed.has(inode) || kept.has(inode)) continue;
      if (after.#directories.has(dirname(path))) left.set(path, inode);
    }
    for (const [path, inode] of left) after.#keepFile(path, inode.remains(survives));
    return after;
  }

  /** What is there now, synced or not. */
  image(): DiskImage {
    return {
      folders: [...this.#directories].sort(),
      files: [...this.#live].map(([path, inode]) => [path, inode.live.slice()] as const),
    };
  }

  /** What a process that was killed leaves: everything it wrote, nothing more synced than before. */
  kill(): void {
    this.#locked.clear();
  }

  /** Bytes of a file now. */
  bytes(path: string): Uint8Array {
    return this.#inode(path).live.slice();
  }

  openRead(path: string): WritableFile {
    return this.#handle(path, this.#inode(path));
  }

  openWrite(path: string): WritableFile {
    let inode = this.#live.get(path);
    if (inode === undefined) {
      this.#attempt("openWrite", path);
      const isFolder = this.#directories.has(path);
      if (isFolder || !this.#directories.has(dirname(path))) throw missing(path);
      this.#live.set(path, inode = this.#newInode());
      this.onEvent({ verb: "name", path, file: inode.number });
    }
    return this.#handle(path, inode);
  }

  list(path: string): string[] {
    const names = [...this.#live.keys(), ...this.#directories].filter((known) => {
      return dirname(known) === path && known !== path;
    });
    return names.map((known) => basename(known)).sort();
  }

  stat(path: string): FileStat | undefined {
    const inode = this.#live.get(path);
    const isDirectory = this.#directories.has(path);
    if (inode === undefined && !isDirectory) return undefined;
    const size = inode?.live.length ?? 0;
    return { size, allocatedBytes: size, mtimeMs: this.#times.get(path) ?? 0, isDirectory };
  }

  makeDirectory(path: string): void {
    if (this.#directories.has(path)) return;
    if (this.#live.has(path)) throw new Error(`Cannot create directory "${path}": it is a file`);
    this.#attempt("makeDirectory", path);
    this.makeDirectory(dirname(path));
    this.#directories.add(path);
    this.onEvent({ verb: "folder", path, exists: true });
  }

  rename(from: string, to: string): void {
    this.#attempt("rename", to);
    const inode = this.#inode(from);
    if (this.#live.has(dirname(to))) throw new Error(`Cannot rename to "${to}": below a file`);
    this.#live.delete(from);
    this.#live.set(to, inode);
    this.onEvent({ verb: "rename", from, to, file: inode.number });
  }

  remove(path: string): void {
    if (this.stat(path) === undefined) return;
    this.#attempt("remove", path);
    const isInside = (known: string) => known === path || known.startsWith(`${path}/`);
    for (const known of [...this.#live.keys()].filter(isInside)) {
      this.#live.delete(known);
      this.onEvent({ verb: "name", path: known, file: undefined });
    }
    for (const known of [...this.#directories].filter(isInside)) {
      this.#directories.delete(known);
      this.onEvent({ verb: "folder", path: known, exists: false });
    }
  }

  syncDirectory(path: string): void {
    this.#beginFolderSync(path)();
    this.onEvent({ verb: "syncFolder", path });
  }

  async syncDirectoryAsync(path: string): Promise<void> {
    const end = this.#beginFolderSync(path);
    const sync = this.#folderSyncs;
    this.onEvent({ verb: "syncFolderBegins", path, sync });
    await Promise.resolve();
    end();
    this.onEvent({ verb: "syncFolderEnds", path, sync });
  }

  /** Begins a sync of the names there are now; what it returns ends it. */
  #beginFolderSync(path: string): () => void {
    this.#attempt("syncDirectory", path);
    if (!this.#directories.has(path)) throw missing(path);
    const number = ++this.#folderSyncs;
    const isIn = (known: string) => dirname(known) === path;
    const files = [...this.#live].filter(([known]) => isIn(known));
    const folders = [...this.#directories].filter(isIn);
    return () => {
      if (number < (this.#newestFolderSync.get(path) ?? 0)) return;
      this.#newestFolderSync.set(path, number);
      for (const known of [...this.#durable.keys()]) if (isIn(known)) this.#durable.delete(known);
      for (const [known, inode] of files) this.#durable.set(known, inode);
      for (const known of [...this.#durableDirectories]) {
        if (isIn(known)) this.#durableDirectories.delete(known);
      }
      for (const known of folders) this.#durableDirectories.add(known);
    };
  }

  /** Lets a call fail. As the machine does, the error says of a sync that it is one. */
  #attempt(verb: FileVerb, path: string): void {
    try {
      this.interfere(verb, path);
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (cause instanceof Error && SYSCALLS[verb] !== undefined) {
        (cause as NodeJS.ErrnoException).syscall ??= SYSCALLS[verb];
      }
      throw error;
    }
  }

  lock(path: string): Disposable {
    if (this.#locked.has(path)) throw new StoreLockedError(path, undefined);
    this.#locked.add(path);
    return { [Symbol.dispose]: () => void this.#locked.delete(path) };
  }

  #keepDirectory(path: string): void {
    this.#directories.add(path);
    this.#durableDirectories.add(path);
  }

  #keepFile(path: string, bytes: Uint8Array): void {
    const inode = this.#newInode();
    inode.live = bytes;
    inode.durable = bytes.slice();
    this.#live.set(path, inode);
    this.#durable.set(path, inode);
  }

  #newInode(): Inode {
    return new Inode(this.#fileCount++, (event) => this.onEvent(event));
  }

  #inode(path: string): Inode {
    const inode = this.#live.get(path);
    if (inode === undefined) throw missing(path);
    return inode;
  }

  #handle(path: string, inode: Inode): WritableFile {
    this.openCount++;
    let isOpen = true;
    const read = (into: Uint8Array, at: number) => {
      if (!isOpen) throw new Error(`Cannot read "${path}": the file is closed`);
      this.interfereRead(path);
      const bytes = inode.live.subarray(at, at + into.length);
      into.set(bytes);
      return bytes.length;
    };
    const change = (verb: FileVerb, work: () => void) => {
      if (!isOpen) throw new Error(`Cannot ${verb} "${path}": the file is closed`);
      try {
        this.#attempt(verb, path);
      } catch (error) {
        if (verb === "sync" || verb === "syncNow") inode.failSync();
        throw error;
      }
      work();
    };
    const write = (bytes: Uint8Array, at: number) => {
      if (!isOpen) throw new Error(`Cannot write "${path}": the file is closed`);
      this.#attempt("write", path);
      const short = this.shorten(path, bytes.length);
      inode.write(bytes.subarray(0, short?.bytes), at);
      if (short !== undefined) throw short.error;
    };
    return {
      path,
      size: () => inode.live.length,
      read,
      readAsync: (into, at) => Promise.resolve().then(() => read(into, at)),
      write,
      truncate: (size) => change("truncate", () => inode.resize(size)),
      sync: async () => {
        let end = () => {};
        change("sync", () => end = inode.beginSync());
        await Promise.resolve();
        end();
      },
      syncNow: () => change("syncNow", () => inode.beginSync()()),
      close: () => {
        if (isOpen) this.openCount--;
        isOpen = false;
      },
    };
  }
}

/** An error as the machine reports it. */
export function systemError(code: string): Error {
  return new Error(`Cannot go on: ${code}`, { cause: Object.assign(new Error(code), { code }) });
}

function missing(path: string): Error {
  return new Error(`Cannot open "${path}": no such file or directory`, {
    cause: Object.assign(new Error("ENOENT"), { code: "ENOENT" }),
  });
}
