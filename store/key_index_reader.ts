/**
 * Reads index files: from a key to the log offsets of the messages that carry it. An index knows
 * hashes only, so what it finds must be compared with the record, see {@linkcode matchesKey}.
 * Nothing here writes.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem, ReadableFile } from "./file.ts";
import { FileWindow } from "./file_window.ts";
import { INDEX_ENTRY, INDEX_HEADER, INDEX_SLOT } from "./format.ts";
import { keyHash } from "./hash.ts";
import {
  entryPosition,
  findGeometry,
  type IndexGeometry,
  type IndexHeader,
  slotPosition,
} from "./index_geometry.ts";
import { readI64 } from "./layout.ts";
import { isIndexName } from "./names.ts";
import { KEY_SEPARATOR, parseProperties, PROPERTY } from "./properties.ts";

const AT = INDEX_ENTRY.at;
/** Java 5.5 and later: `MessageConst.INDEX_TAG_TYPE` and the separator. */
const TAG_PREFIX = "T#";

/** An entry of an index file. */
export interface IndexEntry {
  /** Its number; the first is 1. */
  readonly number: number;
  readonly keyHash: number;
  readonly physicalOffset: number;
  /** Store time of the record, cut to the second: up to 999 ms early. */
  readonly storeTimestamp: number;
  readonly secondsFromBegin: number;
  /** The entry before it in the same slot, 0 at the end. */
  readonly prevIndex: number;
}

/** Which store times count. */
export interface TimeLimits {
  /** Store time from, milliseconds; default 0. */
  readonly begin?: number;
  /** Store time to; default: no limit. */
  readonly end?: number;
}

/** What a message is looked for by. */
export interface IndexKey {
  readonly topic: string;
  /** A unique key, one of a message's keys, or its tag. */
  readonly key: string;
  /** Default: `key`. Brokers before 5.5 index no tags. */
  readonly type?: "key" | "tag";
}

