/**
 * Reading messages from a queue: statuses, next offsets and limits as Java answers them
 * (`DefaultMessageStore.getMessage`). Near the end everything is in memory and the answer comes at
 * once; a backlog is read from the files without holding up the event loop.
 *
 * @module
 */
import { totalmem } from "node:os";
import { BodyPool } from "./body_pool.ts";
import { ColdUnits, type HeldUnits, leadsOn } from "./cold_units.ts";
import type { CommitLog } from "./commit_log.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import type { GetRequest, GetResult, GetStatus, ReadLimits, TransferLimit } from "./get.ts";
import { readI64 } from "./layout.ts";
import { sealState } from "./property_crc.ts";
import { RecordView } from "./record_view.ts";
import { messageIndexOf } from "./stand_in.ts";

const AT = QUEUE_UNIT.at;
const UNIT_BYTES = QUEUE_UNIT.size;

/** Java's defaults. */
export const READ_LIMITS: ReadLimits = {
  memoryPercent: 40,
  inMemory: { bytes: 256 * 1024, count: 32 },
  onDisk: { bytes: 64 * 1024, count: 8 },
};

/** Units looked at in one read, whatever the filter keeps. */
export const UNITS_SCANNED = 800;
/** A block of units that holds so many more is not read again for the next few. */
const UNITS_WANTED_MAX = 32;

/** What reads bring, of all stores of this process. */
const BODIES = new BodyPool();

/** The units of one read, which nothing else runs beside. */
const SCANNED = new Uint8Array((UNITS_SCANNED + 2) * UNIT_BYTES);
const SCANNED_VIEW = new DataView(SCANNED.buffer);

/** Units that were read from files, of all stores of this process. */
const COLD_UNITS = new ColdUnits();

/** The machine's memory, asked for once: that costs more than all else in a short read. */
let memoryBytes = 0;

/** A record that a read may bring. */
export interface Found {
  readonly at: number;
  readonly length: number;
  /** Index of its first message. */
  readonly index: number;
  /** Messages in the record. */
  readonly messages: number;
}

/** Records that a read brings. */
export interface Selection {
  readonly found: readonly Found[];
  /** Index to go on from. */
  readonly next: number;
  /** Whether a record was wanted that the log no longer has. */
  readonly missing: boolean;
}

/** Records one behind the other, in memory. */
export interface Read {
  readonly bytes: Uint8Array;
  readonly found: readonly Found[];
}

/** Keeps some of the records that were read. */
export interface Sieve {
  /** Which records stay; `stop` is where reading goes on when not all of them were looked at. */
  sift(read: Read): Read & { readonly stop?: number | undefined };
}

/** A read that may be a part of a longer one. */
export interface ReadRequest extends GetRequest {
  /** Units that earlier parts have looked at. */
  readonly scanned?: number;
  readonly sieve?: Sieve;
}

/** Reads from `queue`; `undefined` stands for one that does not exist. */
export function readQueue(
  log: CommitLog,
  queue: ConsumeQueue | undefined,
  request: ReadRequest,
): GetResult | Promise<GetResult> {
  if (queue === undefined) return empty("NO_MATCHED_LOGIC_QUEUE", 0);
  const { queueOffset } = request;
  const isThere = queueOffset >= queue.min && queueOffset < queue.end;
  if (!isThere || queue.holds(queueOffset)) {
    return readRange(log, { queue, request, select: () => select(log, queue, request) });
  }
  // One more unit is looked at on either side.
  const from = Math.max(queue.min, queueOffset - 1);
  const held = COLD_UNITS.find(queue, from, Math.min(request.countMax, UNITS_WANTED_MAX) + 2);
  const read = (units: HeldUnits) =>
    readRange(log, { queue, request, select: () => select(log, queue, request, units) });
  return held === undefined ? COLD_UNITS.load(queue, from).then(read) : read(held);
}

/** Units of one read that are in memory anyway. */
function unitsInMemory(queue: ConsumeQueue, queueOffset: number): HeldUnits {
  const from = Math.max(queue.min, queueOffset - 1);
  const length = (queueOffset - from + UNITS_SCANNED + 1) * UNIT_BYTES;
  const count = queue.read(from, SCANNED.subarray(0, length));
  return { from, count, view: SCANNED_VIEW };
}

