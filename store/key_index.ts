/**
 * The key index as a broker writes it: the newest of its files is filled, see `index_file.ts`, the
 * others do not change any more. Lookups read the files, see `key_index_reader.ts`.
 *
 * After an unclean stop complete files are trusted, and of the next one the entries that were brought
 * to the disk, see `index_entries.ts`; what is behind is built again from the log.
 *
 * @module
 */
import { join } from "node:path";
import type { WritableFile } from "./file.ts";
import { INDEX_ENTRY, INDEX_HEADER } from "./format.ts";
import { type IndexedLog, leadsInto, takeUpEntries } from "./index_entries.ts";
import { IndexFile } from "./index_file.ts";
import {
  entryPosition,
  findGeometry,
  indexFileBytes,
  type IndexGeometry,
  type IndexHeader,
} from "./index_geometry.ts";
import { IndexFileReader } from "./key_index_reader.ts";
import { readI64 } from "./layout.ts";
import { isIndexName, nextIndexName } from "./names.ts";
import type { OpenFiles } from "./open_files.ts";

/** What a key index needs to know. */
export interface KeyIndexOptions {
  readonly directory: string;
  readonly geometry: IndexGeometry;
  /** Told the end time of every file that is complete and on the disk. */
  readonly onComplete: (endTimestamp: number) => void;
}

/** Where putting keys goes on. */
export interface IndexResume {
  /** Paths of the files that were removed, newest first. */
  readonly removed: readonly string[];
  /** Log offset of the last record that has keys in the index. */
  readonly from: number;
  /** Keys it has there: a full file may have taken only some. */
  readonly keysDone: number;
}

/** The index files of a store. */
export class KeyIndex {
  readonly #files: OpenFiles;
  readonly #options: KeyIndexOptions;
  /** Names of all files, oldest first. */
  #names: string[];
  #current: IndexFile | undefined;
  #geometry: IndexGeometry;
  /** Syncs of complete files, one after the other. */
  #completing: Promise<void> = Promise.resolve();
  /** Why one of them failed: then no later one is believed. */
  #failure: unknown;
  /** Whether files were made that the disk does not know yet. */
  #hasNewNames = false;
  /** Headers and geometries of files before the last one: they do not change any more. */
  readonly #known = new Map<string, { header: IndexHeader; geometry: IndexGeometry }>();

  constructor(files: OpenFiles, options: KeyIndexOptions) {
    this.#files = files;
    this.#options = options;
    this.#geometry = options.geometry;
    this.#names = files.fs.list(options.directory).filter(isIndexName);
  }

  /** Paths of the files, oldest first. */
  get paths(): string[] {
    return this.#names.map((name) => this.#path(name));
  }

