/**
 * Finding single messages: by the place of their record, and by key through the index.
 *
 * @module
 */
import type { CommitLog } from "./commit_log.ts";
import { MESSAGE_V1 } from "./format.ts";
import { indexHits, matchesKey } from "./key_index_reader.ts";
import type { IndexFileReader } from "./key_index_reader.ts";
import { readMessage } from "./message.ts";
import { sealState } from "./property_crc.ts";
import { RECORD_BYTES_MIN, RecordView } from "./record_view.ts";

/**
 * The record that starts at a log offset; `undefined` when no record starts there, or one whose seal
 * tells that it is damaged.
 */
export function recordAt(log: CommitLog, physicalOffset: number): RecordView | undefined {
  const head = new Uint8Array(RECORD_BYTES_MIN);
  if (!log.read({ at: physicalOffset, length: head.length }, head)) return undefined;
  const size = new DataView(head.buffer).getInt32(MESSAGE_V1.at.totalSize);
  if (size < RECORD_BYTES_MIN || physicalOffset + size > log.end) return undefined;
  const bytes = new Uint8Array(size);
  if (!log.read({ at: physicalOffset, length: size }, bytes)) return undefined;
  return soundRecord(log, physicalOffset, bytes);
}

/** Where a record of known length is. */
export interface RecordPlace {
  readonly at: number;
  readonly length: number;
}

/** Records so close to each other are read at once, up to so many bytes. */
const READ_GAP_BYTES = 16 * 1024;
const READ_BYTES_MAX = 512 * 1024;

/**
 * The records at many places, in the order asked for: as {@linkcode recordAt}, without holding up the
 * turn.
 */
export async function readRecordsAt(
  log: CommitLog,
  places: readonly RecordPlace[],
): Promise<(RecordView | undefined)[]> {
  const records: (RecordView | undefined)[] = places.map(() => undefined);
  const order = places.map((_, nth) => nth).sort((one, other) =>
    places[one]!.at - places[other]!.at
  );
  await Promise.all(
    neighbours(log, places, order).map(async (group) => {
      const from = places[group[0]!]!.at;
      const to = Math.max(...group.map((nth) => places[nth]!.at + places[nth]!.length));
      const bytes = new Uint8Array(to - from);
      if (!await log.readAsync({ at: from, length: bytes.length }, bytes)) return;
      for (const nth of group) {
        const { at, length } = places[nth]!;
        const record = soundRecord(log, at, bytes.subarray(at - from, at - from + length));
        if (record?.size === length) records[nth] = record;
      }
    }),
  );
  return records;
}

/** Places that can be read at once, which no end of a file parts. */
function neighbours(
  log: CommitLog,
  places: readonly RecordPlace[],
  order: readonly number[],
): number[][] {
  const groups: number[][] = [];
  let [from, to] = [0, -Infinity];
  for (const nth of order) {
    const { at, length } = places[nth]!;
    if (length < RECORD_BYTES_MIN || at < log.start || at + length > log.end) continue;
    const isInFile = Math.floor(from / log.segmentBytes) === Math.floor(at / log.segmentBytes);
    if (isInFile && at - to <= READ_GAP_BYTES && at + length - from <= READ_BYTES_MAX) {
      groups.at(-1)!.push(nth);
    } else {
      groups.push([nth]);
      from = at;
    }
    to = at + length;
  }
  return groups;
}

function soundRecord(
  log: CommitLog,
  physicalOffset: number,
  bytes: Uint8Array,
): RecordView | undefined {
  const record = new RecordView();
  record.attach(bytes);
  if (record.load(0, bytes.length) !== undefined) return undefined;
  if (log.checksSeals && sealState(record) === "wrong") return undefined;
  if (log.checksRecords && record.checkBody() !== undefined) return undefined;
  return record.checkOffset(physicalOffset) === undefined ? record : undefined;
}

/** Which messages are wanted. */
export interface KeySearch {
  readonly topic: string;
  readonly key: string;
  readonly countMax: number;
  /** Store time from and to, milliseconds. */
  readonly begin: number;
  readonly end: number;
}

/** Hash collisions looked past before a search gives up on a key. */
const FOREIGN_HITS_MAX = 1024;

/** An entry's time is cut to seconds: it may be this much earlier than its record's. */
const SECOND_CUT_MS = 999;

/**
 * Log offsets of the newest messages with a key, in ascending order. Unlike Java's index answers,
 * foreign messages with the same hash are neither returned nor counted, and times are those of the
 * records, not the seconds of the index.
 */
export function searchByKey(
  source: { readonly log: CommitLog; readonly files: readonly IndexFileReader[] },
  search: KeySearch,
): number[] {
  const { topic, key, countMax, begin, end } = search;
  const hits = indexHits(source.files, { topic, key, begin: begin - SECOND_CUT_MS, end });
  const found = new Set<number>();
  if (countMax <= 0) return [];
  let foreign = 0;
  for (const at of hits) {
    if (found.has(at)) continue;
    if (isMatch(source.log, at, search)) found.add(at);
    else if (++foreign > FOREIGN_HITS_MAX) break;
    if (found.size >= countMax) break;
  }
  return [...found].sort((one, other) => one - other);
}

function isMatch(log: CommitLog, at: number, search: KeySearch): boolean {
  const record = recordAt(log, at);
  if (record === undefined) return false;
  const time = record.storeTimestamp();
  return time >= search.begin && time <= search.end &&
    matchesKey(readMessage(record.view, record.at), search);
}
