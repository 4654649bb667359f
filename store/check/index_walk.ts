/**
 * Walks the entries of one index file, and at its end compares header and hash chains with them. What
 * an entry means to the log is checked elsewhere.
 *
 * @module
 */
import type { FileSystem } from "../file.ts";
import { INDEX_HEADER } from "../format.ts";
import type { IndexHeader } from "../index_geometry.ts";
import type { IndexEntry, IndexFileReader } from "../key_index_reader.ts";
import { i32, i64 } from "../layout.ts";
import type { FindingCode } from "./findings.ts";
import { IndexChains } from "./index_chains.ts";

const SECONDS_MAX = 0x7fffffff;

/** Something wrong with a file as a whole. */
export interface IndexFileFlaw {
  readonly code: FindingCode;
  /** Position in the file. */
  readonly at: number;
  readonly length: number;
  readonly message: string;
}

/** Follows one file. Close it to release the file. */
export class IndexFileWalk {
  readonly reader: IndexFileReader;
  #entries: Generator<IndexEntry, void>;
  readonly #chains: IndexChains;
  /** `endTimestamp` of the file before; `undefined` where that is unknown. */
  readonly #endBefore: number | undefined;
  #ahead: IndexEntry | undefined;
  /** The first and the last entry, unless they are in doubt. */
  #first: IndexEntry | undefined;
  #last: IndexEntry | undefined;
  /** Store times of the records of the first and the last entry. */
  #firstTime: number | undefined;
  #lastTime: number | undefined;

  constructor(fs: FileSystem, reader: IndexFileReader, endBefore: number | undefined) {
    this.reader = reader;
    this.#endBefore = endBefore;
    this.#chains = new IndexChains(fs, reader);
    this.#entries = reader.entries();
    const first = this.#entries.next();
    this.#ahead = first.done === true ? undefined : first.value;
  }

