/**
 * `mq inspect index`: the entries of index files, or their headers.
 *
 * @module
 */
import type { FileSystem } from "../../store/file.ts";
import { keyHash } from "../../store/hash.ts";
import {
  type IndexEntry,
  type IndexFileReader,
  indexHash,
  openIndexFile,
} from "../../store/key_index_reader.ts";
import { KEY_SEPARATOR } from "../../store/properties.ts";
import { EXIT } from "../exit_code.ts";
import { Failure, usageFailure } from "../failure.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { indexAt } from "../reading/index_place.ts";
import { LogFilter, noteNotComparable } from "../reading/log_filter.ts";
import { type Glance, glanceNote, RecordGlances } from "../reading/record_glance.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { note, type Terminal } from "../terminal.ts";
import type { IndexPart } from "../option/index_part_option.ts";
import { isWithin, type TimeRange, timeRangeOf } from "../option/time_option.ts";
import { printIndexLayout } from "./index_layout.ts";
import { indexStats } from "./index_stats.ts";

/** What `mq inspect index` may be asked. */
export interface InspectIndexOptions extends OutputOptions {
  readonly topic?: string | undefined;
  readonly key?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** What their records must have. */
  readonly queue?: number | undefined;
  readonly tag?: string | undefined;
  readonly id?: string | undefined;
  readonly where?: string | undefined;
  readonly limit?: number | undefined;
  readonly reverse?: boolean | undefined;
  readonly records?: boolean | undefined;
  readonly headers?: boolean | undefined;
  readonly stats?: boolean | undefined;
  /** What to show byte by byte. */
  readonly layout?: IndexPart | undefined;
}

const KIND: Field = { name: "kind", type: "string", about: "entry or damage", width: 6 };
const FILE: Field = { name: "file", type: "string", about: "index file", width: 17 };
const DAMAGE: Field = { name: "damage", type: "string", about: "what is wrong", width: 0 };

/** What `--records` adds. */
const RECORD_FIELDS: readonly Field[] = [
  { name: "topic", type: "string", about: "topic of the record", width: 24 },
  { name: "key", type: "string", about: "key of the record that has the hash", width: 32 },
  {
    name: "record",
    type: "string",
    about: "sound, damaged, expired, beyond (the log), missing (a file), other (without the key)",
    width: 7,
  },
];

const ENTRY_FIELDS: readonly Field[] = [
  KIND,
  FILE,
  { name: "number", type: "number", about: "number of the entry, from 1", width: 8 },
  { name: "slot", type: "number", about: "hash slot it hangs at", width: 8 },
  { name: "keyHash", type: "number", about: "hash of topic#key", width: 10 },
  { name: "commitLogOffset", type: "number", about: "where the record starts", width: 15 },
  {
    name: "storeTimestamp",
    type: "time",
    about: "store time of the record, cut to the second",
    width: 24,
  },
  { name: "prevIndex", type: "number", about: "entry before it in the slot, 0: none", width: 9 },
  DAMAGE,
];

const HEADER_FIELDS: readonly Field[] = [
  { ...KIND, about: "header or damage" },
  FILE,
  { name: "beginTimestamp", type: "time", about: "store time of the first entry", width: 24 },
  { name: "endTimestamp", type: "time", about: "store time of the last entry", width: 24 },
  { name: "beginPhyOffset", type: "number", about: "commit log offset of the first", width: 14 },
  { name: "endPhyOffset", type: "number", about: "commit log offset of the last", width: 12 },
  {
    name: "hashSlotCount",
    type: "number",
    about: "slots in use; up to 4.7.0 the count of all puts",
    width: 13,
  },
  { name: "indexCount", type: "number", about: "number of the next entry", width: 10 },
  { name: "slots", type: "number", about: "slots the file has", width: 8 },
  {
    name: "entries",
    type: "number",
    about: "entries the file has room for, the unused 0 counted",
    width: 8,
  },
  DAMAGE,
];

