/**
 * `--stats` of `mq inspect consumequeue` and `batchconsumequeue`: how many units, holes and padding
 * the queues have, and what part of the commit log they lead to.
 *
 * @module
 */
import type { QueueDirectory, QueueKind } from "../../store/queue_reader.ts";
import { EXIT } from "../exit_code.ts";
import { type Field, openRows } from "../output/format_option.ts";
import { type Gap, queueItems } from "../reading/queue_items.ts";
import { type QueuePlace, queuesAt, toldNames } from "../reading/queue_place.ts";
import { RecordGlances } from "../reading/record_glance.ts";
import { note, type Terminal } from "../terminal.ts";
import type { InspectConsumeQueueOptions } from "./consumequeue.ts";
import { type UnitFilter, unitFilterOf, UnitRows } from "./unit_rows.ts";

const TOPIC: Field = { name: "topic", type: "string", about: "topic", width: 24 };
const QUEUE_ID: Field = { name: "queueId", type: "number", about: "queue of the topic", width: 7 };
const QUEUES: Field = { name: "queues", type: "number", about: "queues counted", width: 6 };
const COUNTS: readonly Field[] = [
  { name: "units", type: "number", about: "units", width: 10 },
  { name: "messages", type: "number", about: "messages they stand for", width: 10 },
  { name: "bytes", type: "number", about: "bytes of their records", width: 14 },
  { name: "firstQueueOffset", type: "number", about: "index of the first", width: 11 },
  { name: "lastQueueOffset", type: "number", about: "index of the last", width: 11 },
  { name: "firstLogOffset", type: "number", about: "least commit log offset", width: 15 },
  { name: "lastLogOffset", type: "number", about: "greatest commit log offset", width: 15 },
  { name: "expired", type: "number", about: "units whose record is gone from the log", width: 8 },
  { name: "beyond", type: "number", about: "units that lead beyond the log", width: 6 },
  { name: "padding", type: "number", about: "places filled before the first unit", width: 7 },
  { name: "holes", type: "number", about: "places without a unit between units", width: 6 },
  { name: "missing", type: "number", about: "places that no file has", width: 7 },
  { name: "files", type: "number", about: "files", width: 5 },
];

/** What is counted of a queue or of a topic. */
class Counts {
  readonly topic: string;
  /** Absent where those of a topic are counted together. */
  readonly queueId: number | undefined;
  queues = 0;
  units = 0;
  messages = 0;
  bytes = 0;
  firstQueueOffset = Infinity;
  lastQueueOffset = -1;
  firstLogOffset = Infinity;
  lastLogOffset = -1;
  expired = 0;
  beyond = 0;
  padding = 0;
  holes = 0;
  missing = 0;
  files = 0;
  /** Bytes that are no whole unit. */
  cutBytes = 0;

  constructor({ topic, queueId }: QueueDirectory, isTopic: boolean) {
    this.topic = topic;
    this.queueId = isTopic ? undefined : queueId;
  }

  unit({ reader }: UnitRows, log: RecordGlances): void {
    const isBatch = "baseOffset" in reader;
    const first = isBatch ? reader.baseOffset : reader.index;
    const messages = isBatch ? reader.batchSize : 1;
    const { physicalOffset } = reader;
    this.units++;
    this.messages += messages;
    this.bytes += reader.size;
    this.firstQueueOffset = Math.min(this.firstQueueOffset, first);
    this.lastQueueOffset = Math.max(this.lastQueueOffset, first + messages - 1);
    this.firstLogOffset = Math.min(this.firstLogOffset, physicalOffset);
    this.lastLogOffset = Math.max(this.lastLogOffset, physicalOffset);
    if (log.isKnown && physicalOffset < log.start) this.expired++;
    if (log.isKnown && physicalOffset >= log.end) this.beyond++;
  }

  gap({ kind, units, length }: Gap): void {
    if (kind === "padding") this.padding += units;
    else if (kind === "missing") this.missing += units;
    else if (kind === "damage") {
      this.holes += units;
      if (units === 0) this.cutBytes += length;
    }
  }

  get isDamaged(): boolean {
    return this.beyond + this.holes + this.missing + this.cutBytes > 0;
  }

  row(): object {
    const {
      topic,
      queueId,
      queues,
      firstQueueOffset,
      lastQueueOffset,
      firstLogOffset,
      lastLogOffset,
    } = this;
    return {
      ...(queueId === undefined ? { topic, queues } : toldNames({ topic, queueId })),
      units: this.units,
      messages: this.messages,
      bytes: this.bytes,
      ...(this.units > 0 && { firstQueueOffset, lastQueueOffset, firstLogOffset, lastLogOffset }),
      expired: this.expired,
      beyond: this.beyond,
      padding: this.padding,
      holes: this.holes,
      missing: this.missing,
      files: this.files,
    };
  }
}

/** Prints the counts. */
export function unitStats(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectConsumeQueueOptions & { readonly kind: QueueKind },
): number {
  const byTopic = options.stats === "topic";
  const fields = [TOPIC, byTopic ? QUEUES : QUEUE_ID, ...COUNTS];
  const rows = openRows(terminal, fields, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { files } = terminal;
  const found = queuesAt(terminal, argument, options);
  const log = new RecordGlances(files, found.commitLogs);
  const filter = unitFilterOf(terminal, log, options);
  let isDamaged = false;
  let counts: Counts | undefined;
  const print = () => {
    if (counts === undefined) return;
    rows.row(counts.row());
    isDamaged ||= counts.isDamaged;
  };
  try {
    for (const place of found.places) {
      if (rows.closed) break;
      if (!byTopic || counts?.topic !== place.topic) {
        print();
        counts = new Counts(place, byTopic);
      }
      counts.queues++;
      countQueue(terminal, place.open(), { counts, log, filter, options });
    }
    print();
  } finally {
    log.close();
  }
  rows.end();
  terminal.out.flush();
  if (counts === undefined) note(terminal, "no such queue");
  return isDamaged ? EXIT.left : EXIT.ok;
}

function countQueue(
  terminal: Terminal,
  place: QueuePlace,
  { counts, log, filter, options }: {
    readonly counts: Counts;
    readonly log: RecordGlances;
    readonly filter: UnitFilter;
    readonly options: InspectConsumeQueueOptions;
  },
): void {
  const units = new UnitRows(terminal.files, place, log);
  const { from, to } = options;
  const range = place.kind === "batch" ? {} : { from, to };
  counts.files += place.segments.segments.length;
  try {
    for (
      const gap of queueItems(units.reader, place.segments, {
        unitBytes: units.unitBytes,
        ...range,
      })
    ) {
      if (gap !== undefined) counts.gap(gap);
      else if (!filter.isSelective || filter.matches(units.reader, () => units.plain())) {
        counts.unit(units, log);
      }
    }
  } finally {
    units.close();
  }
}