/** Reads what is selected, which is asked for only when the queue has the index wanted. */
export function readRange(
  log: CommitLog,
  { queue, request, select }: {
    readonly queue: { readonly min: number; readonly end: number };
    readonly request: ReadRequest;
    readonly select: () => Selection;
  },
): GetResult | Promise<GetResult> {
  const { min, end: max } = queue;
  const { queueOffset, sieve } = request;
  const none = (status: GetStatus, next: number) => empty(status, next, { min, max });
  if (max === 0) return none("NO_MESSAGE_IN_QUEUE", 0);
  if (queueOffset < min) return none("OFFSET_TOO_SMALL", min);
  if (queueOffset === max) return none("OFFSET_OVERFLOW_ONE", queueOffset);
  if (queueOffset > max) return none("OFFSET_OVERFLOW_BADLY", max);
  const { found, next, missing } = select();
  if (found.length === 0) {
    return none(missing ? "MESSAGE_WAS_REMOVING" : "NO_MATCHED_MESSAGE", next);
  }
  const memory = BODIES.take(totalBytes(found));
  const result = ({ bytes, found }: Read, nextBeginOffset = next): GetResult => ({
    status: "FOUND",
    body: bytes,
    count: totalMessages(found),
    nextBeginOffset,
    minOffset: min,
    maxOffset: max,
    ...(bytes.buffer === memory.buffer && { release: releasing(memory) }),
  });
  const sifted = (read: Read): GetResult => {
    if (sieve === undefined) return result(read);
    const { stop = next, ...kept } = sieve.sift(read);
    if (kept.found.length > 0) return result(kept, stop);
    BODIES.give(memory);
    return none("NO_MATCHED_MESSAGE", stop);
  };
  if (found.every((it) => log.inMemory(it.at, it.length))) {
    let position = 0;
    for (const it of found) {
      log.read(it, memory, position);
      position += it.length;
    }
    return sifted({ bytes: memory, found });
  }
  return log.cold.read(found, memory).then(async (whole) => {
    const read = whole ? { bytes: memory, found } : await readEach(log, found);
    const sound = log.checksSeals || log.checksRecords ? onlySound(read, log) : read;
    return sound.found.length > 0 ? sifted(sound) : none("MESSAGE_WAS_REMOVING", next);
  });
}

/** Gives memory back, once. */
function releasing(memory: Uint8Array): () => void {
  let isHeld = true;
  return () => {
    if (isHeld) BODIES.give(memory);
    isHeld = false;
  };
}

/** Leaves out records of which the disk gave back something else than was written. */
function onlySound(read: Read, checks: Pick<CommitLog, "checksRecords" | "checksSeals">): Read {
  const record = new RecordView();
  record.attach(read.bytes);
  return closedUp(read, (it, place) => isSound(record, { ...place, at: it.at }, checks));
}

/** The records that are wanted, moved together where they are; asked of each in order. */
export function closedUp(
  { bytes, found }: Read,
  isWanted: (it: Found, place: { readonly from: number; readonly end: number }) => boolean,
): Read {
  const wanted: Found[] = [];
  let from = 0;
  let to = 0;
  for (const it of found) {
    const end = from + it.length;
    if (isWanted(it, { from, end })) {
      if (to < from) bytes.copyWithin(to, from, end);
      to += it.length;
      wanted.push(it);
    }
    from = end;
  }
  return { bytes: bytes.subarray(0, to), found: wanted };
}

function isSound(
  record: RecordView,
  { from, end, at }: { readonly from: number; readonly end: number; readonly at: number },
  { checksRecords, checksSeals }: Pick<CommitLog, "checksRecords" | "checksSeals">,
): boolean {
  if (record.load(from, end) !== undefined) return !checksRecords;
  if (checksSeals && sealState(record) === "wrong") return false;
  if (!checksRecords) return true;
  return record.size === end - from && record.checkOffset(at) === undefined &&
    record.checkBody() === undefined;
}

/**
 * Chooses the records a read brings. Units that lead where one beside them leads may stand in for lost
 * messages, so one more is looked at on either side; the record itself is read only for these.
 */