  /** The next entry. */
  next(): IndexEntry | undefined {
    const entry = this.#ahead;
    if (entry === undefined) return undefined;
    const next = this.#entries.next();
    this.#ahead = next.done === true ? undefined : next.value;
    this.#chains.add(entry);
    if (entry.number === 1) this.#first = entry;
    if (this.#ahead === undefined) this.#last = entry;
    return entry;
  }

  /**
   * Whether what stands behind the entry at hand leads to a log offset or before it: an entry that
   * leads further than that is not where it belongs.
   */
  hasReached(logOffset: number): boolean {
    return (this.#ahead?.physicalOffset ?? this.reader.header.endPhyOffset) <= logOffset;
  }

  /** An entry's record was met, stored at this time. */
  met(entry: IndexEntry, storeTimestamp: number): void {
    if (entry === this.#first) this.#firstTime = storeTimestamp;
    if (entry === this.#last) this.#lastTime = storeTimestamp;
  }

  /** An entry is wrong: it says nothing about the header. */
  doubt(entry: IndexEntry): void {
    if (entry === this.#first) this.#first = undefined;
    if (entry === this.#last) this.#last = undefined;
  }

  /**
   * Passes over the entries before a number: all are known to lead to their records. The next one is
   * that of the number; {@linkcode IndexFileWalk.proven} tells of the first and the last.
   */
  skipTo(number: number): void {
    const ahead = this.#ahead?.number ?? number;
    if (number <= ahead) return;
    if (ahead === 1) this.#first = this.#ahead;
    this.#chains.addAll(ahead, number);
    this.#entries = this.reader.entries(number);
    const next = this.#entries.next();
    this.#ahead = next.done === true ? undefined : next.value;
    if (this.#ahead === undefined) this.#last = this.reader.entry(number - 1);
  }

  /** What is known of the first and the last entry. */
  get ends(): {
    readonly first?: number;
    readonly last?: number;
    readonly isFirstInDoubt: boolean;
  } {
    return {
      ...(this.#firstTime !== undefined && { first: this.#firstTime }),
      ...(this.#lastTime !== undefined && { last: this.#lastTime }),
      isFirstInDoubt: this.#first === undefined,
    };
  }

  /** Turns to an entry, with what was known of the first and the last one. */
  restore(number: number, ends: IndexFileWalk["ends"]): void {
    this.skipTo(number);
    if (ends.isFirstInDoubt) this.#first = undefined;
    this.proven(ends);
  }

  /** Store times of the records of the first and the last entry, as far as these were proven. */
  proven({ first, last, lastEntry }: {
    readonly first?: number;
    readonly last?: number;
    /** Which entry was the last when it was proven: a broker at work adds others. */
    readonly lastEntry?: number;
  }): void {
    this.#firstTime ??= first;
    const isStillLast = lastEntry === undefined || lastEntry === this.reader.entriesEnd - 1;
    if (isStillLast) this.#lastTime ??= last;
  }

  /** Seconds an entry should have. */
  secondsOf({ number, secondsFromBegin }: IndexEntry, storeTimestamp: number): number {
    const of = { header: this.reader.header, endBefore: this.#endBefore, number, secondsFromBegin };
    return expectedSeconds(of, storeTimestamp);
  }

  /** What is wrong with chains and header, once all entries were read. */
  flaws(): IndexFileFlaw[] {
    const flaws: IndexFileFlaw[] = [];
    const chain = this.#chains.compare();
    if (chain !== undefined) flaws.push({ code: "index-chain", ...chain });
    const { header, geometry } = this.reader;
    const wrong = (field: keyof IndexHeader, length: number, message: string) =>
      flaws.push({ code: "index-header", at: INDEX_HEADER.at[field], length, message });
    for (const [field, expected] of this.#expectedHeader()) {
      const found = header[field];
      if (expected === undefined || found === expected) continue;
      wrong(field, i64.width, `${field} is ${found}, the entries call for ${expected}`);
    }
    if (this.#firstTime === undefined && header.beginTimestamp > header.endTimestamp) {
      const message = `beginTimestamp ${header.beginTimestamp} is behind endTimestamp ` +
        `${header.endTimestamp}`;
      wrong("beginTimestamp", i64.width, message);
    }
    if (header.indexCount > geometry.entries) {
      const message = `indexCount is ${header.indexCount}, there is room for ${geometry.entries}`;
      wrong("indexCount", i32.width, message);
    }
    return flaws;
  }

  /** Releases the file; a second call does nothing. */
  close(): void {
    this.reader.close();
  }

  /**
   * What the entries say about the header; `undefined` where they or their records are not there.
   * The number of slots in use is left out: up to 4.7.0 it was another, and nobody reads it.
   */
  #expectedHeader(): readonly (readonly [HeaderField, number | undefined])[] {
    return [
      ["beginTimestamp", this.#firstTime],
      ["endTimestamp", this.#lastTime],
      ["beginPhyOffset", this.#first?.physicalOffset],
      ["endPhyOffset", this.#last?.physicalOffset],
    ];
  }
}

type HeaderField = Exclude<keyof IndexHeader, "hashSlotCount" | "indexCount">;

/** Seconds an entry should have (Java: `IndexFile.putKey`). */
export function expectedSeconds(
  { header, endBefore, number, secondsFromBegin }: {
    readonly header: IndexHeader;
    /** `endTimestamp` of the file before; `undefined` where that is unknown. */
    readonly endBefore: number | undefined;
    readonly number: number;
    readonly secondsFromBegin: number;
  },
  storeTimestamp: number,
): number {
  const { beginTimestamp, beginPhyOffset } = header;
  // Behind a record that says it was stored at no time Java counts none.
  if (number > 1 && beginTimestamp <= 0 && secondsFromBegin === 0) return 0;
  if (number > 1) return secondsBetween(beginTimestamp, storeTimestamp);
  // Java measures the first entry of a file from the end of the file before, others from itself.
  if (secondsFromBegin === 0) return 0;
  if (endBefore !== undefined) return secondsBetween(endBefore, storeTimestamp);
  return beginPhyOffset === 0 ? 0 : secondsFromBegin;
}

/** Seconds from one time to another as an entry holds them. */
export function secondsBetween(begin: number, storeTimestamp: number): number {
  const seconds = Math.trunc((storeTimestamp - begin) / 1000);
  return Math.min(Math.max(seconds, 0), SECONDS_MAX);
}