  /**
   * Readers of the files, oldest first, for what has been written. They share the store's
   * descriptors: use them within the turn and do not close them.
   */
  readers(): IndexFileReader[] {
    const readers: IndexFileReader[] = [];
    for (const name of this.#names) {
      const isLast = name === this.#names.at(-1) && this.#current !== undefined;
      const about = isLast
        ? { header: this.#current!.header, geometry: this.#geometry }
        : this.#about(name);
      if (about === undefined) continue;
      readers.push(new IndexFileReader(this.#opener(name)(), about.header, about.geometry));
    }
    return readers;
  }

  /** Header and geometry of a complete file; `undefined` where its length is that of none. */
  #about(name: string): { header: IndexHeader; geometry: IndexGeometry } | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const geometry = findGeometry(this.#opener(name)(), this.#options.geometry);
    if (geometry === undefined) return undefined;
    const about = { header: this.#header(name), geometry };
    this.#known.set(name, about);
    return about;
  }

  /** The folder `index`. */
  get directory(): string {
    return this.#options.directory;
  }

  /** What a file between others is made with. */
  get geometry(): IndexGeometry {
    return this.#geometry;
  }

  /** Takes up a file that was made between others. */
  insert(name: string): void {
    this.#names.push(name);
    this.#names.sort();
  }

  /** Takes up the last file where it was left. For a store that was stopped cleanly. */
  load(): IndexResume {
    return this.keepFirst(this.#names.length);
  }

  /** Whether the last file is one of this log. */
  fits(log: IndexedLog): boolean {
    const name = this.#names.at(-1);
    return name === undefined || leadsInto(this.#header(name), log);
  }

  /**
   * Removes the files that were not complete at `indexMsgTimestamp`, or do not fit the log: keys must
   * be put again from where the last that stays ends. Of the first of them the entries that are on the
   * disk for certain are kept; then keys must be put again from behind these.
   */
  dropIncomplete(indexMsgTimestamp: number, log?: IndexedLog): IndexResume {
    let count = this.#names.length;
    for (; count > 0; count--) {
      const name = this.#names[count - 1]!;
      const header = this.#header(name);
      const isComplete = header.indexCount >= this.#geometryOf(name).entries;
      const isKnown = isComplete && header.endTimestamp <= indexMsgTimestamp;
      if (isKnown && (log === undefined || leadsInto(header, log))) break;
    }
    const name = this.#names[count];
    if (name === undefined || log === undefined) return this.keepFirst(count);
    // What is on the disk for certain must stand in this file, and not in the next.
    const next = this.#names[count + 1];
    const behind = next === undefined ? undefined : this.#header(next);
    const isNext = (behind?.indexCount ?? 0) > 1 && behind!.beginPhyOffset < log.durableTo;
    if (isNext) return this.keepFirst(count);
    const about = { header: this.#header(name), geometry: this.#geometryOf(name) };
    const taken = takeUpEntries(this.#opener(name)(), about, log);
    if (taken === undefined) return this.keepFirst(count);
    const { removed } = this.keepFirst(count + 1);
    this.#current = new IndexFile(this.#opener(name), { geometry: about.geometry, ...taken });
    return { removed, from: log.durableTo, keysDone: 0 };
  }

  /**
   * Removes all but the first `count` files, and those at their end that hold no entry: these do not
   * say where the keys before them end. Goes on where the last that stays ends.
   */
  keepFirst(count: number): IndexResume {
    let kept = Math.min(count, this.#names.length);
    while (kept > 0 && this.#header(this.#names[kept - 1]!).indexCount <= 1) kept--;
    const last = this.#names.at(-1);
    if (last !== undefined) this.#geometry = this.#geometryOf(last);
    this.#known.clear();
    const removed = this.#names.splice(kept).map((name) => this.#path(name)).reverse();
    for (const path of removed) {
      this.#files.forget(path);
      this.#files.fs.remove(path);
    }
    const name = this.#names.at(-1);
    this.#current = undefined;
    if (name === undefined) return { removed, from: 0, keysDone: 0 };
    this.#geometry = this.#geometryOf(name);
    const header = this.#header(name);
    this.#current = new IndexFile(this.#opener(name), { geometry: this.#geometry, header });
    return { removed, from: header.endPhyOffset, keysDone: this.#keysAt(name, header) };
  }

  /** The last record whose keys are in the index; zeros when there is none. */
  get last(): { physicalOffset: number; timestamp: number } {
    const header = this.#current?.header;
    return { physicalOffset: header?.endPhyOffset ?? 0, timestamp: header?.endTimestamp ?? 0 };
  }

  /** Adds one key of a record. */
  put(hash: number, physicalOffset: number, storeTimestamp: number): void {
    if (this.#current === undefined || this.#current.isFull) this.#roll(storeTimestamp);
    this.#current!.put(hash, physicalOffset, storeTimestamp);
  }

  /** Writes what the files lack. */
  write(): void {
    this.#current?.write();
  }

  /**
   * Removes files all of whose records lie before a log offset, the oldest first; the last file
   * stays. Returns how many.
   */
  async dropBefore(physicalOffset: number): Promise<number> {
    // A file must be there while it is synced.
    await this.#completing;
    let dropped = 0;
    while (this.#names.length > 1) {
      const name = this.#names[0]!;
      if (this.#header(name).endPhyOffset >= physicalOffset) break;
      this.#files.forget(this.#path(name));
      this.#files.fs.remove(this.#path(name));
      this.#names.shift();
      this.#known.delete(name);
      dropped++;
    }
    return dropped;
  }

  /** Brings everything to the disk. */
  async sync(): Promise<void> {
    await this.#completing;
    if (this.#failure !== undefined) throw this.#failure;
    await this.#current?.sync();
    this.#syncNames();
  }

  #roll(storeTimestamp: number): void {
    const full = this.#current;
    if (full !== undefined) {
      full.write();
      this.#completing = this.#completing.then(() => this.#complete(full));
    }
    const name = this.#newName(storeTimestamp);
    this.#files.fs.makeDirectory(this.#options.directory);
    const bytes = indexFileBytes(this.#geometry);
    this.#files.make({ path: this.#path(name), bytes, folder: this.#options.directory });
    this.#names.push(name);
    this.#hasNewNames = true;
    this.#current = new IndexFile(this.#opener(name), { geometry: this.#geometry });
  }

  #syncNames(): void {
    if (this.#hasNewNames) this.#files.fs.syncDirectory(this.#options.directory);
    this.#hasNewNames = false;
  }

  /** What follows a file that is not on the disk does not count as complete. */
  async #complete(full: IndexFile): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await full.sync();
      this.#syncNames();
      this.#options.onComplete(full.header.endTimestamp);
    } catch (error) {
      this.#failure = error;
    }
  }

  /**
   * Named by its first record, so that building the index again gives the same files; always behind
   * the last name, because names are the order of the files.
   */
  #newName(storeTimestamp: number): string {
    return nextIndexName(storeTimestamp, this.#names.at(-1));
  }

  /** Entries at the end of a file that belong to its last record. */
  #keysAt(name: string, { indexCount, endPhyOffset }: IndexHeader): number {
    const file = this.#opener(name)();
    const bytes = new Uint8Array(INDEX_ENTRY.size);
    const view = new DataView(bytes.buffer);
    let number = indexCount - 1;
    for (; number > 0; number--) {
      file.read(bytes, entryPosition(number, this.#geometry));
      if (readI64(view, INDEX_ENTRY.at.physicalOffset) !== endPhyOffset) break;
    }
    return indexCount - 1 - number;
  }

  #path(name: string): string {
    return join(this.#options.directory, name);
  }

  #opener(name: string): () => WritableFile {
    return () => this.#files.get(this.#path(name));
  }

  #header(name: string): IndexHeader {
    const bytes = new Uint8Array(INDEX_HEADER.size);
    this.#opener(name)().read(bytes, 0);
    return INDEX_HEADER.read(new DataView(bytes.buffer), 0);
  }

  #geometryOf(name: string): IndexGeometry {
    const { geometry } = this.#options;
    return findGeometry(this.#opener(name)(), geometry) ?? geometry;
  }
}
