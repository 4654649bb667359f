/**
 * Proves that the index files hold the entries that the records of a piece of the log call for, in
 * their order, and none in between. What is odd is not told here: then the piece is not proven, and
 * `index_check.ts` looks at it entry by entry. Chains are not looked at.
 *
 * @module
 */
import type { DispatchRequest } from "../dispatch.ts";
import { FileWindow } from "../file_window.ts";
import { INDEX_ENTRY } from "../format.ts";
import { entryPosition, type IndexHeader } from "../index_geometry.ts";
import { type IndexFileReader, listIndexFiles, openIndexFile } from "../key_index_reader.ts";
import { readI64 } from "../layout.ts";
import { expectedSeconds, secondsBetween } from "./index_walk.ts";
import type { ProofState } from "./proof_state.ts";

const AT = INDEX_ENTRY.at;
const WINDOW_ENTRIES = 4096;

/** An entry of the index: number of its file, and its own; behind the last file the entry is 0. */
export interface IndexPlace {
  readonly file: number;
  readonly entry: number;
}

/** Store times of the records that the first and the last entry of a file lead to, where met. */
export interface EndTimes {
  readonly file: number;
  readonly first?: number;
  readonly last?: number;
  /** Which entry was the last: a broker at work adds others. */
  readonly lastEntry?: number;
}

/** What is proven of the index. */
export interface ProvenIndex {
  /** The first entry compared, and the one behind the last. */
  readonly from: IndexPlace;
  readonly to: IndexPlace;
  /** `endTimestamp` of the file before that of `from`; `undefined` where that is unknown. */
  readonly endBefore: number | undefined;
  readonly keys: number;
  /** Records with keys. */
  readonly records: number;
  readonly hasTags: boolean;
  readonly times: readonly EndTimes[];
}

