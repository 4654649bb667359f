/**
 * The key index as Java's `IndexService` handles it at start: after an unclean stop every file whose
 * end is younger than the checkpoint is deleted, and what is dispatched again goes behind what is
 * left. Nothing else brings the deleted keys back.
 *
 * @module
 */
import { join } from "node:path";
import type { DispatchRequest } from "../dispatch.ts";
import type { FileSystem, ReadableFile, WritableFile } from "../file.ts";
import { INDEX_ENTRY, INDEX_HEADER, INDEX_SLOT, SIZE } from "../format.ts";
import {
  entryPosition,
  findGeometry,
  indexFileBytes,
  type IndexGeometry,
  type IndexHeader,
  slotPosition,
} from "../index_geometry.ts";
import { readI64, writeI64 } from "../layout.ts";
import { isIndexName, nextIndexName } from "../names.ts";
import type { JavaRules } from "./java_release.ts";

const SECONDS_MAX = 0x7fffffff;
const DEFAULT_GEOMETRY = { slots: SIZE.indexSlotsDefault, entries: SIZE.indexEntriesDefault };

/** What the index needs to know. */
export interface JavaIndexOptions {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly rules: JavaRules;
  /** What the broker is set to; default: what the first file tells. */
  readonly geometry?: IndexGeometry | undefined;
  /** Clock that names new files. */
  readonly now: () => number;
}

/** Index files while Java starts on them. */
export class JavaIndex {
  /** Paths of the files that were deleted, oldest first. */
  readonly deleted: string[] = [];
  readonly #options: JavaIndexOptions;
  readonly #geometry: IndexGeometry;
  #names: string[];
  #last: IndexFile | undefined;

  constructor(options: JavaIndexOptions) {
    this.#options = options;
    this.#names = options.fs.list(options.directory).filter(isIndexName);
    this.#geometry = options.geometry ?? this.#geometryOnDisk();
  }

