/**
 * Reading messages from a queue: statuses, next offsets and limits as Java answers them
 * (`DefaultMessageStore.getMessage`). Near the end everything is in memory and the answer comes at
 * once; a backlog is read from the files without holding up the event loop.
 *
 * @module
 */
import { totalmem } from "node:os";
import type { CommitLog } from "./commit_log.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import type { GetRequest, GetResult, GetStatus } from "./get.ts";
import { readI64 } from "./layout.ts";
import { messageIndexOf } from "./stand_in.ts";

const AT = QUEUE_UNIT.at;
const UNIT_BYTES = QUEUE_UNIT.size;

/** What one read may bring, by Java's settings. */
const LIMIT = {
  /** Part of the machine's memory the newest messages are taken to be in (Java: `accessMessageInMemoryMaxRatio`). */
  memoryRatio: 0.4,
  bytesInMemory: 256 * 1024,
  countInMemory: 32,
  bytesOnDisk: 64 * 1024,
  countOnDisk: 8,
  /** Units looked at in one read, whatever the filter keeps. */
  unitsScanned: 800,
} as const;

const IN_MEMORY = { bytes: LIMIT.bytesInMemory, count: LIMIT.countInMemory } as const;
const ON_DISK = { bytes: LIMIT.bytesOnDisk, count: LIMIT.countOnDisk } as const;

/** Gaps in the log up to this size are read rather than skipped with another call. */
const GAP_BYTES_MAX = 16 * 1024;

/** The machine's memory, asked for once: that costs more than all else in a short read. */
let memoryBytes = 0;

