/**
 * Makes the consume queues a function of the log: every record goes to the slot its index names,
 * whatever stands there. What the log no longer tells is taken from the queues themselves: units of
 * expired messages, and slots of records that are damaged now.
 *
 * Slots are indexes and must not move, so the slot of a lost message gets a stand-in: the unit beside
 * it once more. Padding, as Java puts before a queue's first message, would not do behind it: a Java
 * broker that meets it when it starts passes over all that follows in the same log file, or takes no
 * new message into the queue. `stand_in.ts` tells how readers know a stand-in.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { BatchQueueReplay } from "./batch_queue_replay.ts";
import type { BatchQueueTable } from "./batch_queue_table.ts";
import { type ConsumeQueue, QUEUE_LEAP_UNITS_MAX } from "./consume_queue.ts";
import type { DamageRanges } from "./damage_ranges.ts";
import type { DispatchRequest } from "./dispatch.ts";
import type { FileSystem } from "./file.ts";
import { QUEUE_EXT_ADDRESS_MAX, QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { readI64 } from "./layout.ts";
import { innerBatchOf } from "./inner_batch.ts";
import type { LogLookup } from "./log_lookup.ts";
import { lightQueuesOf } from "./multi_dispatch.ts";
import { queueDirectory, type StorePaths } from "./names.ts";
import { extOffset, QueueExtReader } from "./queue_ext_reader.ts";
import type { StoredUnit } from "./queue_files.ts";
import { listQueues } from "./queue_reader.ts";
import { isSafeTopic, type QueueTable } from "./queue_table.ts";
import type { RecordView } from "./record_view.ts";
import type { RecoveryMode } from "./recovery_report.ts";
import { listSegments } from "./segments.ts";
import type { TopicKinds } from "./topic_kinds.ts";

/** What a replay works with. */
export interface QueueReplayInput {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly mode: RecoveryMode;
  readonly queues: QueueTable;
  /** Batch queues, which a full replay builds from their files; absent where nobody wants them. */
  readonly batchQueues?: BatchQueueTable;
  readonly topics: TopicKinds;
  readonly lookup: LogLookup;
  readonly logStart: number;
  /** Where the records that are replayed begin. */
  readonly from: number;
  readonly damage: DamageRanges;
  /** Whether units that lead to damaged records stay. */
  readonly keepDamaged: boolean;
}

/** How a queue was before and is now. */
export interface QueueChange {
  /** End before. */
  readonly before: number;
  /** End after what the replay brings again was dropped. */
  readonly kept: number;
}

/** A queue while its records are replayed. */
interface QueueUnderReplay {
  readonly change: QueueChange;
  /** Whether it had units when the replay began. */
  readonly hadUnits: boolean;
  /** Index from which on every unit is the replay's; Infinity while that is not known. */
  from: number;
}

/** Queues while the log is read. */
export class QueueReplay {
  /** Units appended. */
  units = 0;
  /** Records no queue could take. */
  unqueued = 0;
  readonly #input: QueueReplayInput;
  readonly #queues = new Map<ConsumeQueue, QueueUnderReplay>();
  /** Batch queues by their folder; only a full replay builds them. */
  readonly #batchQueues = new Map<string, BatchQueueReplay>();
  readonly #hasExt: boolean;

  constructor(input: QueueReplayInput) {
    this.#input = input;
    this.#hasExt = input.fs.stat(input.paths.consumeQueueExt) !== undefined;
    for (const queue of input.queues) {
      const { end: before } = queue;
      const hadUnits = before > queue.min;
      // Dropping what the replay brings again lets the log overrule a wrong unit.
      if (input.mode === "unclean") queue.truncateBehind(input.from);
      const kept = queue.end;
      const from = input.mode === "unclean" ? kept : Infinity;
      this.#queues.set(queue, { change: { before, kept }, hadUnits, from });
    }
    if (input.mode === "unclean") {
      for (const queue of input.batchQueues ?? []) queue.truncateBehind(input.from);
    }
    if (input.mode !== "full") return;
    for (const { kind, path } of listQueues(input.fs, input.paths).queues) {
      if (kind === "batch") this.#batchQueue(path);
    }
  }