/** Compares the index with a piece of the log at a time. Close it to release its file. */
export class IndexProof {
  readonly #state: ProofState;
  readonly #paths: readonly string[];
  readonly #window = new FileWindow(WINDOW_ENTRIES * INDEX_ENTRY.size);
  readonly #view = new DataView(this.#window.bytes.buffer);
  /** Headers of the files that have entries, and what each says its last time is. */
  readonly #heads: {
    readonly header: IndexHeader | undefined;
    readonly time: number | undefined;
  }[] = [];
  #reader: IndexFileReader | undefined;
  #entriesEnd = 0;
  #file = 0;
  #entry = 0;
  /** Log offset of the entry, Infinity behind the last; and where it stands in the window. */
  #offset = Infinity;
  #at = 0;
  /** Log offset of the entry behind, where there is one in the file. */
  #behind = Infinity;
  /** A store time, and its seconds in this file: neighbours often share theirs. */
  #time = NaN;
  #seconds = 0;
  #endBefore: number | undefined;
  #proven = nothingProven();

  constructor(state: ProofState) {
    this.#state = state;
    this.#paths = listIndexFiles(state.fs, state.paths.index).paths;
  }

  /** Begins with the first entry that leads to a log offset or behind it; false where none is told. */
  begin(logOffset: number): boolean {
    const file = this.#fileOf(logOffset);
    this.#proven = nothingProven();
    if (file !== this.#file || this.#reader === undefined) {
      if (!this.#open(file)) return false;
    }
    if (this.#reader !== undefined && !this.#search(logOffset)) return false;
    this.#proven.from = this.#place;
    this.#proven.endBefore = this.#endBefore;
    return true;
  }

  /** Takes a sound record; false when it proves nothing. */
  record(request: DispatchRequest): boolean {
    const { physicalOffset, keyHashes } = request;
    const { length } = keyHashes;
    if (this.#offset < physicalOffset) return false;
    if (this.#offset > physicalOffset) return length === 0;
    let met = 0;
    for (; this.#offset === physicalOffset; met++) {
      const hash = this.#view.getInt32(this.#at + AT.keyHash);
      if (met < length) {
        if (hash !== keyHashes[met]) return false;
      } else if (hash !== request.tagHash() || keyHashes.includes(hash)) return false;
      if (!this.#isTimely(request.storeTimestamp) || !this.#advance()) return false;
    }
    if (met < length) return false;
    if (met > length) this.#proven.hasTags = true;
    this.#proven.keys += met;
    if (length > 0) this.#proven.records++;
    return true;
  }

  /** What is proven. */
  finish(): ProvenIndex {
    return { ...this.#proven, to: this.#place };
  }

  /** Releases the open file; a second call does nothing. */
  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  get #place(): IndexPlace {
    return { file: this.#file, entry: this.#reader === undefined ? 0 : this.#entry };
  }

  /** First file whose header speaks of a log offset or one behind it. */
  #fileOf(logOffset: number): number {
    let file = 0;
    while (file < this.#paths.length && (this.#head(file)?.endPhyOffset ?? -1) < logOffset) file++;
    return file;
  }

  /** What a file's header says; `undefined` for one without entries, or of no index. */
  #head(file: number): IndexHeader | undefined {
    const known = this.#heads[file];
    if (known !== undefined) return known.header;
    const reader = openIndexFile(this.#state.fs, this.#paths[file]!);
    const header = reader?.header;
    const hasEntries = reader !== undefined && reader.entriesEnd > 1;
    this.#heads[file] = { header: hasEntries ? header : undefined, time: header?.endTimestamp };
    reader?.close();
    return hasEntries ? header : undefined;
  }

  /** Turns to the first entry of a file, or behind the last one; false for a file of no index. */
  #open(file: number): boolean {
    if (file > 0) this.#head(file - 1);
    this.#endBefore = this.#heads[file - 1]?.time;
    this.close();
    this.#file = file;
    this.#offset = Infinity;
    if (file === this.#paths.length) return true;
    this.#reader = openIndexFile(this.#state.fs, this.#paths[file]!);
    if (this.#reader === undefined) return false;
    this.#entriesEnd = this.#reader.entriesEnd;
    this.#time = NaN;
    this.#reader.openWindow(this.#window);
    return true;
  }

  /** Finds the first entry from a log offset on, as files are sorted; false where the header lied. */
  #search(logOffset: number): boolean {
    const reader = this.#reader!;
    let [low, high] = [1, reader.entriesEnd];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((reader.entry(middle)?.physicalOffset ?? Infinity) < logOffset) low = middle + 1;
      else high = middle;
    }
    return low < reader.entriesEnd && this.#load(low);
  }

  /** Reads an entry; false where the one behind it, or the header in its place, leads further back. */
  #load(entry: number): boolean {
    const { geometry, header } = this.#reader!;
    const position = entryPosition(entry, geometry);
    const isLast = entry + 1 === this.#entriesEnd;
    const length = isLast ? INDEX_ENTRY.size : 2 * INDEX_ENTRY.size;
    if (this.#window.hold(position, length) < length) return false;
    this.#entry = entry;
    const at = this.#at = position - this.#window.from;
    this.#offset = readI64(this.#view, at + AT.physicalOffset);
    this.#behind = isLast
      ? header.endPhyOffset
      : readI64(this.#view, at + INDEX_ENTRY.size + AT.physicalOffset);
    return this.#behind >= this.#offset;
  }

  /** As {@linkcode #load} of the entry behind, where that and another are in memory. */
  #step(): boolean {
    this.#entry++;
    this.#at += INDEX_ENTRY.size;
    this.#offset = this.#behind;
    this.#behind = readI64(this.#view, this.#at + INDEX_ENTRY.size + AT.physicalOffset);
    return this.#behind >= this.#offset;
  }

  /** Moves to the next entry; false where it cannot be read so. */
  #advance(): boolean {
    const entry = this.#entry + 1;
    if (entry < this.#entriesEnd) {
      const { from, to } = this.#window;
      const isHeld = this.#at + 3 * INDEX_ENTRY.size <= to - from;
      return isHeld && entry + 1 < this.#entriesEnd ? this.#step() : this.#load(entry);
    }
    do {
      if (!this.#open(this.#file + 1)) return false;
    } while (this.#reader !== undefined && this.#reader.entriesEnd === 1);
    return this.#reader === undefined || this.#load(1);
  }

  /** Whether the entry has the time of its record. */
  #isTimely(storeTimestamp: number): boolean {
    const { header } = this.#reader!;
    const number = this.#entry;
    const isLast = number + 1 === this.#entriesEnd;
    if (number === 1 || isLast) {
      this.#proven.times.push({
        file: this.#file,
        ...(number === 1 && { first: storeTimestamp }),
        ...(isLast && { last: storeTimestamp, lastEntry: number }),
      });
    }
    const secondsFromBegin = this.#view.getInt32(this.#at + AT.secondsFromBegin);
    if (number > 1 && header.beginTimestamp > 0) {
      if (storeTimestamp !== this.#time) {
        this.#time = storeTimestamp;
        this.#seconds = secondsBetween(header.beginTimestamp, storeTimestamp);
      }
      return secondsFromBegin === this.#seconds;
    }
    const of = { header, endBefore: this.#endBefore, number, secondsFromBegin };
    return secondsFromBegin === expectedSeconds(of, storeTimestamp);
  }
}

function nothingProven() {
  const nowhere: IndexPlace = { file: 0, entry: 0 };
  return {
    from: nowhere,
    endBefore: undefined as number | undefined,
    keys: 0,
    records: 0,
    hasTags: false,
    times: [] as EndTimes[],
  };
}
