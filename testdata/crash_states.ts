/**
 * Every disk a loss of power can leave. A run of the store is recorded event by event; this follows
 * the recording and tells at any point what the disk holds for sure and what may be on it.
 *
 * Each sector of a file holds what was last synced or any of its later contents, whatever became of
 * its neighbours and of earlier writes; a file has its synced length or any later one; a name is on
 * the disk or not until its folder is synced. A rename leaves one name or the other.
 *
 * @module
 */
import { dirname } from "node:path";
import { type DiskEvent, type DiskImage, SECTOR_BYTES } from "./power_loss.ts";

/** Which of so many contents, lengths or names a loss of power leaves; 0 is what was synced. */
export type Choose = (versions: number) => number;

interface Version<T> {
  readonly since: number;
  readonly is: T;
}

/** Something on the disk and what it may be by now, the newest last. */
class Versions<T> {
  all: Version<T>[];

  constructor(synced: T) {
    this.all = [{ since: 0, is: synced }];
  }

  get newest(): T {
    return this.all.at(-1)!.is;
  }

  get synced(): T {
    return this.all[0]!.is;
  }

  get isSure(): boolean {
    return this.all.length === 1;
  }

  add(since: number, is: T): void {
    this.all.push({ since, is });
  }

  /** What was there at a time is on the disk now: nothing older is left. */
  sync(time: number): void {
    const newest = this.all.findLastIndex((it) => it.since <= time);
    if (newest > 0) this.all = this.all.slice(newest);
  }

  chosen(choose: Choose): T {
    return this.all[this.isSure ? 0 : choose(this.all.length)]!.is;
  }
}

/** One file: its length and its sectors. */
class DiskFile {
  readonly size: Versions<number>;
  live: Uint8Array;
  /** The sectors that are sure; the others' rooms in it mean nothing. */
  synced: Uint8Array;
  readonly pending = new Map<number, Versions<Uint8Array>>();
  readonly syncs = new Map<number, number>();

  constructor(bytes: Uint8Array) {
    this.size = new Versions(bytes.length);
    this.live = bytes.slice();
    this.synced = bytes.slice();
  }

  write(time: number, bytes: Uint8Array, at: number): void {
    this.live.set(bytes, at);
    this.#changed(time, at, at + bytes.length);
  }

  resize(time: number, size: number): void {
    const before = this.live.length;
    if (size === before) return;
    this.size.add(time, size);
    const live = new Uint8Array(size);
    live.set(this.live.subarray(0, size));
    this.live = live;
    if (size < before) this.#changed(time, size, before);
  }

  sync(time: number): void {
    this.size.sync(time);
    for (const [sector, versions] of this.pending) {
      versions.sync(time);
      if (!versions.isSure) continue;
      this.#grow((sector + 1) * SECTOR_BYTES);
      this.synced.set(versions.newest, sector * SECTOR_BYTES);
      this.pending.delete(sector);
    }
  }

  /** Whether `[from, to)` is on the disk as it is now. */
  holds(from: number, to: number): boolean {
    if (Math.min(...this.size.all.map((it) => it.is)) < to) return false;
    const first = Math.floor(from / SECTOR_BYTES);
    for (let sector = first; sector * SECTOR_BYTES < to; sector++) {
      if (this.pending.has(sector)) return false;
    }
    return true;
  }

  remains(choose: Choose): Uint8Array {
    const bytes = new Uint8Array(this.size.chosen(choose));
    bytes.set(this.synced.subarray(0, bytes.length));
    for (const [sector, versions] of this.pending) {
      const content = versions.chosen(choose);
      const at = sector * SECTOR_BYTES;
      if (at < bytes.length) bytes.set(content.subarray(0, bytes.length - at), at);
    }
    return bytes;
  }

  #changed(time: number, from: number, to: number): void {
    const first = Math.floor(from / SECTOR_BYTES);
    for (let sector = first; sector * SECTOR_BYTES < to; sector++) {
      const at = sector * SECTOR_BYTES;
      let versions = this.pending.get(sector);
      if (versions === undefined) {
        versions = new Versions(sectorOf(this.synced, at));
        this.pending.set(sector, versions);
      }
      versions.add(time, sectorOf(this.live, at));
    }
  }

  #grow(size: number): void {
    if (this.synced.length >= size) return;
    const synced = new Uint8Array(size);
    synced.set(this.synced);
    this.synced = synced;
  }
}

/** A copy of a sector; what the file lacks of it reads as zeros. */
function sectorOf(bytes: Uint8Array, at: number): Uint8Array {
  const sector = new Uint8Array(SECTOR_BYTES);
  sector.set(bytes.subarray(at, at + SECTOR_BYTES));
  return sector;
}

