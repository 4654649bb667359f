/**
 * One file of the key index while it is filled: hash slots and entries, changed in memory and written
 * behind.
 *
 * @module
 */
import type { WritableFile } from "./file.ts";
import { INDEX_ENTRY, INDEX_HEADER, INDEX_SLOT } from "./format.ts";
import {
  entryPosition,
  type IndexGeometry,
  type IndexHeader,
  slotPosition,
} from "./index_geometry.ts";
import { writeI64 } from "./layout.ts";

const PAGE_BYTES = 4096;
const PAGE_SLOTS = PAGE_BYTES / INDEX_SLOT.size;
/** States of a page of slots: not looked at, as the file has it, to be written. */
const PAGE = { unread: 0, clean: 1, dirty: 2 } as const;
const SECONDS_MAX = 0x7fffffff;
/** Entries kept back before they are written in one call. */
const ENTRIES_BEHIND_MAX = 32 * 1024;

/** A file being filled. */
export class IndexFile {
  readonly header: IndexHeader;
  readonly #file: () => WritableFile;
  readonly #geometry: IndexGeometry;
  /** All slots, as on disk. Room nobody touched takes no memory. */
  readonly #slots: DataView;
  /** What each page of {@linkcode #slots} is, see {@linkcode PAGE}. */
  readonly #pages: Uint8Array;
  #entries = new Uint8Array(256 * INDEX_ENTRY.size);
  #entriesView = new DataView(this.#entries.buffer);
  /** Number of the first entry in memory. */
  #entriesFrom: number;
  #headerDirty = false;
  #unsynced = false;

  constructor(
    file: () => WritableFile,
    options: { geometry: IndexGeometry; header?: IndexHeader; slots?: DataView },
  ) {
    this.#file = file;
    this.#geometry = options.geometry;
    const slotsBytes = options.geometry.slots * INDEX_SLOT.size;
    this.#slots = options.slots ?? new DataView(new ArrayBuffer(slotsBytes));
    this.#pages = new Uint8Array(Math.ceil(slotsBytes / PAGE_BYTES));
    if (options.header === undefined) this.#pages.fill(PAGE.clean);
    if (options.slots !== undefined) {
      this.#pages.fill(PAGE.dirty);
      this.#headerDirty = this.#unsynced = true;
    }
    this.header = options.header ?? emptyHeader();
    if (this.header.indexCount <= 0) this.header.indexCount = 1;
    this.#entriesFrom = this.header.indexCount;
  }

  get isFull(): boolean {
    return this.header.indexCount >= this.#geometry.entries;
  }

  put(hash: number, physicalOffset: number, storeTimestamp: number): void {
    const { header } = this;
    const number = header.indexCount;
    // Before anything has changed, so that a key that could not be put can be put again.
    if (number - this.#entriesFrom >= ENTRIES_BEHIND_MAX) this.#writeEntries();
    const slotAt = (hash % this.#geometry.slots) * INDEX_SLOT.size;
    const page = (slotAt / PAGE_BYTES) | 0;
    if (this.#pages[page] === PAGE.unread) this.#readPage(page);
    const newest = this.#slots.getInt32(slotAt);
    const previous = newest <= 0 || newest > number ? 0 : newest;
    if (number <= 1) {
      header.beginPhyOffset = physicalOffset;
      header.beginTimestamp = storeTimestamp;
    }
    this.#putEntry(number, { hash, physicalOffset, storeTimestamp, previous });
    this.#slots.setInt32(slotAt, number);
    this.#pages[page] = PAGE.dirty;
    if (previous === 0) header.hashSlotCount++;
    header.indexCount = number + 1;
    header.endPhyOffset = physicalOffset;
    header.endTimestamp = storeTimestamp;
    this.#headerDirty = true;
    this.#unsynced = true;
  }

  /** Writes what the file lacks: entries, then the slots that lead to them, then the header. */
  write(): void {
    if (!this.#headerDirty) return;
    this.#writeEntries();
    this.#writeSlots();
    const file = this.#file();
    const header = new Uint8Array(INDEX_HEADER.size);
    INDEX_HEADER.write(new DataView(header.buffer), 0, this.header);
    file.write(header, 0);
    this.#headerDirty = false;
  }

  async sync(): Promise<void> {
    this.write();
    if (!this.#unsynced) return;
    // What comes while the sync is under way waits for the next.
    this.#unsynced = false;
    try {
      await this.#file().sync();
    } catch (error) {
      this.#unsynced = true;
      throw error;
    }
  }

  #putEntry(
    number: number,
    entry: { hash: number; physicalOffset: number; storeTimestamp: number; previous: number },
  ): void {
    const at = (number - this.#entriesFrom) * INDEX_ENTRY.size;
    if (at === this.#entries.length) {
      const larger = new Uint8Array(this.#entries.length * 2);
      larger.set(this.#entries);
      this.#entries = larger;
      this.#entriesView = new DataView(larger.buffer);
    }
    const view = this.#entriesView;
    // 0 for the first entry, also behind a full file: Java counts it from that one's end, and then
    // takes the record for so much younger than it is.
    const seconds = Math.trunc((entry.storeTimestamp - this.header.beginTimestamp) / 1000);
    view.setInt32(at + INDEX_ENTRY.at.keyHash, entry.hash);
    writeI64(view, at + INDEX_ENTRY.at.physicalOffset, entry.physicalOffset);
    view.setInt32(
      at + INDEX_ENTRY.at.secondsFromBegin,
      Math.min(Math.max(seconds, 0), SECONDS_MAX),
    );
    view.setInt32(at + INDEX_ENTRY.at.prevIndex, entry.previous);
  }

  #writeEntries(): void {
    const count = this.header.indexCount - this.#entriesFrom;
    if (count === 0) return;
    const at = entryPosition(this.#entriesFrom, this.#geometry);
    this.#file().write(this.#entries.subarray(0, count * INDEX_ENTRY.size), at);
    this.#entriesFrom = this.header.indexCount;
  }

  /** Writes the dirty pages, neighbours with one call. */
  #writeSlots(): void {
    const pages = this.#pages;
    for (let from = pages.indexOf(PAGE.dirty); from >= 0; from = pages.indexOf(PAGE.dirty, from)) {
      let to = from;
      while (pages[to] === PAGE.dirty) to++;
      this.#file().write(this.#pageBytes(from, to), slotPosition(from * PAGE_SLOTS));
      pages.fill(PAGE.clean, from, to);
    }
  }

  #readPage(number: number): void {
    this.#file().read(this.#pageBytes(number, number + 1), slotPosition(number * PAGE_SLOTS));
    this.#pages[number] = PAGE.clean;
  }

  #pageBytes(from: number, to: number): Uint8Array {
    const at = from * PAGE_BYTES;
    const end = Math.min(to * PAGE_BYTES, this.#slots.byteLength);
    return new Uint8Array(this.#slots.buffer, at, end - at);
  }
}

function emptyHeader(): IndexHeader {
  return {
    beginTimestamp: 0,
    endTimestamp: 0,
    beginPhyOffset: 0,
    endPhyOffset: 0,
    hashSlotCount: 0,
    indexCount: 1,
  };
}
