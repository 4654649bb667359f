/**
 * `mq inspect consumequeue` and `mq inspect batchconsumequeue`: the units of consume queues as they
 * stand in their files.
 *
 * @module
 */
import { BATCH_QUEUE_UNIT, QUEUE_UNIT } from "../../store/format.ts";
import type { QueueKind } from "../../store/queue_reader.ts";
import { EXIT } from "../exit_code.ts";
import { Failure, usageFailure } from "../failure.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import {
  type FoundQueues,
  otherKindNote,
  type QueuePlace,
  queuesAt,
  toldNames,
} from "../reading/queue_place.ts";
import { givenPath } from "../reading/store_path.ts";
import { QueueWatch } from "../reading/queue_watch.ts";
import { noteNotComparable } from "../reading/log_filter.ts";
import { type Gap, queueItems } from "../reading/queue_items.ts";
import { glanceNote, RecordGlances } from "../reading/record_glance.ts";
import { note, type Terminal } from "../terminal.ts";
import { printUnitLayout } from "./unit_layout.ts";
import { unitStats } from "./unit_stats.ts";
import { type UnitFilter, unitFilterOf, type UnitRow, UnitRows } from "./unit_rows.ts";

/** What both commands may be asked. */
export interface InspectConsumeQueueOptions extends OutputOptions {
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly tag?: string | undefined;
  readonly key?: string | undefined;
  readonly id?: string | undefined;
  readonly where?: string | undefined;
  readonly limit?: number | undefined;
  readonly reverse?: boolean | undefined;
  readonly records?: boolean | undefined;
  readonly follow?: boolean | undefined;
  /** Milliseconds between two looks with `follow`. */
  readonly interval?: number | undefined;
  readonly stats?: "topic" | "queue" | undefined;
  /** The unit to show byte by byte. */
  readonly layout?: number | undefined;
}

const NOTE: Field = {
  name: "note",
  type: "string",
  about: "in tables: what is no unit, or what is wrong with the record",
  width: 0,
  from: noteOf,
};

/** The fields of a unit's row. */
function unitFields(kind: QueueKind, records: boolean): readonly Field[] {
  const isBatch = kind === "batch";
  const inTable = (isIn: boolean, width: number) => isIn ? { width } : {};
  return [
    {
      name: "kind",
      type: "string",
      about: (isBatch ? "unit; " : "unit; stand-in: the unit beside it once more, in the slot of " +
        "a lost message; padding before the first; ") +
        "damage between units; missing: no file has them; tail: room behind the last",
      width: 8,
    },
    { name: "topic", type: "string", about: "topic", width: 24 },
    { name: "queueId", type: "number", about: "queue of the topic", width: 7 },
    {
      name: "queueOffset",
      type: "number",
      about: isBatch ? "index of the batch's first message" : "index of the message in its queue",
      width: 11,
    },
    ...isBatch
      ? [{ name: "batchSize", type: "number", about: "messages in the batch", width: 9 } as const]
      : [],
    { name: "commitLogOffset", type: "number", about: "where the record starts", width: 15 },
    { name: "size", type: "number", about: "bytes of the record", width: 9 },
    {
      name: "tagsCode",
      type: "string",
      about: "hash of the tag, delivery time of a delayed message, or extension address",
      width: 20,
    },
    {
      name: "storeTimestamp",
      type: "time",
      about: isBatch ? "store time of the record" : "with --records: store time of the record",
      ...inTable(isBatch || records, 24),
    },
    { name: "tags", type: "string", about: "with --records: its tag", ...inTable(records, 12) },
    { name: "keys", type: "string", about: "with --records: its keys", ...inTable(records, 16) },
    {
      name: "record",
      type: "string",
      about: "what the unit leads to: expired, beyond (the log), missing (a file); with " +
        "--records: sound, damaged, other (a record that belongs elsewhere), too",
    },
    { name: "flaw", type: "string", about: "what is wrong with the record or the extension" },
    ...isBatch ? [] : [
      {
        name: "extension",
        type: "object",
        about: "unit of the extension file, its bit map in hex",
      } as const,
    ],
    { name: "units", type: "number", about: "of what is no unit: how many it takes" },
    { name: "length", type: "number", about: "of what is no unit: its bytes" },
    { name: "file", type: "string", about: "of what is no unit: its file" },
    NOTE,
  ];
}

