/**
 * `mq inspect commitlog --stats`: how many messages there are, how large and from when to when, in
 * all or by topic, queue, hour or producer. Only frames are read, see `frame_walk.ts`.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { MESSAGE_V1, SYS_FLAG } from "../../store/format.ts";
import { formatHost } from "../../store/host.ts";
import type { RecordView } from "../../store/record_view.ts";
import { EXIT } from "../exit_code.ts";
import { timeRangeOf } from "../option/time_option.ts";
import { type Field, openRows } from "../output/format_option.ts";
import { DamageRows, type ScanRow } from "../reading/damage_rows.ts";
import { FrameWalk } from "../reading/frame_walk.ts";
import { LogFilter, noteNotComparable } from "../reading/log_filter.ts";
import { logAt, type LogPlace } from "../reading/log_place.ts";
import { type LogRange, logRange } from "../reading/log_range.ts";
import { RangeProgress } from "../reading/range_progress.ts";
import { note, type Terminal } from "../terminal.ts";
import type { InspectCommitLogOptions } from "./commitlog.ts";
import type { StatsKey } from "./stats_key.ts";

/** Groups that are told apart; messages of further ones are counted together. */
const GROUPS_MAX = 100_000;
const TICK_ITEMS = 65_536;
const HOUR_MS = 3_600_000;
const AT = MESSAGE_V1.at;

/** The names of a group, as they are printed. */
interface GroupNames {
  readonly topic?: string;
  readonly queueId?: number;
  /** Start of the hour. */
  readonly hour?: number;
  readonly producer?: string;
  /** Whether it stands for all groups beyond {@linkcode GROUPS_MAX}. */
  readonly folded?: boolean;
}

/** What is known of one group. */
class Group {
  messages = 0;
  bytes = 0;
  minSize = Infinity;
  maxSize = 0;
  firstOffset = -1;
  lastOffset = -1;
  firstStoreTimestamp = Infinity;
  lastStoreTimestamp = -Infinity;
  readonly names: GroupNames;

  constructor(names: GroupNames) {
    this.names = names;
  }

  add(record: RecordView, offset: number): void {
    const { size } = record;
    const time = record.storeTimestamp();
    this.messages++;
    this.bytes += size;
    if (size < this.minSize) this.minSize = size;
    if (size > this.maxSize) this.maxSize = size;
    if (this.firstOffset < 0) this.firstOffset = offset;
    this.lastOffset = offset;
    if (time < this.firstStoreTimestamp) this.firstStoreTimestamp = time;
    if (time > this.lastStoreTimestamp) this.lastStoreTimestamp = time;
  }

  row(bytesOfAll: number): object {
    const { names, ...numbers } = this;
    if (this.messages === 0) return { messages: 0, bytes: 0 };
    return {
      ...names,
      ...numbers,
      avgSize: Math.round(this.bytes / this.messages),
      percent: Math.round(this.bytes / bytesOfAll * 1000) / 10,
    };
  }
}

/** A group, and what it was found by. */
interface Slot {
  readonly key: Buffer;
  readonly number: number;
  readonly group: Group;
}

/** A power of two. */
const SLOTS = 4096;

/** Sorts records into groups. */
export class LogStats {
  /** Messages whose group is not told apart. */
  get foldedMessages(): number {
    return this.#folded.messages;
  }
  readonly #by: StatsKey;
  readonly #groupsMax: number;
  readonly #groups = new Map<string | number, Group>();
  readonly #folded = new Group({ folded: true });
  /** Groups by a hash of what they were found by last, so that no text is made of a known one. */
  readonly #slots: (Slot | undefined)[] = new Array(SLOTS).fill(undefined);
  #lastHour = NaN;
  #last: Group | undefined;

  constructor(by: StatsKey, groupsMax: number = GROUPS_MAX) {
    this.#by = by;
    this.#groupsMax = groupsMax;
  }