/** An index file, open for reading. Close it to release it. */
export class IndexFileReader {
  readonly path: string;
  readonly header: IndexHeader;
  readonly geometry: IndexGeometry;
  readonly #file: ReadableFile;
  readonly #bytes = new Uint8Array(INDEX_ENTRY.size);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(file: ReadableFile, header: IndexHeader, geometry: IndexGeometry) {
    this.path = file.path;
    this.header = header;
    this.geometry = geometry;
    this.#file = file;
  }

  /** Number behind the last entry; less than the header says where that passes the file's room. */
  get entriesEnd(): number {
    return Math.max(1, Math.min(this.header.indexCount, this.geometry.entries));
  }

  /** Whether no further key fits. */
  get isFull(): boolean {
    return this.header.indexCount >= this.geometry.entries;
  }

  /** Number of the newest entry of a slot, 0 for none; what stands there, sound or not. */
  slot(slot: number): number {
    const word = this.#bytes.subarray(0, INDEX_SLOT.size);
    return this.#file.read(word, slotPosition(slot)) < word.length ? 0 : this.#view.getInt32(0);
  }

  /** One entry; `undefined` past the end of the file. */
  entry(number: number): IndexEntry | undefined {
    const length = this.#file.read(this.#bytes, entryPosition(number, this.geometry));
    return length < this.#bytes.length ? undefined : this.#entryAt(this.#view, 0, number);
  }

  /** Turns a window to the file. */
  openWindow(window: FileWindow): void {
    window.open(this.#file, this.#file.size());
  }

  /** All entries by number, or those from one on. */
  *entries(from = 1): Generator<IndexEntry, void> {
    const window = new FileWindow(4096 * INDEX_ENTRY.size);
    const view = new DataView(window.bytes.buffer);
    this.openWindow(window);
    for (let number = from; number < this.entriesEnd; number++) {
      const at = entryPosition(number, this.geometry);
      if (window.hold(at, INDEX_ENTRY.size) < INDEX_ENTRY.size) return;
      yield this.#entryAt(view, at - window.from, number);
    }
  }

  /** Whether the file may hold records of that time (Java: `IndexFile.isTimeMatched`). */
  overlaps(begin: number, end: number): boolean {
    return begin <= this.header.endTimestamp && end >= this.header.beginTimestamp;
  }

  /**
   * The offsets of a hash, newest first, looked for as they are asked for (Java:
   * `IndexFile.selectPhyOffset`). Where a chain leads astray it ends. Java follows it further as long as
   * it stays in the file, which may be for ever.
   */
  *hits(hash: number, { begin = 0, end = Infinity }: TimeLimits): Generator<number, void> {
    const { indexCount } = this.header;
    let number = this.slot(hash % this.geometry.slots);
    if (number <= 0 || number > indexCount || indexCount <= 1) return;
    const place = { file: this.#file, geometry: this.geometry };
    const chain = new ChainWindow(place, { bytes: this.#bytes, view: this.#view });
    while (number > 0) {
      const at = chain.hold(number);
      if (at < 0) return;
      const { view } = chain;
      const secondsFromBegin = view.getInt32(at + AT.secondsFromBegin);
      if (secondsFromBegin < 0) return;
      const storeTimestamp = this.#timeOf(number, secondsFromBegin);
      const prevIndex = view.getInt32(at + AT.prevIndex);
      const timeMatches = storeTimestamp >= begin && storeTimestamp <= end;
      if (timeMatches && view.getInt32(at + AT.keyHash) === hash) {
        yield readI64(view, at + AT.physicalOffset);
      }
      if (prevIndex >= number || storeTimestamp < begin) return;
      number = prevIndex;
    }
  }

  /** Whether a broker has gone on with the file since its header was read. */
  hasChanged(): boolean {
    const bytes = new Uint8Array(INDEX_HEADER.size);
    const count = this.#file.read(bytes, 0);
    if (count < bytes.length) return true;
    const { indexCount, endTimestamp, endPhyOffset } = INDEX_HEADER.read(
      new DataView(bytes.buffer),
      0,
    );
    const { header } = this;
    return indexCount !== header.indexCount || endPhyOffset !== header.endPhyOffset ||
      endTimestamp !== header.endTimestamp;
  }

  /** Releases the file; a second call does nothing. */
  close(): void {
    this.#file.close();
  }

  #entryAt(view: DataView, at: number, number: number): IndexEntry {
    const secondsFromBegin = view.getInt32(at + AT.secondsFromBegin);
    return {
      number,
      keyHash: view.getInt32(at + AT.keyHash),
      physicalOffset: readI64(view, at + AT.physicalOffset),
      storeTimestamp: this.#timeOf(number, secondsFromBegin),
      secondsFromBegin,
      prevIndex: view.getInt32(at + AT.prevIndex),
    };
  }

  #timeOf(number: number, secondsFromBegin: number): number {
    // The first record is what the file begins with. Java counts its seconds from the end of the full
    // file before, and does not find it where the time is asked for closely.
    const seconds = number === 1 ? Math.min(secondsFromBegin, 0) : secondsFromBegin;
    return this.header.beginTimestamp + seconds * 1000;
  }
}

/** So many entries are read together where a chain leads from one to another as near. */
const CHAIN_ENTRIES = 256;

/**
 * The entries of one chain, newest first. Most chains lead far: of these one entry is read at a time.
 * That of a key in every message leads to the neighbour, again and again.
 */
class ChainWindow {
  bytes: Uint8Array;
  view: DataView;
  readonly #file: ReadableFile;
  readonly #geometry: IndexGeometry;
  /** Number of the first entry held, and the one behind the last; 0 for none. */
  #from = 0;
  #to = 0;

  /** Begins with memory for one entry. */
  constructor(
    { file, geometry }: { readonly file: ReadableFile; readonly geometry: IndexGeometry },
    { bytes, view }: { readonly bytes: Uint8Array; readonly view: DataView },
  ) {
    this.#file = file;
    this.#geometry = geometry;
    this.bytes = bytes;
    this.view = view;
  }

  /** Where in the view an entry is; −1 past the end of the file. */
  hold(number: number): number {
    if (number < this.#from || number >= this.#to) {
      const isNear = number < this.#from && this.#from - number <= CHAIN_ENTRIES;
      if (!this.#read(isNear ? Math.max(1, number - CHAIN_ENTRIES + 1) : number, number)) return -1;
    }
    return (number - this.#from) * INDEX_ENTRY.size;
  }

  #read(first: number, last: number): boolean {
    const length = (last + 1 - first) * INDEX_ENTRY.size;
    if (length > this.bytes.length) {
      this.bytes = new Uint8Array(CHAIN_ENTRIES * INDEX_ENTRY.size);
      this.view = new DataView(this.bytes.buffer);
    }
    const bytes = length < this.bytes.length ? this.bytes.subarray(0, length) : this.bytes;
    if (this.#file.read(bytes, entryPosition(first, this.#geometry)) < length) return false;
    this.#from = first;
    this.#to = last + 1;
    return true;
  }
}

/**
 * Opens an index file. `expected` is the geometry of the broker's settings; without it the file's
 * own is found. `undefined` for a file whose length is that of no index file.
 */
export function openIndexFile(
  fs: FileSystem,
  path: string,
  expected?: IndexGeometry,
): IndexFileReader | undefined {
  const file = fs.openRead(path);
  const header = new Uint8Array(INDEX_HEADER.size);
  const isWhole = file.read(header, 0) === header.length;
  const geometry = isWhole ? findGeometry(file, expected) : undefined;
  if (geometry === undefined) {
    file.close();
    return undefined;
  }
  return new IndexFileReader(file, INDEX_HEADER.read(new DataView(header.buffer), 0), geometry);
}

/** What an index directory holds. */
export interface IndexListing {
  /** Paths of the index files, oldest first. */
  readonly paths: readonly string[];
  /** Names that are none of an index file, sorted. */
  readonly strays: readonly string[];
}

/** Lists an index directory. */
export function listIndexFiles(fs: FileSystem, directory: string): IndexListing {
  const names = fs.list(directory);
  const isFile = (name: string) =>
    isIndexName(name) && !fs.stat(join(directory, name))?.isDirectory;
  return {
    paths: names.filter(isFile).map((name) => join(directory, name)),
    strays: names.filter((name) => !isFile(name)),
  };
}

/** The hash under which an index has a key or a tag. */
export function indexHash({ topic, key, type }: IndexKey): number {
  return keyHash(topic, type === "tag" ? TAG_PREFIX + key : key);
}

/**
 * Log offsets of the messages with a key, and of foreign ones with the same hash: newest file first,
 * in a file newest entry first (Java: `IndexService.queryOffset`, which its caller sorts). `files`
 * are given oldest first. They are read as offsets are asked for.
 */
export function* indexHits(
  files: readonly IndexFileReader[],
  query: IndexKey & TimeLimits,
): Generator<number, void> {
  const { begin = 0, end = Infinity } = query;
  const hash = indexHash(query);
  for (const file of files.toReversed()) {
    if (file.overlaps(begin, end)) yield* file.hits(hash, query);
    if (file.header.beginTimestamp < begin) break;
  }
}

/** Whether a message really is what was looked for: an index answers by hashes. */
export function matchesKey(
  message: { readonly topic: string; readonly properties: string },
  { topic, key, type }: IndexKey,
): boolean {
  if (message.topic !== topic) return false;
  const properties = parseProperties(message.properties);
  if (type === "tag") return properties.get(PROPERTY.tags) === key;
  if (properties.get(PROPERTY.uniqueKey) === key) return true;
  return properties.get(PROPERTY.keys)?.split(KEY_SEPARATOR).includes(key) ?? false;
}