/** Prints consume queues of one kind. */
export async function inspectConsumeQueue(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectConsumeQueueOptions & { readonly kind: QueueKind },
): Promise<number> {
  const { from, to, kind } = options;
  if (from !== undefined && to !== undefined && from > to) {
    throw usageFailure("--from is behind --to");
  }
  if (options.layout !== undefined) return printUnitLayout(terminal, argument, options);
  if (options.stats !== undefined) return unitStats(terminal, argument, options);
  const rows = openRows(terminal, unitFields(kind, options.records === true), {
    ...options,
    layout: "stream",
  });
  if (rows === undefined) return EXIT.ok;
  const path = givenPath(terminal, argument);
  const found = queuesAt(terminal, path, options);
  const log = new RecordGlances(terminal.files, found.commitLogs);
  try {
    const filter = unitFilterOf(terminal, log, options);
    if (filter.needsLog || options.records === true) requireLog(log, found);
    const print = new UnitPrint(terminal, rows, { options, log, filter });
    for (const place of found.places) {
      if (print.isFull) break;
      print.queue(place.open());
    }
    try {
      if (options.follow === true) await follow(terminal, { print, path, options });
    } finally {
      rows.end();
      terminal.out.flush();
    }
    finalNotes(terminal, found, { options, unread: filter.unread, isEmpty: print.queues === 0 });
    if (filter.where !== undefined) noteNotComparable(terminal, filter.where);
    return print.damages > 0 ? EXIT.left : EXIT.ok;
  } finally {
    log.close();
  }
}

function requireLog(log: RecordGlances, { commitLogs }: FoundQueues): void {
  if (log.isKnown) return;
  throw new Failure(
    `No commit log in "${commitLogs.join(", ")}": --since, --until, --key, --id and --records ` +
      "read it; name it with --commitlog-path",
  );
}

function finalNotes(
  terminal: Terminal,
  found: FoundQueues,
  { options, unread, isEmpty }: {
    readonly options: InspectConsumeQueueOptions & { readonly kind: QueueKind };
    readonly unread: number;
    readonly isEmpty: boolean;
  },
): void {
  const hasOthers = found.otherTopics.size > 0 && (isEmpty || options.kind === "simple");
  if (hasOthers) note(terminal, otherKindNote(options.kind));
  else if (isEmpty) note(terminal, "no such queue");
  if (options.tag !== undefined) {
    note(terminal, `--tag compares hashes: other tags may have that of "${options.tag}"`);
  }
  if (unread > 0) {
    note(terminal, `${unread} units left out: their records are gone or cannot be read`);
  }
}

/** No reader holds more units in memory than this. */
const NEWS_UNITS = 1024;

/** Prints queue after queue until the limit is reached. */
class UnitPrint {
  damages = 0;
  /** Queues begun. */
  queues = 0;
  readonly #terminal: Terminal;
  readonly #rows: RowWriter;
  readonly #with: PrintWith;
  #units = 0;
  /** Number behind the last unit seen, by the queue's folder. */
  readonly #ends = new Map<string, number>();

  constructor(terminal: Terminal, rows: RowWriter, printWith: PrintWith) {
    this.#terminal = terminal;
    this.#rows = rows;
    this.#with = printWith;
  }

  /** Whether nothing more is wanted. */
  get isFull(): boolean {
    return this.#rows.closed || this.#units >= (this.#with.options.limit ?? Infinity);
  }

  /** With `follow`: number behind the last unit seen of the queue in a folder. */
  endOf(folder: string): number | undefined {
    return this.#ends.get(folder);
  }