  /**
   * Deletes the files a start after an unclean stop does not trust. `onKey` is shown every entry of
   * theirs before it is gone.
   */
  dropYounger(indexMsgTimestamp: number, onKey: (physicalOffset: number) => void): void {
    const { fs, directory } = this.#options;
    this.#names = this.#names.filter((name) => {
      const path = join(directory, name);
      const file = fs.openRead(path);
      try {
        const header = readHeader(file);
        if (header.endTimestamp <= indexMsgTimestamp) return true;
        this.#showKeys(file, header, onKey);
      } finally {
        file.close();
      }
      fs.remove(path);
      this.deleted.push(path);
      return false;
    });
  }

  /** Puts the keys of a record (Java: `buildIndex`). A file is made even where there are none. */
  put(request: DispatchRequest): void {
    const file = this.#writable();
    if (request.physicalOffset < file.header.endPhyOffset) return;
    for (const hash of request.keyHashes) this.#putKey(hash, request);
    const tag = this.#options.rules.indexesTags ? request.tagHash() : -1;
    if (tag >= 0) this.#putKey(tag, request);
  }

  /** Makes sure there is a file to put keys into, as every dispatched record does. */
  touch(): void {
    this.#writable();
  }

  /** Writes what the last file lacks. */
  close(): void {
    this.#last?.close();
    this.#last = undefined;
  }

  #putKey(hash: number, { physicalOffset, storeTimestamp }: DispatchRequest): void {
    this.#writable().put(hash, physicalOffset, storeTimestamp);
  }

  /** The last file if it has room, else a new one that begins where the last one ends. */
  #writable(): IndexFile {
    const { fs, directory, rules } = this.#options;
    const name = this.#names.at(-1);
    if (this.#last === undefined && name !== undefined) {
      this.#last = new IndexFile(fs.openWrite(join(directory, name)), this.#geometry, rules);
    }
    const last = this.#last;
    if (last !== undefined && !last.isFull) return last;
    fs.makeDirectory(directory);
    const made = nextIndexName(this.#options.now(), this.#names.at(-1));
    this.#names.push(made);
    this.#last = new IndexFile(fs.openWrite(join(directory, made)), this.#geometry, rules);
    if (last !== undefined) this.#last.beginBehind(last.header);
    last?.close();
    return this.#last;
  }

  #geometryOnDisk(): IndexGeometry {
    const { fs, directory } = this.#options;
    for (const name of this.#names) {
      const file = fs.openRead(join(directory, name));
      try {
        const geometry = findGeometry(file);
        if (geometry !== undefined) return geometry;
      } finally {
        file.close();
      }
    }
    return DEFAULT_GEOMETRY;
  }

  #showKeys(file: ReadableFile, header: IndexHeader, onKey: (offset: number) => void): void {
    const end = Math.min(header.indexCount, this.#geometry.entries);
    const bytes = new Uint8Array(INDEX_ENTRY.size * BLOCK_ENTRIES);
    const view = new DataView(bytes.buffer);
    for (let number = 1; number < end; number += BLOCK_ENTRIES) {
      file.read(bytes, entryPosition(number, this.#geometry));
      const count = Math.min(BLOCK_ENTRIES, end - number);
      for (let entry = 0; entry < count; entry++) {
        onKey(readI64(view, entry * INDEX_ENTRY.size + INDEX_ENTRY.at.physicalOffset));
      }
    }
  }
}

const BLOCK_ENTRIES = 4096;

/** One index file that is filled. Its slots are held whole: 20 MB in RocketMQ's own settings. */
class IndexFile {
  readonly header: IndexHeader;
  readonly #file: WritableFile;
  readonly #geometry: IndexGeometry;
  readonly #rules: JavaRules;
  readonly #slots: DataView;
  readonly #entry = new DataView(new ArrayBuffer(INDEX_ENTRY.size));
  /** Until there is a key the count stands in the broker's memory only. */
  readonly #storedCount: number;
  #changed = false;

  constructor(file: WritableFile, geometry: IndexGeometry, rules: JavaRules) {
    this.#file = file;
    this.#geometry = geometry;
    this.#rules = rules;
    const bytes = indexFileBytes(geometry);
    if (file.size() < bytes) file.truncate(bytes);
    this.header = readHeader(file);
    this.#storedCount = readStoredHeader(file).indexCount;
    const slots = new Uint8Array(geometry.slots * INDEX_SLOT.size);
    file.read(slots, slotPosition(0));
    this.#slots = new DataView(slots.buffer);
  }

  get isFull(): boolean {
    return this.header.indexCount >= this.#geometry.entries;
  }

  /** Presets the header of a new file. The first key replaces the beginning, and is timed by it. */
  beginBehind({ endPhyOffset, endTimestamp }: IndexHeader): void {
    this.header.beginPhyOffset = this.header.endPhyOffset = endPhyOffset;
    this.header.beginTimestamp = this.header.endTimestamp = endTimestamp;
    this.#changed = true;
  }

  put(hash: number, physicalOffset: number, storeTimestamp: number): void {
    const { header } = this;
    const number = header.indexCount;
    const slotAt = hash % this.#geometry.slots * INDEX_SLOT.size;
    const newest = this.#slots.getInt32(slotAt);
    const previous = newest <= 0 || newest > number ? 0 : newest;
    const seconds = header.beginTimestamp <= 0
      ? 0
      : Math.trunc((storeTimestamp - header.beginTimestamp) / 1000);
    const { at } = INDEX_ENTRY;
    this.#entry.setInt32(at.keyHash, hash);
    writeI64(this.#entry, at.physicalOffset, physicalOffset);
    this.#entry.setInt32(at.secondsFromBegin, Math.min(Math.max(seconds, 0), SECONDS_MAX));
    this.#entry.setInt32(at.prevIndex, previous);
    this.#file.write(new Uint8Array(this.#entry.buffer), entryPosition(number, this.#geometry));
    this.#slots.setInt32(slotAt, number);
    if (number <= 1) {
      header.beginPhyOffset = physicalOffset;
      header.beginTimestamp = storeTimestamp;
    }
    if (previous === 0 || this.#rules.countsEveryKey) header.hashSlotCount++;
    header.indexCount = number + 1;
    header.endPhyOffset = physicalOffset;
    header.endTimestamp = storeTimestamp;
    this.#changed = true;
  }

  close(): void {
    if (this.#changed) {
      const header = new Uint8Array(INDEX_HEADER.size);
      const indexCount = this.header.indexCount <= 1 ? this.#storedCount : this.header.indexCount;
      INDEX_HEADER.write(new DataView(header.buffer), 0, { ...this.header, indexCount });
      this.#file.write(header, 0);
      this.#file.write(new Uint8Array(this.#slots.buffer), slotPosition(0));
    }
    this.#file.close();
  }
}

/** Java takes a count that is not positive for 1. */
function readHeader(file: ReadableFile): IndexHeader {
  const header = readStoredHeader(file);
  if (header.indexCount <= 0) header.indexCount = 1;
  return header;
}

function readStoredHeader(file: ReadableFile): IndexHeader {
  const bytes = new Uint8Array(INDEX_HEADER.size);
  file.read(bytes, 0);
  return INDEX_HEADER.read(new DataView(bytes.buffer), 0);
}
