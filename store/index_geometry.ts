/**
 * How many slots and entries an index file has. The file does not say: both are settings of the
 * broker that wrote it. They are found from its length and proved by its content.
 *
 * @module
 */
import type { ReadableFile } from "./file.ts";
import { FileWindow, WINDOW_BYTES } from "./file_window.ts";
import { INDEX_ENTRY, INDEX_HEADER, INDEX_SLOT, SIZE } from "./format.ts";
import { readI64, type ValueOf } from "./layout.ts";

/** Slots and entries an index file has room for; entry 0 is never used. */
export interface IndexGeometry {
  readonly slots: number;
  readonly entries: number;
}

/** The header of an index file. */
export type IndexHeader = ValueOf<typeof INDEX_HEADER.rows>;

/** Entries for every slot in RocketMQ's own settings. */
const ENTRIES_PER_SLOT = SIZE.indexEntriesDefault / SIZE.indexSlotsDefault;
/** Of an index with few entries, chance would prove too much. */
const ENTRIES_PROVED_MAX = 64;

/** Length of a file of this geometry. */
export function indexFileBytes({ slots, entries }: IndexGeometry): number {
  return INDEX_HEADER.size + slots * INDEX_SLOT.size + entries * INDEX_ENTRY.size;
}

/** Where a hash slot stands. */
export function slotPosition(slot: number): number {
  return INDEX_HEADER.size + slot * INDEX_SLOT.size;
}

/** Where an entry stands. */
export function entryPosition(entry: number, { slots }: IndexGeometry): number {
  return INDEX_HEADER.size + slots * INDEX_SLOT.size + entry * INDEX_ENTRY.size;
}

/** The geometry of this length with RocketMQ's own ratio of slots to entries, if there is one. */
export function usualGeometry(length: number): IndexGeometry | undefined {
  const bytes = length - INDEX_HEADER.size;
  const slots = bytes / (INDEX_SLOT.size + ENTRIES_PER_SLOT * INDEX_ENTRY.size);
  return slots >= 1 && Number.isInteger(slots)
    ? { slots, entries: slots * ENTRIES_PER_SLOT }
    : undefined;
}

/**
 * Finds the geometry of a file: `expected` where length and content agree with it, else the usual one
 * where they agree with that, else whichever other one they agree with. A file whose content proves
 * nothing has the expected or the usual one for its length; `undefined` when there is none.
 */
export function findGeometry(
  file: ReadableFile,
  expected?: IndexGeometry,
): IndexGeometry | undefined {
  const length = file.size();
  const isAsLong = expected !== undefined && indexFileBytes(expected) === length;
  const likely = [...isAsLong ? [expected] : [], usualGeometry(length)]
    .filter((it) => it !== undefined);
  const proof = new GeometryProof(file);
  if (proof.isEmpty) return likely[0];
  return likely.find((it) => proof.holds(it)) ?? searchGeometry(file, proof) ?? likely[0];
}

/** Tries every place at which the first entry could stand. */
function searchGeometry(file: ReadableFile, proof: GeometryProof): IndexGeometry | undefined {
  const length = file.size();
  const words = (length - INDEX_HEADER.size) / INDEX_SLOT.size;
  const wordsPerEntry = INDEX_ENTRY.size / INDEX_SLOT.size;
  if (!Number.isInteger(words)) return undefined;
  const window = new FileWindow(Math.min(WINDOW_BYTES, length));
  const view = new DataView(window.bytes.buffer);
  window.open(file, length);
  for (let slots = words % wordsPerEntry; slots < words; slots += wordsPerEntry) {
    const geometry = { slots, entries: (words - slots) / wordsPerEntry };
    const at = entryPosition(1, geometry);
    if (window.hold(at, INDEX_ENTRY.size) < INDEX_ENTRY.size) break;
    const start = at - window.from;
    // Room never written is all zeros, and so may be the first record's offset, but not its hash.
    if (view.getInt32(start + INDEX_ENTRY.at.keyHash) <= 0) continue;
    const physicalOffset = readI64(view, start + INDEX_ENTRY.at.physicalOffset);
    if (physicalOffset !== proof.header.beginPhyOffset) continue;
    if (slots > 0 && proof.holds(geometry)) return geometry;
  }
  return undefined;
}

/** Compares a file's content with what a geometry would mean. */
class GeometryProof {
  readonly header: IndexHeader;
  readonly #file: ReadableFile;
  readonly #bytes = new Uint8Array(INDEX_ENTRY.size);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(file: ReadableFile) {
    this.#file = file;
    const bytes = new Uint8Array(INDEX_HEADER.size);
    file.read(bytes, 0);
    this.header = INDEX_HEADER.read(new DataView(bytes.buffer), 0);
  }

  /** Whether the file holds nothing that could prove anything. */
  get isEmpty(): boolean {
    return this.header.indexCount <= 1;
  }

  /**
   * Whether the first and the last entry carry the header's offsets, and the newest entries hang at
   * the slots their hashes call for.
   */
  holds(geometry: IndexGeometry): boolean {
    const { indexCount, beginPhyOffset, endPhyOffset } = this.header;
    if (this.isEmpty) return true;
    const last = indexCount - 1;
    if (last >= geometry.entries) return false;
    if (this.#physicalOffset(1, geometry) !== beginPhyOffset) return false;
    if (this.#physicalOffset(last, geometry) !== endPhyOffset) return false;
    const newest = new Map<number, number>();
    for (let entry = last; entry > 0 && last - entry < ENTRIES_PROVED_MAX; entry--) {
      this.#read(entry, geometry);
      const slot = this.#view.getInt32(INDEX_ENTRY.at.keyHash) % geometry.slots;
      const prevIndex = this.#view.getInt32(INDEX_ENTRY.at.prevIndex);
      if ((newest.get(slot) ?? this.#slot(slot)) !== entry) return false;
      newest.set(slot, prevIndex);
    }
    return true;
  }

  #read(entry: number, geometry: IndexGeometry): void {
    this.#bytes.fill(0);
    this.#file.read(this.#bytes, entryPosition(entry, geometry));
  }

  #physicalOffset(entry: number, geometry: IndexGeometry): number {
    this.#read(entry, geometry);
    return readI64(this.#view, INDEX_ENTRY.at.physicalOffset);
  }

  #slot(slot: number): number {
    if (slot < 0) return -1;
    this.#bytes.fill(0);
    this.#file.read(this.#bytes.subarray(0, INDEX_SLOT.size), slotPosition(slot));
    return this.#view.getInt32(0);
  }
}