  queue(place: QueuePlace): void {
    this.queues++;
    const units = new UnitRows(this.#terminal.files, place, this.#with.log);
    const { reader, unitBytes } = units;
    const { from, to, reverse, follow } = this.#with.options;
    const isBatch = place.kind === "batch";
    try {
      const walk = { unitBytes, reverse, ...(isBatch ? {} : { from, to }) };
      for (const gap of queueItems(reader, place.segments, walk)) {
        if (gap === undefined) this.#unit(place, units);
        else if (follow !== true || gap.kind !== "tail") this.#gap(place, gap);
        if (this.isFull) return;
      }
    } finally {
      units.close();
    }
  }

  /** Prints the units a queue got since the last look. */
  news(place: QueuePlace): void {
    const units = new UnitRows(this.#terminal.files, place, this.#with.log);
    const { reader } = units;
    try {
      const first = Math.max(this.#ends.get(place.path) ?? 0, reader.files.first);
      for (let number = first; reader.moveTo(number) && reader.isValid(); number++) {
        if (this.isFull) return;
        // The records are read after their units, so they are there.
        if ((number - first) % NEWS_UNITS === 0) this.#with.log.refresh();
        this.#unit(place, units);
      }
    } finally {
      units.close();
    }
  }

  #unit(place: QueuePlace, units: UnitRows): void {
    const { options, filter } = this.#with;
    const { reader } = units;
    if (options.follow === true) this.#ends.set(place.path, numberOf(reader) + 1);
    const { from = 0, to = Infinity } = options;
    if (place.kind === "batch" && !isBatchWithin(reader, from, to)) return;
    if (!("baseOffset" in reader) && reader.isPadding()) return;
    if (filter.isSelective && !filter.matches(reader, () => units.plain())) {
      this.#rows.tick();
      return;
    }
    const { kind, ...row } = units.row({ records: options.records === true });
    if (isDamage(row)) this.damages++;
    this.#units++;
    this.#rows.row({ kind, ...toldNames(place), ...row });
  }

  #gap(place: QueuePlace, gap: Gap): void {
    const isDamaged = gap.kind === "damage" || gap.kind === "missing";
    if (isDamaged) this.damages++;
    if (this.#with.filter.isSelective && !isDamaged) return;
    const { kind, first, ...rest } = gap;
    const at = place.kind === "batch" ? { number: first } : { queueOffset: first };
    this.#rows.row({ kind, ...toldNames(place), ...at, ...rest });
  }
}

interface PrintWith {
  readonly options: InspectConsumeQueueOptions;
  readonly log: RecordGlances;
  readonly filter: UnitFilter;
}

function numberOf(reader: UnitRows["reader"]): number {
  return "baseOffset" in reader ? reader.number : reader.index;
}

function isBatchWithin(reader: UnitRows["reader"], from: number, to: number): boolean {
  return "baseOffset" in reader && reader.baseOffset < to &&
    reader.baseOffset + reader.batchSize > from;
}

/** A record that expired is none: every queue lags behind the log's cleaning. */
function isDamage({ record, flaw }: Pick<UnitRow, "record" | "flaw">): boolean {
  return flaw !== undefined || record === "beyond" || record === "missing";
}

const INTERVAL_MS = 1000;

/** Looks again and again for units that are new, in queues that are new, too. */
async function follow(
  terminal: Terminal,
  { print, path, options }: {
    readonly print: UnitPrint;
    readonly path: string;
    readonly options: InspectConsumeQueueOptions & { readonly kind: QueueKind };
  },
): Promise<void> {
  const signal = terminal.stopSignal();
  const { setTimeout: wait } = await import("node:timers/promises");
  // Who holds the store was said once.
  const quiet: Terminal = { ...terminal, lockHolder: () => undefined };
  using watch = new QueueWatch({
    files: terminal.files,
    unitBytes: (options.kind === "batch" ? BATCH_QUEUE_UNIT : QUEUE_UNIT).size,
    list: () => queuesAt(quiet, path, options).places,
    endOf: (folder) => print.endOf(folder),
  });
  while (!print.isFull) {
    terminal.out.flush();
    await wait(options.interval ?? INTERVAL_MS, undefined, { signal }).catch(() => {
      throw signal.reason;
    });
    for (const place of watch.grown()) {
      print.news(place.open());
      if (print.isFull) break;
    }
  }
}

function noteOf(row: object): string | undefined {
  const { kind, units, length } = row as Partial<Gap>;
  const { record, flaw } = row as Pick<UnitRow, "record" | "flaw">;
  if (length === undefined) {
    if (record === undefined || record === "other") return flaw;
    return glanceNote({ record, ...(flaw !== undefined && { flaw }) }) ?? flaw;
  }
  const count = units === 1 ? "1 unit" : `${units} units`;
  if (kind === "missing") return `${count}: a file is missing or too short`;
  return units === 0 ? `${length} bytes, no whole unit` : count;
}