  /** Counts a record. */
  add(record: RecordView, offset: number): void {
    this.#groupOf(record).add(record, offset);
  }

  /** Rows of all groups: hours in their order, others by their bytes, the largest first. */
  rows(): object[] {
    const groups = [...this.#groups.values()];
    if (this.#by === "hour") groups.sort((one, other) => one.names.hour! - other.names.hour!);
    else groups.sort((one, other) => other.bytes - one.bytes);
    if (this.#folded.messages > 0) groups.push(this.#folded);
    if (groups.length === 0 && this.#by === "all") groups.push(new Group({}));
    const bytes = groups.reduce((sum, group) => sum + group.bytes, 0);
    return groups.map((group) => group.row(bytes));
  }

  #groupOf(record: RecordView): Group {
    const { topicAt, topicLength } = record;
    switch (this.#by) {
      case "all":
        return this.#last ??= this.#group(0, () => ({}));
      case "topic":
        return this.#known(record, topicAt, topicLength, 0);
      case "queue":
        return this.#known(record, topicAt, topicLength, record.queueId());
      case "hour": {
        const hour = Math.floor(record.storeTimestamp() / HOUR_MS) * HOUR_MS;
        if (hour === this.#lastHour && this.#last !== undefined) return this.#last;
        this.#lastHour = hour;
        return this.#last = this.#group(hour, () => ({ hour }));
      }
      case "producer": {
        const length = record.sysFlag() & SYS_FLAG.bornHostV6 ? 16 : 4;
        return this.#known(record, record.at + AT.bornHost, length, 0);
      }
    }
  }

  /** The group of some bytes of a record and a number. */
  #known({ bytes }: RecordView, at: number, length: number, number: number): Group {
    let hash = number;
    for (let byte = at; byte < at + length; byte++) hash = Math.imul(hash, 31) + bytes[byte]!;
    const place = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const slot = this.#slots[place];
    const isKnown = slot !== undefined && slot.number === number && slot.key.length === length &&
      isSame(slot.key, bytes, at);
    if (isKnown) return slot.group;
    const key = Buffer.from(bytes.subarray(at, at + length));
    const text = key.toString("latin1");
    const name = this.#by === "queue" ? `${number} ${text}` : text;
    const group = this.#group(name, () => this.#namesOf(key, number));
    this.#slots[place] = { key, number, group };
    return group;
  }

  #namesOf(key: Buffer, queueId: number): GroupNames {
    if (this.#by === "producer") return { producer: addressText(key) };
    const topic = key.toString("utf8");
    return this.#by === "queue" ? { topic, queueId } : { topic };
  }

  #group(key: string | number, names: () => GroupNames): Group {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#groups.size >= this.#groupsMax) return this.#folded;
    const group = new Group(names());
    this.#groups.set(key, group);
    return group;
  }
}

function isSame(key: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let byte = 0; byte < key.length; byte++) if (key[byte] !== bytes[at + byte]) return false;
  return true;
}

/** An address without a port. */
function addressText(address: Uint8Array): string {
  return formatHost({ address, port: 0 }).replace(/:0$/, "").replace(/^\[|\]$/g, "");
}

/** Prints the numbers of a log. */
export function printStats(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectCommitLogOptions,
): number {
  const by = options.stats!;
  const layout = by === "all" ? "record" : "measured";
  const rows = openRows(terminal, statsFields(by), { ...options, layout });
  if (rows === undefined) return EXIT.ok;
  const times = timeRangeOf(options, terminal.now());
  const filter = new LogFilter({ ...options, times });
  const place = logAt(terminal, argument);
  const range = logRange(terminal.files, place.log, { ...options, times });
  const stats = new LogStats(by);
  const count = new DamageCount();
  const damage = new DamageRows(place.isUnclean, (row) => count.add(row));
  const progress = new RangeProgress(terminal, range, options.progress);
  walkFrames(terminal, { place, range, damage, progress }, (record, offset) => {
    if (filter.matches(record)) stats.add(record, offset);
  });
  progress.clear();
  for (const row of stats.rows()) rows.row(row);
  rows.end();
  terminal.out.flush();
  progress.end(range.to);
  if (stats.foldedMessages > 0) {
    note(
      terminal,
      `only the first ${GROUPS_MAX} groups are told apart: ${stats.foldedMessages} messages of ` +
        "others are in one row",
    );
  }
  if (damage.tornAt >= 0) {
    note(terminal, `torn record at ${damage.tornAt}: expected, the broker did not stop cleanly`);
  }
  if (count.places > 0) note(terminal, count.text());
  noteNotComparable(terminal, filter);
  return damage.damages > 0 ? EXIT.left : EXIT.ok;
}

/** What is not counted because it is damaged. */
class DamageCount {
  places = 0;
  #bytes = 0;
  #first = -1;

