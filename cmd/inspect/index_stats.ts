/**
 * `mq inspect index --stats`: how full index files are, and how long a look-up in them takes.
 *
 * @module
 */
import { type IndexFileReader, openIndexFile } from "../../store/key_index_reader.ts";
import { EXIT } from "../exit_code.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { indexAt } from "../reading/index_place.ts";
import { RecordGlances } from "../reading/record_glance.ts";
import type { Terminal } from "../terminal.ts";

const FIELDS: readonly Field[] = [
  { name: "file", type: "string", about: "index file", width: 17 },
  { name: "entries", type: "number", about: "entries it has", width: 8 },
  { name: "entriesMax", type: "number", about: "entries it has room for", width: 10 },
  { name: "slots", type: "number", about: "hash slots it has", width: 8 },
  { name: "slotsUsed", type: "number", about: "slots with entries", width: 9 },
  { name: "longestChain", type: "number", about: "entries of the fullest slot", width: 12 },
  { name: "meanChain", type: "number", about: "entries of a slot in use, on average", width: 9 },
  {
    name: "collisions",
    type: "number",
    about: "entries whose slot has another hash, too, by the slot's first",
    width: 10,
  },
  { name: "expired", type: "number", about: "entries whose record is gone from the log", width: 7 },
  { name: "beyond", type: "number", about: "entries that lead beyond the log", width: 6 },
  { name: "firstLogOffset", type: "number", about: "least commit log offset", width: 14 },
  { name: "lastLogOffset", type: "number", about: "greatest commit log offset", width: 13 },
  { name: "damage", type: "string", about: "what is wrong", width: 0 },
];

/** Prints one row a file. */
export function indexStats(
  terminal: Terminal,
  argument: string | undefined,
  options: OutputOptions,
): number {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { files } = terminal;
  const { paths, commitLogs } = indexAt(terminal, argument);
  const log = new RecordGlances(files, commitLogs);
  let isDamaged = false;
  for (const path of paths) {
    if (rows.closed) break;
    const reader = openIndexFile(files, path);
    if (reader === undefined) {
      isDamaged = true;
      rows.row({ file: path, damage: `${files.stat(path)?.size ?? 0} bytes are no index file` });
      continue;
    }
    try {
      const counts = countEntries(reader, log);
      isDamaged ||= counts.beyond > 0 || counts.damage !== undefined;
      rows.row({ file: path, ...counts });
    } finally {
      reader.close();
    }
  }
  rows.end();
  log.close();
  return isDamaged ? EXIT.left : EXIT.ok;
}

/** Two numbers a slot are kept, 40 MB for a file of RocketMQ's own size. */
function countEntries(reader: IndexFileReader, log: RecordGlances) {
  const { slots, entries: entriesMax } = reader.geometry;
  const lengths = new Int32Array(slots);
  const firstHashes = new Int32Array(slots);
  const counts = { entries: 0, slotsUsed: 0, longestChain: 0, collisions: 0, flawed: 0 };
  const offsets = { expired: 0, beyond: 0, first: Infinity, last: -1 };
  for (const { keyHash, physicalOffset } of reader.entries()) {
    if (keyHash < 0 || physicalOffset < 0) {
      counts.flawed++;
      continue;
    }
    counts.entries++;
    const slot = keyHash % slots;
    const length = ++lengths[slot]!;
    if (length === 1) {
      counts.slotsUsed++;
      firstHashes[slot] = keyHash;
    } else if (firstHashes[slot] !== keyHash) counts.collisions++;
    counts.longestChain = Math.max(counts.longestChain, length);
    offsets.first = Math.min(offsets.first, physicalOffset);
    offsets.last = Math.max(offsets.last, physicalOffset);
    if (log.isKnown && physicalOffset < log.start) offsets.expired++;
    if (log.isKnown && physicalOffset >= log.end) offsets.beyond++;
  }
  const { entries, slotsUsed, longestChain, collisions, flawed } = counts;
  const { expired, beyond } = offsets;
  return {
    entries,
    entriesMax: entriesMax - 1,
    slots,
    slotsUsed,
    longestChain,
    meanChain: slotsUsed === 0 ? 0 : Math.round(100 * entries / slotsUsed) / 100,
    collisions,
    expired,
    beyond,
    ...(entries > 0 && { firstLogOffset: offsets.first, lastLogOffset: offsets.last }),
    ...(flawed > 0 && { damage: `${flawed} entries make no sense: see the entries` }),
  };
}
