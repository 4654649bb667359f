/**
 * Takes up an index file that was not complete when the broker died: entries are written once and in
 * the order of the log, so those that are known to be on the disk are worth keeping. The slots, which
 * any crash may leave older or younger than the entries, are made from them again.
 *
 * @module
 */
import type { WritableFile } from "./file.ts";
import { INDEX_ENTRY, INDEX_SLOT } from "./format.ts";
import { entryPosition, type IndexGeometry, type IndexHeader } from "./index_geometry.ts";
import { readI64 } from "./layout.ts";
import { allZero } from "./zeros.ts";

const ENTRY_BYTES = INDEX_ENTRY.size;
const AT = INDEX_ENTRY.at;
const BLOCK_ENTRIES = 32 * 1024;

/** The log an index must fit. */
export interface IndexedLog {
  /** The keys of all records before this log offset are on the disk. */
  readonly durableTo: number;
  /** Where the log starts: what leads before it cannot be compared any more. */
  readonly start: number;
  /** Store time of the record at a log offset; `undefined` where no sound one stands. */
  readonly timeOf: (physicalOffset: number) => number | undefined;
}

/**
 * Whether the last entry of a file leads to the record it says. A log that was replaced, or that lost
 * its end, would else lack the keys of all records up to there.
 */
export function leadsInto(header: IndexHeader, log: IndexedLog): boolean {
  const { indexCount, endPhyOffset, endTimestamp } = header;
  return indexCount <= 1 || endPhyOffset < log.start || log.timeOf(endPhyOffset) === endTimestamp;
}

/** Entries that were taken up. */
export interface TakenEntries {
  readonly header: IndexHeader;
  /** Slots as they were when the last of these entries had been put. */
  readonly slots: DataView;
}

/**
 * The entries of a file that are on the disk for certain, with a header and slots that fit them, and
 * zeros written over those behind. `undefined` where there are none, or they contradict each other.
 */
export function takeUpEntries(
  file: WritableFile,
  about: { readonly header: IndexHeader; readonly geometry: IndexGeometry },
  { durableTo, timeOf }: IndexedLog,
): TakenEntries | undefined {
  const { geometry } = about;
  const slots = new DataView(new ArrayBuffer(geometry.slots * INDEX_SLOT.size));
  const header = { ...about.header, hashSlotCount: 0, endPhyOffset: -1 };
  const end = Math.min(header.indexCount, geometry.entries);
  const reader = new EntryReader(file, geometry);
  let number = 1;
  for (; number < end && reader.moveTo(number); number++) {
    const { physicalOffset, hash } = reader;
    if (physicalOffset >= durableTo) break;
    if (number === 1 && physicalOffset !== header.beginPhyOffset) return undefined;
    if (physicalOffset < header.endPhyOffset || hash < 0) return undefined;
    const slotAt = (hash % geometry.slots) * INDEX_SLOT.size;
    const previous = slots.getInt32(slotAt);
    if (reader.previous !== previous) return undefined;
    if (previous === 0) header.hashSlotCount++;
    slots.setInt32(slotAt, number);
    header.endPhyOffset = physicalOffset;
  }
  // Behind these there may be younger ones, and zeros where power was lost, but no others.
  for (let behind = number; behind < end && reader.moveTo(behind); behind++) {
    const isZero = reader.physicalOffset === 0 && reader.hash === 0;
    if (reader.physicalOffset < durableTo && !isZero) return undefined;
  }
  const time = number === 1 ? undefined : timeOf(header.endPhyOffset);
  if (time === undefined) return undefined;
  clearFrom(file, number, geometry);
  header.indexCount = number;
  header.endTimestamp = time;
  return { header, slots };
}

/** Zeros over what stands behind the entries kept, as far as anything does. */
function clearFrom(file: WritableFile, number: number, geometry: IndexGeometry): void {
  const block = new Uint8Array(BLOCK_ENTRIES * ENTRY_BYTES);
  const end = entryPosition(geometry.entries, geometry);
  for (let at = entryPosition(number, geometry); at < end; at += block.length) {
    const count = file.read(block.subarray(0, Math.min(block.length, end - at)), at);
    if (count <= 0 || allZero(block, 0, count)) return;
    file.write(block.subarray(0, count).fill(0), at);
  }
}

/** Entries one after the other. */
class EntryReader {
  hash = 0;
  physicalOffset = 0;
  previous = 0;
  readonly #file: WritableFile;
  readonly #geometry: IndexGeometry;
  readonly #block = new Uint8Array(BLOCK_ENTRIES * ENTRY_BYTES);
  readonly #view = new DataView(this.#block.buffer);
  #from = 0;
  #to = 0;

  constructor(file: WritableFile, geometry: IndexGeometry) {
    this.#file = file;
    this.#geometry = geometry;
  }

  /** False where the file has no such entry. */
  moveTo(number: number): boolean {
    if (number >= this.#to) {
      const count = this.#file.read(this.#block, entryPosition(number, this.#geometry));
      this.#from = number;
      this.#to = number + Math.floor(count / ENTRY_BYTES);
      if (number >= this.#to) return false;
    }
    const at = (number - this.#from) * ENTRY_BYTES;
    this.hash = this.#view.getInt32(at + AT.keyHash);
    this.physicalOffset = readI64(this.#view, at + AT.physicalOffset);
    this.previous = this.#view.getInt32(at + AT.prevIndex);
    return true;
  }
}
