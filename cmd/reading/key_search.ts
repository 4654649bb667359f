/**
 * Looks a key up in the index files and knows what it could not look at: which part of the log no
 * sound index file covers. Hits are offsets only; compare them with their records.
 *
 * @module
 */
import type { FileSystem } from "../../store/file.ts";
import { FileWindow } from "../../store/file_window.ts";
import { INDEX_SLOT } from "../../store/format.ts";
import { keyHash } from "../../store/hash.ts";
import { slotPosition } from "../../store/index_geometry.ts";
import { type IndexFileReader, openIndexFile } from "../../store/key_index_reader.ts";
import type { TimeRange } from "../option/time_option.ts";

/** A part of the log, its end not included. */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

/** What a search in the index found. */
export interface KeySearchResult {
  /** Offsets of records that may carry the key, ascending, each once. */
  readonly offsets: readonly number[];
  /** Parts of the log that no sound index file speaks of, ascending. */
  readonly uncovered: readonly OffsetRange[];
  /** Files that are damaged, each with what is wrong. */
  readonly damages: readonly { readonly path: string; readonly flaw: string }[];
  /** Index files looked at. */
  readonly files: number;
}

/** What is looked for. */
export interface KeySearchOptions {
  /** Topics under which the key may have been stored. */
  readonly topics: readonly string[];
  readonly key: string;
  readonly times: TimeRange;
  /** The log the index speaks of. */
  readonly log: OffsetRange;
  /** Whether every entry is read, not only the chains: finds what a broken chain has lost. */
  readonly everyEntry?: boolean;
}

/** Entries keep seconds only, so a record may be up to this much younger. */
const TIME_SLACK_MS = 999;

/** Searches the index files, oldest first. */
export function searchKey(
  fs: FileSystem,
  paths: readonly string[],
  options: KeySearchOptions,
): KeySearchResult {
  const hashes = new Set(options.topics.map((topic) => keyHash(topic, options.key)));
  const offsets = new Set<number>();
  const covered: OffsetRange[] = [];
  const damages: { path: string; flaw: string }[] = [];
  for (const path of paths) {
    const reader = openIndexFile(fs, path);
    if (reader === undefined) {
      damages.push({ path, flaw: "it is no index file" });
      continue;
    }
    try {
      const { header } = reader;
      const flaw = headerFlaw(reader) ?? slotFlaw(fs, reader) ??
        searchFile(reader, hashes, { options, offsets });
      // What a broker is writing is no damage: the log tells of that part.
      if (flaw !== undefined && reader.hasChanged()) continue;
      if (flaw !== undefined) damages.push({ path, flaw });
      // Up to the start of the last record and not its end, which the index does not know.
      else covered.push({ from: header.beginPhyOffset, to: header.endPhyOffset });
    } finally {
      reader.close();
    }
  }
  return {
    offsets: [...offsets].sort((a, b) => a - b),
    uncovered: gapsOf(options.log, covered),
    damages,
    files: paths.length,
  };
}

function headerFlaw({ header, geometry }: IndexFileReader): string | undefined {
  if (header.indexCount <= 1) return header.indexCount < 0 ? "its count is negative" : undefined;
  if (header.indexCount > geometry.entries) return "its count is beyond its room";
  if (header.beginPhyOffset > header.endPhyOffset) return "it ends before it begins";
  return undefined;
}

/**
 * Compares the slots in use with the header's count, because a slot that was lost hides its whole
 * chain. Releases up to 4.7.0 counted every put instead.
 */
function slotFlaw(fs: FileSystem, { path, header, geometry }: IndexFileReader): string | undefined {
  const file = fs.openRead(path);
  try {
    const window = new FileWindow(SLOT_WINDOW_BYTES);
    window.open(file, file.size());
    let used = 0;
    for (let slot = 0; slot < geometry.slots;) {
      const held = window.hold(slotPosition(slot), INDEX_SLOT.size);
      const count = Math.min(Math.floor(held / INDEX_SLOT.size), geometry.slots - slot);
      if (count === 0) return "its slots are cut off";
      const from = window.bytes.byteOffset + slotPosition(slot) - window.from;
      used += usedSlots(new DataView(window.bytes.buffer, from, count * INDEX_SLOT.size));
      slot += count;
    }
    const puts = Math.max(0, header.indexCount - 1);
    return used === header.hashSlotCount || header.hashSlotCount === puts
      ? undefined
      : `${used} slots are in use, its header counts ${header.hashSlotCount}`;
  } finally {
    file.close();
  }
}

const SLOT_WINDOW_BYTES = 1024 * 1024;

function usedSlots(slots: DataView): number {
  let used = 0;
  for (let at = 0; at < slots.byteLength; at += INDEX_SLOT.size) {
    if (slots.getInt32(at) !== 0) used++;
  }
  return used;
}

function searchFile(
  reader: IndexFileReader,
  hashes: ReadonlySet<number>,
  into: { readonly options: KeySearchOptions; readonly offsets: Set<number> },
): string | undefined {
  const { options, offsets } = into;
  const since = options.times.since - TIME_SLACK_MS;
  const { until } = options.times;
  if (reader.header.indexCount <= 1) return undefined;
  if (!reader.overlaps(since, until)) return undefined;
  const isInTime = (time: number) => time >= since && time <= until;
  if (options.everyEntry === true) {
    for (const entry of reader.entries()) {
      if (hashes.has(entry.keyHash) && isInTime(entry.storeTimestamp)) {
        offsets.add(entry.physicalOffset);
      }
    }
    return undefined;
  }
  for (const hash of hashes) {
    const flaw = walkChain(reader, hash, (entry) => {
      if (isInTime(entry.storeTimestamp)) offsets.add(entry.physicalOffset);
    });
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/**
 * Follows the chain of a hash and checks every link: numbers fall, and all entries belong to the
 * slot. Returns what is wrong.
 */
function walkChain(
  reader: IndexFileReader,
  hash: number,
  hit: (entry: { readonly physicalOffset: number; readonly storeTimestamp: number }) => void,
): string | undefined {
  const { slots } = reader.geometry;
  const slot = hash % slots;
  let before = reader.entriesEnd;
  for (let number = reader.slot(slot); number !== 0;) {
    if (number < 0 || number >= before) return `the chain of slot ${slot} leads to ${number}`;
    const entry = reader.entry(number);
    if (entry === undefined) return `entry ${number} is cut off`;
    if (entry.keyHash < 0 || entry.keyHash % slots !== slot) {
      return `entry ${number} is not of slot ${slot}, whose chain leads to it`;
    }
    if (entry.keyHash === hash) hit(entry);
    before = number;
    number = entry.prevIndex;
  }
  return undefined;
}

/** What is left of a range without the covered parts. */
export function gapsOf(whole: OffsetRange, covered: readonly OffsetRange[]): OffsetRange[] {
  const gaps: OffsetRange[] = [];
  let at = whole.from;
  for (const part of covered.toSorted((a, b) => a.from - b.from)) {
    if (part.from > at) gaps.push({ from: at, to: Math.min(part.from, whole.to) });
    at = Math.max(at, part.to);
    if (at >= whole.to) break;
  }
  if (at < whole.to) gaps.push({ from: at, to: whole.to });
  return gaps.filter((gap) => gap.from < gap.to);
}