/** Prints a key index. */
export function inspectIndex(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectIndexOptions,
): number {
  if (options.key !== undefined && options.topic === undefined) {
    throw usageFailure("--key needs --topic: an index knows hashes of both together only");
  }
  if (options.layout !== undefined) {
    return printIndexLayout(terminal, argument, { ...options, part: options.layout });
  }
  if (options.stats === true) return indexStats(terminal, argument, options);
  const fields = options.headers === true
    ? HEADER_FIELDS
    : options.records === true
    ? [...ENTRY_FIELDS.slice(0, -1), ...RECORD_FIELDS, DAMAGE]
    : ENTRY_FIELDS;
  const layout = options.headers === true ? "measured" : "stream";
  const rows = openRows(terminal, fields, { ...options, layout });
  if (rows === undefined) return EXIT.ok;
  const times = timeRangeOf(options, terminal.now());
  const { paths, commitLogs } = indexAt(terminal, argument);
  const log = new RecordGlances(terminal.files, commitLogs);
  try {
    const filter = recordFilter(options);
    if ((options.records === true || filter !== undefined) && !log.isKnown) {
      throw new Failure(
        `No commit log in "${
          commitLogs.join(", ")
        }": --topic alone, --queue, --tag, --id, --where ` +
          "and --records read it; name it with --commitlog-path",
      );
    }
    const asked = { ...options, times };
    const print = new IndexPrint(terminal.files, rows, { options: asked, log, filter });
    for (const path of options.reverse === true ? paths.toReversed() : paths) {
      if (print.isFull) break;
      print.file(path);
    }
    rows.end();
    if (filter !== undefined) noteLeftOut(terminal, filter, print.unread);
    return print.damages > 0 ? EXIT.left : EXIT.ok;
  } finally {
    log.close();
  }
}

const ANY_TIME: TimeRange = { since: -Infinity, until: Infinity };

/** What is asked of the records; `undefined` where entries tell enough, as of a topic with a key. */
function recordFilter({ topic, key, ...asked }: InspectIndexOptions): LogFilter | undefined {
  const { queue, tag, id, where } = asked;
  const times = ANY_TIME;
  const ofTopic = key === undefined ? topic : undefined;
  const filter = new LogFilter({ topic: ofTopic, queue, tag, id, where, times });
  return filter.isSelective ? filter : undefined;
}

function noteLeftOut(terminal: Terminal, filter: LogFilter, unread: number): void {
  noteNotComparable(terminal, filter);
  if (unread === 0) return;
  terminal.out.flush();
  note(terminal, `${unread} entries left out: their records are gone or cannot be read`);
}

/** Prints file after file until the limit is reached. */
class IndexPrint {
  damages = 0;
  /** Entries left out because their record, which was to be asked, is not to be read. */
  unread = 0;
  readonly #files: FileSystem;
  readonly #rows: RowWriter;
  readonly #options: InspectIndexOptions & { readonly times: TimeRange };
  readonly #log: RecordGlances;
  readonly #filter: LogFilter | undefined;
  readonly #hash: number | undefined;
  #entries = 0;

  constructor(
    files: FileSystem,
    rows: RowWriter,
    { options, log, filter }: {
      readonly options: InspectIndexOptions & { readonly times: TimeRange };
      readonly log: RecordGlances;
      readonly filter: LogFilter | undefined;
    },
  ) {
    this.#files = files;
    this.#rows = rows;
    this.#options = options;
    this.#log = log;
    this.#filter = filter;
    const { topic, key } = options;
    this.#hash = topic === undefined || key === undefined ? undefined : keyHash(topic, key);
  }

  /** Whether nothing more is wanted. */
  get isFull(): boolean {
    return this.#rows.closed || this.#entries >= (this.#options.limit ?? Infinity);
  }

  file(path: string): void {
    const reader = openIndexFile(this.#files, path);
    if (reader === undefined) {
      const size = this.#files.stat(path)?.size ?? 0;
      this.#damage({ file: path, damage: `${size} bytes are no index file` });
      return;
    }
    try {
      if (this.#options.headers === true) this.#header(reader);
      else this.#fileEntries(reader);
    } finally {
      reader.close();
    }
  }

  #header(reader: IndexFileReader): void {
    const { header, geometry, path } = reader;
    const damage = headerDamage(reader);
    const row = { file: path, ...header, ...geometry };
    this.#entries++;
    if (damage === undefined) this.#rows.row({ kind: "header", ...row });
    else this.#damage({ ...row, damage });
  }

  #fileEntries(reader: IndexFileReader): void {
    const damage = headerDamage(reader);
    if (damage !== undefined) this.#damage({ file: reader.path, damage });
    const entries = this.#options.reverse === true ? backwards(reader) : reader.entries();
    for (const entry of entries) {
      if (this.isFull) return;
      const slot = entry.keyHash % reader.geometry.slots;
      const { number, physicalOffset: commitLogOffset, storeTimestamp, prevIndex } = entry;
      const row = {
        file: reader.path,
        number,
        slot,
        keyHash: entry.keyHash,
        commitLogOffset,
        storeTimestamp,
        prevIndex,
      };
      const flaw = entryDamage(entry);
      if (flaw !== undefined) this.#damage({ ...row, damage: flaw });
      else if (!this.#matches(entry)) {
        if (number % TICK_ENTRIES === 0) this.#rows.tick();
      } else {
        this.#entries++;
        this.#entry(row, this.#recordOf(entry));
      }
    }
  }

