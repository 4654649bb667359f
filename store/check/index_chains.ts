/**
 * Builds the hash chains of an index file anew from its entries and compares them with what the file
 * says: each entry's predecessor, and the slots.
 *
 * @module
 */
import type { FileSystem } from "../file.ts";
import { FileWindow } from "../file_window.ts";
import { INDEX_ENTRY, INDEX_SLOT } from "../format.ts";
import { entryPosition, slotPosition } from "../index_geometry.ts";
import type { IndexEntry, IndexFileReader } from "../key_index_reader.ts";

const BLOCK_SLOTS = 64 * 1024;
const WINDOW_ENTRIES = 4096;

/** The first thing wrong with a file's chains. */
export interface ChainFlaw {
  /** Position in the file. */
  readonly at: number;
  readonly length: number;
  readonly message: string;
}

/** The chains of one file. */
export class IndexChains {
  readonly #fs: FileSystem;
  readonly #file: IndexFileReader;
  /** Newest entry of every slot; made with the first entry. */
  #newest: Int32Array | undefined;
  #flaw: ChainFlaw | undefined;
  #more = 0;

  constructor(fs: FileSystem, file: IndexFileReader) {
    this.#fs = fs;
    this.#file = file;
  }

  /** Takes the entries by number. */
  add({ number, keyHash, prevIndex }: Pick<IndexEntry, "number" | "keyHash" | "prevIndex">): void {
    const { geometry } = this.#file;
    this.#newest ??= new Int32Array(geometry.slots);
    const slot = keyHash % geometry.slots;
    if (slot < 0) return this.#wrong(number, `hash ${keyHash} of entry ${number} is negative`);
    const expected = this.#newest[slot]!;
    this.#newest[slot] = number;
    if (prevIndex === expected) return;
    this.#wrong(number, `entry ${number} follows ${prevIndex} in its chain instead of ${expected}`);
  }

  /** Takes the entries `[from, to)` from the file. */
  addAll(from: number, to: number): void {
    const { geometry } = this.#file;
    const window = new FileWindow(WINDOW_ENTRIES * INDEX_ENTRY.size);
    const view = new DataView(window.bytes.buffer);
    const newest = this.#newest ??= new Int32Array(geometry.slots);
    this.#file.openWindow(window);
    for (let number = from; number < to; number++) {
      const position = entryPosition(number, geometry);
      if (window.hold(position, INDEX_ENTRY.size) < INDEX_ENTRY.size) return;
      const at = position - window.from;
      const keyHash = view.getInt32(at + INDEX_ENTRY.at.keyHash);
      const prevIndex = view.getInt32(at + INDEX_ENTRY.at.prevIndex);
      const slot = keyHash % geometry.slots;
      if (slot >= 0 && newest[slot] === prevIndex) newest[slot] = number;
      else this.add({ number, keyHash, prevIndex });
    }
  }

  /** What is wrong, once all entries were added. */
  compare(): ChainFlaw | undefined {
    const { path, geometry } = this.#file;
    const file = this.#fs.openRead(path);
    const newest = this.#newest;
    const blockSlots = Math.min(BLOCK_SLOTS, geometry.slots);
    const block = new DataView(new ArrayBuffer(blockSlots * INDEX_SLOT.size));
    try {
      for (let first = 0; first < geometry.slots; first += blockSlots) {
        const count = Math.min(blockSlots, geometry.slots - first);
        const bytes = new Uint8Array(block.buffer, 0, count * INDEX_SLOT.size);
        bytes.fill(0, file.read(bytes, slotPosition(first)));
        for (let at = 0; at < count; at++) {
          const found = block.getInt32(at * INDEX_SLOT.size);
          const expected = newest === undefined ? 0 : newest[first + at]!;
          if (found !== expected) this.#wrongSlot(first + at, { found, expected });
        }
      }
    } finally {
      file.close();
    }
    if (this.#flaw === undefined || this.#more === 0) return this.#flaw;
    return { ...this.#flaw, message: `${this.#flaw.message}, and ${this.#more} more` };
  }

  #wrongSlot(slot: number, of: { readonly found: number; readonly expected: number }): void {
    const message = `slot ${slot} leads to entry ${of.found} instead of ${of.expected}`;
    this.#report({ at: slotPosition(slot), length: INDEX_SLOT.size, message });
  }

  #wrong(number: number, message: string): void {
    const at = entryPosition(number, this.#file.geometry);
    const length = entryPosition(number + 1, this.#file.geometry) - at;
    this.#report({ at, length, message });
  }

  #report(flaw: ChainFlaw): void {
    if (this.#flaw === undefined) this.#flaw = flaw;
    else this.#more++;
  }
}