interface Found {
  readonly at: number;
  readonly length: number;
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

/** Reads from `queue`; `undefined` stands for one that does not exist. */
export function readQueue(
  log: CommitLog,
  queue: ConsumeQueue | undefined,
  request: GetRequest,
): GetResult | Promise<GetResult> {
  if (queue === undefined) return empty("NO_MATCHED_LOGIC_QUEUE", 0);
  return readRange(log, { queue, request, select: () => select(log, queue, request) });
}

/** Reads what is selected, which is asked for only when the queue has the index wanted. */
export function readRange(
  log: CommitLog,
  { queue, request, select }: {
    readonly queue: { readonly min: number; readonly end: number };
    readonly request: GetRequest;
    readonly select: () => Selection;
  },
): GetResult | Promise<GetResult> {
  const { min, end: max } = queue;
  const { queueOffset } = request;
  const none = (status: GetStatus, next: number) => empty(status, next, { min, max });
  if (max === 0) return none("NO_MESSAGE_IN_QUEUE", 0);
  if (queueOffset < min) return none("OFFSET_TOO_SMALL", min);
  if (queueOffset === max) return none("OFFSET_OVERFLOW_ONE", queueOffset);
  if (queueOffset > max) return none("OFFSET_OVERFLOW_BADLY", max);
  const { found, next, missing } = select();
  if (found.length === 0) {
    return none(missing ? "MESSAGE_WAS_REMOVING" : "NO_MATCHED_MESSAGE", next);
  }
  const result = (body: Uint8Array, count = totalMessages(found)): GetResult => ({
    status: "FOUND",
    body,
    count,
    nextBeginOffset: next,
    minOffset: min,
    maxOffset: max,
  });
  const body = new Uint8Array(totalBytes(found));
  if (found.every((it) => log.inMemory(it.at, it.length))) {
    let position = 0;
    for (const it of found) {
      log.read(it, body, position);
      position += it.length;
    }
    return result(body);
  }
  return readSpans(log, found, body).then(async (whole) => {
    if (whole) return result(body);
    const { bytes, count } = await readEach(log, found);
    return count > 0 ? result(bytes, count) : none("MESSAGE_WAS_REMOVING", next);
  });
}

/**
 * Chooses the records a read brings. Units that lead where one beside them leads may stand in for lost
 * messages, so one more is looked at on either side; the record itself is read only for these.
 */
function select(
  log: CommitLog,
  queue: ConsumeQueue,
  request: GetRequest,
): Selection {
  const { queueOffset, countMax, tagsCodeMatches } = request;
  const scanned = Math.min(LIMIT.unitsScanned, queue.end - queueOffset);
  const from = Math.max(queue.min, queueOffset - 1);
  const first = queueOffset - from;
  const block = new Uint8Array((first + scanned + 1) * UNIT_BYTES);
  const held = queue.read(from, block);
  const view = new DataView(block.buffer);
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
  const end = Math.min(first + scanned, held);
  for (let unit = first; unit < end; unit++, next++, before = at, at = after) {
    after = offsetOf(unit + 1);
    const length = view.getInt32(unit * UNIT_BYTES + AT.size);
    if (length === QUEUE_PADDING.size) continue;
    const limits = limitsAt(log, at);
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
    found.push({ at, length, messages: 1 });
    bytes += length;
  }
  return { found, next, missing };
}

/** Reads one by one, because a file may have gone meanwhile: what is left is brought all the same. */
async function readEach(
  log: CommitLog,
  found: readonly Found[],
): Promise<{ bytes: Uint8Array; count: number }> {
  const bytes = new Uint8Array(totalBytes(found));
  let position = 0;
  let count = 0;
  for (const it of found) {
    if (!await log.readAsync(it, bytes, position)) continue;
    position += it.length;
    count += it.messages;
  }
  return { bytes: bytes.subarray(0, position), count };
}

/** What a read may bring where its records begin at a log offset. */
export function limitsAt(
  log: CommitLog,
  physicalOffset: number,
): { readonly bytes: number; readonly count: number } {
  return physicalOffset >= log.end - youngBytesMax() ? IN_MEMORY : ON_DISK;
}

/** Bytes at the end of the log that are taken to be in the machine's memory. */
export function youngBytesMax(): number {
  return (memoryBytes ||= totalmem()) * LIMIT.memoryRatio;
}

function totalMessages(found: readonly Found[]): number {
  return found.reduce((sum, it) => sum + it.messages, 0);
}

function totalBytes(found: readonly Found[]): number {
  return found.reduce((sum, it) => sum + it.length, 0);
}

/** Reads records that lie near each other together; false when one cannot be read whole. */
async function readSpans(
  log: CommitLog,
  found: readonly Found[],
  body: Uint8Array,
): Promise<boolean> {
  const reads: Promise<boolean>[] = [];
  let position = 0;
  for (let first = 0; first < found.length;) {
    const from = found[first]!.at;
    let last = first;
    while (last + 1 < found.length && joins(log, found[last]!, found[last + 1]!)) last++;
    const records = found.slice(first, last + 1);
    reads.push(readSpan(log, { from, records }, { into: body, position }));
    for (const it of records) position += it.length;
    first = last + 1;
  }
  return (await Promise.all(reads)).every((whole) => whole);
}

function joins(log: CommitLog, one: Found, other: Found): boolean {
  const gap = other.at - one.at - one.length;
  const fileOf = (at: number) => Math.floor(at / log.segmentBytes);
  return gap >= 0 && gap <= GAP_BYTES_MAX && fileOf(one.at) === fileOf(other.at);
}

async function readSpan(
  log: CommitLog,
  span: { readonly from: number; readonly records: readonly Found[] },
  target: { readonly into: Uint8Array; readonly position: number },
): Promise<boolean> {
  const last = span.records.at(-1)!;
  const length = last.at + last.length - span.from;
  const isOne = totalBytes(span.records) === length;
  if (isOne) return await log.readAsync({ at: span.from, length }, target.into, target.position);
  const bytes = new Uint8Array(length);
  if (!await log.readAsync({ at: span.from, length }, bytes)) return false;
  let { position } = target;
  for (const it of span.records) {
    const at = it.at - span.from;
    target.into.set(bytes.subarray(at, at + it.length), position);
    position += it.length;
  }
  return true;
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