function select(
  log: CommitLog,
  queue: ConsumeQueue,
  request: ReadRequest,
  units?: HeldUnits,
): Selection {
  const { queueOffset, countMax, tagsCodeMatches, scanned = 0 } = request;
  const isEnough = units !== undefined && leadsOn(units, queueOffset, queue.end);
  const { from, count: held, view } = isEnough ? units : unitsInMemory(queue, queueOffset);
  const first = queueOffset - from;
  const offsetOf = (unit: number) =>
    unit >= 0 && unit < held ? readI64(view, unit * UNIT_BYTES + AT.physicalOffset) : -1;
  const found: Found[] = [];
  let bytes = 0;
  let missing = false;
  /** Where the message is that several units in a row lead to; such a row can be long. */
  let shared: { readonly at: number; readonly index?: number | undefined } = { at: -1 };
  let next = queueOffset;
  let before = offsetOf(first - 1);
  let at = offsetOf(first);
  let after = -1;
  // Of the last one the neighbour is not known, unless the queue ends there.
  const end = Math.min(first + UNITS_SCANNED - scanned, from + held < queue.end ? held - 1 : held);
  for (let unit = first; unit < end; unit++, next++, before = at, at = after) {
    after = offsetOf(unit + 1);
    const length = view.getInt32(unit * UNIT_BYTES + AT.size);
    if (length === QUEUE_PADDING.size) continue;
    const limits = limitsAt(log, at, request.limits);
    const bytesMax = Math.min(limits.bytes, request.bytesMax ?? Infinity);
    const full = found.length >= Math.min(limits.count, countMax) || bytes + length > bytesMax;
    if (found.length > 0 && full) break;
    const tagsCode = () => view.getBigInt64(unit * UNIT_BYTES + AT.tagsCode);
    if (tagsCodeMatches !== undefined && !tagsCodeMatches(tagsCode())) continue;
    if (at < log.start || at + length > log.end) {
      missing = true;
      continue;
    }
    if (at === before || at === after) {
      if (at !== shared.at) {
        shared = { at, index: messageIndexOf(log, queue, { physicalOffset: at, size: length }) };
      }
      if ((shared.index ?? next) !== next) continue;
    }
    found.push({ at, length, index: next, messages: 1 });
    bytes += length;
  }
  return { found, next, missing };
}

/** Reads one by one, because a file may have gone meanwhile: what is left is brought all the same. */
async function readEach(log: CommitLog, wanted: readonly Found[]): Promise<Read> {
  const bytes = new Uint8Array(totalBytes(wanted));
  const found: Found[] = [];
  let position = 0;
  for (const it of wanted) {
    if (!await log.readAsync(it, bytes, position)) continue;
    position += it.length;
    found.push(it);
  }
  return { bytes: bytes.subarray(0, position), found };
}

/** What a read may bring where its records begin at a log offset. */
export function limitsAt(
  log: CommitLog,
  physicalOffset: number,
  limits: ReadLimits = READ_LIMITS,
): TransferLimit {
  const isYoung = physicalOffset >= log.end - youngBytesMax(limits);
  return isYoung ? limits.inMemory : limits.onDisk;
}

/** Bytes at the end of the log that are taken to be in the machine's memory. */
export function youngBytesMax({ memoryPercent }: Pick<ReadLimits, "memoryPercent">): number {
  // Who wants none of it need not be allowed to ask the system.
  if (memoryPercent === 0) return 0;
  return (memoryBytes ||= totalmem()) * memoryPercent / 100;
}

function totalMessages(found: readonly Found[]): number {
  return found.reduce((sum, it) => sum + it.messages, 0);
}

function totalBytes(found: readonly Found[]): number {
  return found.reduce((sum, it) => sum + it.length, 0);
}

function empty(
  status: GetStatus,
  nextBeginOffset: number,
  range: { min: number; max: number } = { min: 0, max: 0 },
): GetResult {
  return {
    status,
    body: new Uint8Array(0),
    count: 0,
    nextBeginOffset,
    minOffset: range.min,
    maxOffset: range.max,
  };
}