interface Rename {
  readonly from: string;
  readonly to: string;
  readonly file: number;
  readonly time: number;
}

/** A disk that follows a recording. */
export class CrashDisk {
  readonly #files = new Map<number, DiskFile>();
  readonly #names = new Map<string, Versions<number | undefined>>();
  readonly #folders = new Map<string, Versions<boolean>>();
  /** Renames of which the disk need not know yet. */
  #renames: Rename[] = [];
  /** When each sync of a folder that is under way began. */
  readonly #folderSyncs = new Map<number, number>();
  #time = 0;

  constructor({ folders, files }: DiskImage = { folders: ["/", "."], files: [] }) {
    for (const path of folders) this.#folders.set(path, new Versions(true));
    for (const [number, [path, bytes]] of files.entries()) {
      this.#files.set(number, new DiskFile(bytes));
      this.#names.set(path, new Versions<number | undefined>(number));
    }
  }

  /** Goes one event on. */
  apply(event: DiskEvent): void {
    const time = ++this.#time;
    if (event.verb === "folder") {
      const known = this.#folders.get(event.path) ?? new Versions(false);
      this.#folders.set(event.path, known);
      known.add(time, event.exists);
    } else if (event.verb === "name") this.#name(event.path, event.file);
    else if (event.verb === "rename") {
      this.#name(event.from, undefined);
      this.#name(event.to, event.file);
      this.#renames.push({ ...event, time });
    } else if (event.verb === "write") this.#file(event.file).write(time, event.bytes, event.at);
    else if (event.verb === "resize") this.#file(event.file).resize(time, event.size);
    else if (event.verb === "syncFolder") this.#syncFolder(event.path, time);
    else if (event.verb === "syncFolderBegins") this.#folderSyncs.set(event.sync, time);
    else if (event.verb === "syncFolderEnds") {
      this.#syncFolder(event.path, this.#folderSyncs.get(event.sync)!);
    } else if (event.verb === "syncBegins") this.#file(event.file).syncs.set(event.sync, time);
    else {
      const file = this.#file(event.file);
      file.sync(file.syncs.get(event.sync)!);
    }
  }

  /** Whether bytes `[from, to)` of a file outlive any loss of power. */
  holds(path: string, from: number, to: number): boolean {
    const name = this.#names.get(path);
    if (name === undefined || !name.isSure || name.newest === undefined) return false;
    for (let at = dirname(path); at !== dirname(at); at = dirname(at)) {
      const folder = this.#folders.get(at);
      if (folder === undefined || !folder.isSure || !folder.newest) return false;
    }
    return this.#file(name.newest).holds(from, to);
  }

  /** What a loss of power leaves, by chance or by plan. */
  lose(choose: Choose): DiskImage {
    const folders = new Set<string>();
    for (const path of [...this.#folders.keys()].sort()) {
      const isThere = this.#folders.get(path)!.chosen(choose);
      if (isThere && (path === dirname(path) || folders.has(dirname(path)))) folders.add(path);
    }
    const names = new Map<string, number>();
    for (const [path, versions] of this.#names) {
      const file = versions.chosen(choose);
      if (file !== undefined) names.set(path, file);
    }
    for (const { from, to, file } of this.#renames) {
      if (names.get(to) === file) names.delete(from);
      else if (names.get(from) !== file && this.#names.get(from)?.synced === file) {
        names.set(to, file);
      }
    }
    const files: [string, Uint8Array][] = [];
    for (const [path, file] of names) {
      if (folders.has(dirname(path))) files.push([path, this.#file(file).remains(choose)]);
    }
    return { folders: [...folders], files };
  }

  #file(number: number): DiskFile {
    let file = this.#files.get(number);
    if (file === undefined) this.#files.set(number, file = new DiskFile(new Uint8Array(0)));
    return file;
  }

  #name(path: string, file: number | undefined): void {
    const known = this.#names.get(path) ?? new Versions<number | undefined>(undefined);
    this.#names.set(path, known);
    known.add(this.#time, file);
  }

  #syncFolder(path: string, since: number): void {
    for (const [known, versions] of this.#names) {
      if (dirname(known) === path) versions.sync(since);
      if (versions.isSure && versions.newest === undefined) this.#names.delete(known);
    }
    for (const [known, versions] of this.#folders) {
      if (dirname(known) === path) versions.sync(since);
    }
    this.#renames = this.#renames.filter(({ from, to, time }) => {
      if (time > since || (dirname(from) !== path && dirname(to) !== path)) return true;
      // It is done as a whole, in whatever folder.
      this.#names.get(from)?.sync(time);
      this.#names.get(to)?.sync(time);
      return false;
    });
  }
}