  /** Takes a sound record. */
  take(request: DispatchRequest, record: RecordView): void {
    if (!request.queued || !isSafeTopic(request.topic)) return;
    const { topics, queues, batchQueues, mode } = this.#input;
    const exists = mode !== "full" || topics.exists(request.topic, request.physicalOffset);
    if (exists && !topics.isBatch(request.topic)) {
      this.#put(queues.getOrCreate(request.topic, request.queueId), request.queueOffset, request);
    } else if (exists && mode === "full") {
      const { paths } = this.#input;
      this.#batchQueue(queueDirectory(paths.batchConsumeQueue, request)).take(request, record);
    } else if (exists && batchQueues !== undefined) {
      const queue = batchQueues.getOrCreate(request.topic, request.queueId);
      if (queue.append(request, innerBatchOf(record))) this.units++;
    }
    for (const { topic, queueOffset } of lightQueuesOf(record)) {
      this.#put(queues.getOrCreate(topic, 0), queueOffset, request);
    }
  }

  /** Writes units so that not too many are kept in memory. */
  writeBehind(unwrittenMax: number): void {
    let unwritten = 0;
    for (const queue of this.#input.queues) unwritten += queue.unwritten;
    for (const queue of this.#input.batchQueues ?? []) if (queue.unwritten > 0) queue.write();
    if (unwritten > unwrittenMax) { for (const queue of this.#input.queues) queue.writeUnits(); }
  }

  /** Ends the queues where the log ends, and tells of each. */
  finish(logEnd: number, told: (queue: ConsumeQueue, change: QueueChange) => void): void {
    const { queues, mode, logStart, damage } = this.#input;
    for (const queue of queues) {
      const state = this.#state(queue);
      queue.truncateBehind(logEnd);
      if (mode === "full" && state.from === Infinity) this.#keepAll(queue);
      const isShorter = queue.end < state.change.before;
      if (mode === "full" || !damage.isEmpty || isShorter) this.#fillBehind(queue, logEnd);
      const { end } = queue;
      // Where no message is left there is nothing to repeat, and padding alone Java cannot take.
      const isEmpty = end > queue.min && !holdsMessage(queue);
      if (isEmpty) queue.truncate(queue.min);
      queue.correctMin(logStart);
      queue.next = queue.end;
      told(queue, state.change);
      queue.dropEmptyFiles();
      // Consumers have got as far as here: the next message is not to be behind them.
      if (isEmpty) queue.reopen(end);
    }
    for (const queue of this.#batchQueues.values()) queue.finish();
    if (mode === "full") return;
    for (const queue of this.#input.batchQueues ?? []) {
      queue.truncateBehind(logEnd);
      queue.correctMin(logStart);
      queue.write();
    }
  }

  #batchQueue(directory: string): BatchQueueReplay {
    let queue = this.#batchQueues.get(directory);
    if (queue === undefined) {
      queue = new BatchQueueReplay({ ...this.#input, directory });
      this.#batchQueues.set(directory, queue);
    }
    return queue;
  }

  #state(queue: ConsumeQueue): QueueUnderReplay {
    let state = this.#queues.get(queue);
    if (state === undefined) {
      const change = { before: queue.end, kept: queue.end };
      this.#queues.set(queue, state = { change, hadUnits: false, from: 0 });
    }
    return state;
  }

  #put(queue: ConsumeQueue, index: number, request: DispatchRequest): void {
    const state = this.#state(queue);
    if (this.#input.mode === "full" && state.from === Infinity) {
      if (this.#isOfFormerLife(queue, request)) return;
      queue.reopen(Math.min(queue.min, index));
      state.from = index;
    }
    if (!this.#makeRoom(queue, index, { state, request })) return;
    if (this.#hasExt && this.#adoptExt(queue, index, request)) return;
    queue.append(index, request);
    this.units++;
  }

  /** Brings the end of the queue to an index; false when the record cannot go there. */
  #makeRoom(
    queue: ConsumeQueue,
    index: number,
    { state, request }: { readonly state: QueueUnderReplay; readonly request: DispatchRequest },
  ): boolean {
    if (index === queue.end) return true;
    if (index > queue.end) {
      const isFirst = queue.end === queue.min && queue.storedAt(queue.end) === undefined;
      if (isFirst || this.#fill(queue, index, unitOf(request))) return true;
    } else {
      const unit = queue.unitAt(index);
      if (unit?.physicalOffset === request.physicalOffset) return false;
      const before = queue.unitAt(index - 1);
      const isFree = unit === undefined || unit.size === QUEUE_PADDING.size ||
        unit.physicalOffset === before?.physicalOffset;
      // A queue that begins again at 0 is that of a topic deleted and made again.
      if (index >= state.from && (isFree || (index === 0 && !state.hadUnits))) {
        queue.truncate(index);
        return true;
      }
    }
    this.unqueued++;
    return false;
  }

  /**
   * Whether a record comes before the queue's first unit, which leads to a later record with that
   * very index: then its topic was deleted and made again since.
   */
  #isOfFormerLife(queue: ConsumeQueue, request: DispatchRequest): boolean {
    const first = queue.storedAt(queue.min);
    if (first === undefined || !isMessage(first.physicalOffset, first.size)) return false;
    if (first.physicalOffset <= request.physicalOffset) return false;
    const record = this.#input.lookup.frameAt(first.physicalOffset);
    return record !== undefined && record.queueId() === queue.queueId &&
      record.queueOffset() === queue.min && hasTopic(record, queue.topic);
  }

  /**
   * Fills the slots up to `index`, where `next` goes; false when they are too many to be believed.
   */
  #fill(queue: ConsumeQueue, index: number, next?: StoredUnit): boolean {
    const { logStart } = this.#input;
    if (lastMessageOf(queue) === undefined) {
      queue.adoptWhile(index, (_, size) => size === QUEUE_PADDING.size);
    }
    queue.adoptWhile(index, (physicalOffset, size) => {
      return isMessage(physicalOffset, size) && physicalOffset < logStart;
    });
    if (index - queue.end > QUEUE_LEAP_UNITS_MAX) return false;
    while (queue.end < index) this.#fillSlot(queue, queue.storedAt(queue.end), next);
    return true;
  }

  /** Fills the slot at the queue's end: with what stands there, or with what stands in for it. */
  #fillSlot(queue: ConsumeQueue, stored: StoredUnit | undefined, next?: StoredUnit): void {
    const { logStart, damage, keepDamaged } = this.#input;
    const previous = lastMessageOf(queue);
    let standIn = previous;
    if (stored !== undefined && isMessage(stored.physicalOffset, stored.size)) {
      const isExpired = stored.physicalOffset < logStart;
      if (isExpired || isSame(stored, previous) || isSame(stored, next)) return queue.adopt(stored);
      const range = damage.find(stored.physicalOffset);
      if (range !== undefined) {
        if (keepDamaged) return queue.adopt(stored);
        range.slotsFilled++;
        // Before the first message it is the next one that can stand in.
        standIn ??= next;
      }
    }
    if (standIn === undefined) queue.pad();
    else queue.adopt(standIn);
  }

  /** A queue of which the log has no sound record: expired units stay, others lead nowhere. */
  #keepAll(queue: ConsumeQueue): void {
    const { end, min } = queue;
    queue.reopen(min);
    this.#fill(queue, end);
  }

  /** Slots behind the last sound record that lead to damaged ones, or did, keep their places. */
  #fillBehind(queue: ConsumeQueue, logEnd: number): void {
    const { damage } = this.#input;
    const last = lastMessageOf(queue);
    let end = queue.end;
    for (let index = queue.end; index - queue.end < QUEUE_LEAP_UNITS_MAX; index++) {
      const stored = queue.storedAt(index);
      if (stored === undefined || !isUnit(stored.physicalOffset, stored.size)) break;
      if (stored.physicalOffset >= logEnd) break;
      const isStandIn = stored.size === QUEUE_PADDING.size || isSame(stored, last);
      if (isStandIn || damage.find(stored.physicalOffset) !== undefined) end = index + 1;
    }
    this.#fill(queue, end);
  }

  /** Keeps a unit that leads to its tags code through the extension files. */
  #adoptExt(queue: ConsumeQueue, index: number, request: DispatchRequest): boolean {
    const stored = index === queue.end ? queue.storedAt(index) : undefined;
    if (stored?.physicalOffset !== request.physicalOffset || stored.size !== request.size) {
      return false;
    }
    const tagsCode = (BigInt(stored.tagsCodeHigh) << 32n) | BigInt(stored.tagsCodeLow >>> 0);
    if (tagsCode > QUEUE_EXT_ADDRESS_MAX) return false;
    const { fs, paths } = this.#input;
    const directory = join(paths.consumeQueueExt, queue.topic, String(queue.queueId));
    const ext = new QueueExtReader(fs, listSegments(fs, directory));
    try {
      const { unit } = ext.read(extOffset(stored.tagsCodeHigh, stored.tagsCodeLow));
      if (unit?.tagsCode !== BigInt(request.tagsCode)) return false;
      if (unit.storeTimestamp !== request.storeTimestamp) return false;
    } finally {
      ext.close();
    }
    queue.adopt(stored);
    return true;
  }
}

function isUnit(physicalOffset: number, size: number): boolean {
  return physicalOffset >= 0 && size > 0;
}

function isMessage(physicalOffset: number, size: number): boolean {
  return isUnit(physicalOffset, size) && size !== QUEUE_PADDING.size;
}

function isSame(one: StoredUnit, other: StoredUnit | undefined): boolean {
  return one.physicalOffset === other?.physicalOffset && one.size === other.size;
}

function holdsMessage(queue: ConsumeQueue): boolean {
  for (let index = queue.end - 1; index >= queue.min; index--) {
    const { physicalOffset, size } = queue.unitAt(index)!;
    if (isMessage(physicalOffset, size)) return true;
  }
  return false;
}

/** The unit at the end of a queue; `undefined` where there is none or it is padding. */
function lastMessageOf(queue: ConsumeQueue): StoredUnit | undefined {
  const unit = new DataView(new ArrayBuffer(QUEUE_UNIT.size));
  if (queue.read(queue.end - 1, new Uint8Array(unit.buffer)) === 0) return undefined;
  const { at } = QUEUE_UNIT;
  const stored = {
    physicalOffset: readI64(unit, at.physicalOffset),
    size: unit.getInt32(at.size),
    tagsCodeHigh: unit.getInt32(at.tagsCode),
    tagsCodeLow: unit.getInt32(at.tagsCode + 4),
  };
  return isMessage(stored.physicalOffset, stored.size) ? stored : undefined;
}

/** The unit a record calls for. */
function unitOf({ physicalOffset, size, tagsCode }: DispatchRequest): StoredUnit {
  const tagsCodeHigh = Math.floor(tagsCode / 0x1_0000_0000);
  return { physicalOffset, size, tagsCodeHigh, tagsCodeLow: tagsCode | 0 };
}

function hasTopic(record: RecordView, topic: string): boolean {
  const { bytes, topicAt, topicLength } = record;
  return Buffer.from(topic).equals(bytes.subarray(topicAt, topicAt + topicLength));
}