  #entry(row: object, { damage, ...record }: EntryRecord): void {
    if (damage !== undefined) this.#damage({ ...row, ...record, damage });
    else this.#rows.row({ kind: "entry", ...row, ...record });
  }

  /** What the log has to say about an entry: all of it where it is asked for. */
  #recordOf({ physicalOffset, keyHash: hash }: IndexEntry): EntryRecord {
    const log = this.#log;
    if (this.#options.records !== true) {
      const record = log.absence(physicalOffset);
      return record === "beyond" || record === "missing" ? { damage: glanceNote({ record }) } : {};
    }
    const glance = log.at(physicalOffset)!;
    const { record, topic } = glance;
    if (record === "expired") return { record };
    if (record !== "sound") return { record, topic, damage: glanceNote(glance) };
    const key = keyWithHash(glance, hash);
    if (key !== undefined) return { record, topic, key };
    return { record: "other", topic, damage: "no key of its record has the hash" };
  }

  #matches(entry: IndexEntry): boolean {
    const { from = 0, to = Infinity, times } = this.#options;
    return (this.#hash === undefined || entry.keyHash === this.#hash) &&
      entry.physicalOffset >= from && entry.physicalOffset < to &&
      isWithin(times, entry.storeTimestamp) && this.#isOfRecord(entry.physicalOffset);
  }

  /** Whether the record is one that was asked for. */
  #isOfRecord(physicalOffset: number): boolean {
    if (this.#filter === undefined) return true;
    const record = this.#log.frame(physicalOffset);
    if (record === undefined) this.unread++;
    return record !== undefined && this.#filter.matches(record);
  }

  #damage(row: object): void {
    this.damages++;
    this.#rows.row({ kind: "damage", ...row });
  }
}

const TICK_ENTRIES = 4096;

/** What `--records` shows of an entry's record. */
interface EntryRecord {
  readonly record?: string | undefined;
  readonly topic?: string | undefined;
  readonly key?: string | undefined;
  readonly damage?: string | undefined;
}

/** The key a record is found by under a hash: its unique key, one of its keys, or its tag (5.5). */
function keyWithHash(
  { topic = "", uniqKey, keys, tags }: Glance,
  hash: number,
): string | undefined {
  const all = [uniqKey ?? [], keys?.split(KEY_SEPARATOR) ?? []].flat().filter(Boolean);
  const key = all.find((it) => keyHash(topic, it) === hash);
  if (key !== undefined || tags === undefined) return key;
  return indexHash({ topic, key: tags, type: "tag" }) === hash ? tags : undefined;
}

/** All entries, the newest first. */
function* backwards(reader: IndexFileReader): Generator<IndexEntry, void> {
  for (let number = reader.entriesEnd - 1; number > 0; number--) {
    const entry = reader.entry(number);
    if (entry !== undefined) yield entry;
  }
}

function headerDamage({ header, geometry }: IndexFileReader): string | undefined {
  if (header.indexCount > geometry.entries) {
    return `indexCount is ${header.indexCount}, the file has room for ${geometry.entries}`;
  }
  if (header.beginPhyOffset > header.endPhyOffset) return "beginPhyOffset is behind endPhyOffset";
  return undefined;
}

/** What is wrong with an entry, as far as it shows by itself. */
function entryDamage(entry: IndexEntry): string | undefined {
  if (entry.keyHash < 0) return "keyHash is negative";
  if (entry.physicalOffset < 0) return "commitLogOffset is negative";
  if (entry.secondsFromBegin < 0) return "the time is before the file's first";
  if (entry.prevIndex < 0 || entry.prevIndex >= entry.number) {
    return `prevIndex is ${entry.prevIndex}, not of an earlier entry`;
  }
  return undefined;
}