  add({ code, torn, length, commitLogOffset }: ScanRow): void {
    if (code === undefined || torn === true) return;
    if (this.places++ === 0) this.#first = commitLogOffset;
    this.#bytes += length;
  }

  text(): string {
    const places = this.places === 1 ? "1 damaged place" : `${this.places} damaged places`;
    return `${places} (${this.#bytes} bytes) hold nothing that could be counted, the first at ` +
      `${this.#first}`;
  }
}

function walkFrames(
  { files, out }: Terminal,
  { place, range, damage, progress }: {
    readonly place: LogPlace;
    readonly range: LogRange;
    readonly damage: DamageRows;
    readonly progress: RangeProgress;
  },
  take: (record: RecordView, offset: number) => void,
): void {
  const { from, to, first } = range;
  const { log } = place;
  const walk = new FrameWalk(files, log, { from, to });
  try {
    for (let items = 1; !out.closed && walk.next(); items++) {
      if (items % TICK_ITEMS === 0) out.tick();
      progress.at(walk.at);
      if (walk.at + walk.length <= first) continue;
      if (walk.kind !== "message") damage.other(walk);
      else {
        damage.sound();
        if (walk.at >= first) take(walk.record, walk.at);
      }
    }
  } finally {
    walk.close();
  }
  const last = log.segments.at(-1);
  damage.end(last === undefined || to >= last.start + Math.min(last.length, log.segmentBytes));
}

function statsFields(by: StatsKey): readonly Field[] {
  const names: Readonly<Record<StatsKey, readonly Field[]>> = {
    all: [],
    topic: [TOPIC],
    queue: [TOPIC, { name: "queueId", type: "number", about: "queue of the topic", width: 7 }],
    hour: [{ name: "hour", type: "time", about: "start of the hour of storing, UTC", width: 24 }],
    producer: [{ name: "producer", type: "string", about: "address without its port", width: 16 }],
  };
  return [
    ...names[by],
    { name: "messages", type: "number", about: "records", width: 10 },
    { name: "bytes", type: "number", about: "bytes of the records", width: 12 },
    { name: "percent", type: "number", about: "of all bytes counted", width: 7 },
    { name: "avgSize", type: "number", about: "bytes of a record, on average", width: 7 },
    { name: "minSize", type: "number", about: "bytes of the smallest record" },
    { name: "maxSize", type: "number", about: "bytes of the largest record", width: 8 },
    { name: "firstOffset", type: "number", about: "commit log offset of the first", width: 12 },
    { name: "lastOffset", type: "number", about: "commit log offset of the last", width: 12 },
    { name: "firstStoreTimestamp", type: "time", about: "earliest store time", width: 24 },
    { name: "lastStoreTimestamp", type: "time", about: "latest store time", width: 24 },
    { name: "folded", type: "boolean", about: "whether it is the rest that is not told apart" },
  ];
}

const TOPIC: Field = {
  name: "topic",
  type: "string",
  about: "topic",
  width: 24,
};
