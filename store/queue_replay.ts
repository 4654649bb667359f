/**
 * Makes the consume queues a function of the log: every record goes to the slot its index names,
 * whatever stands there. What the log no longer tells is taken from the queues themselves: units of
 * expired messages, and slots of records that are damaged now.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { type ConsumeQueue, QUEUE_LEAP_UNITS_MAX } from "./consume_queue.ts";
import type { DamageRanges } from "./damage_ranges.ts";
import type { DispatchRequest } from "./dispatch.ts";
import type { FileSystem } from "./file.ts";
import { QUEUE_EXT_ADDRESS_MAX, QUEUE_PADDING } from "./format.ts";
import type { LogLookup } from "./log_lookup.ts";
import { lightQueuesOf } from "./multi_dispatch.ts";
import type { StorePaths } from "./names.ts";
import { extOffset, QueueExtReader } from "./queue_ext_reader.ts";
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
  readonly topics: TopicKinds;
  readonly lookup: LogLookup;
  readonly logStart: number;
  /** Where the records that are replayed begin. */
  readonly from: number;
  readonly damage: DamageRanges;
  /** Whether slots of damaged records are filled; else their units stay. */
  readonly padDamaged: boolean;
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
  }

  /** Takes a sound record. */
  take(request: DispatchRequest, record: RecordView): void {
    if (!request.queued || !isSafeTopic(request.topic)) return;
    const { topics, queues, mode } = this.#input;
    const exists = mode !== "full" || topics.exists(request.topic, request.physicalOffset);
    if (exists && !topics.isBatch(request.topic)) {
      this.#put(queues.getOrCreate(request.topic, request.queueId), request.queueOffset, request);
    }
    for (const { topic, queueOffset } of lightQueuesOf(record)) {
      this.#put(queues.getOrCreate(topic, 0), queueOffset, request);
    }
  }

  /** Writes units so that not too many are kept in memory. */
  writeBehind(unwrittenMax: number): void {
    let unwritten = 0;
    for (const queue of this.#input.queues) unwritten += queue.unwritten;
    if (unwritten > unwrittenMax) { for (const queue of this.#input.queues) queue.writeUnits(); }
  }

  /** Ends the queues where the log ends, and tells of each. */
  finish(logEnd: number, told: (queue: ConsumeQueue, change: QueueChange) => void): void {
    const { queues, mode, logStart, damage } = this.#input;
    for (const queue of queues) {
      const state = this.#state(queue);
      queue.truncateBehind(logEnd);
      if (mode === "full" && state.from === Infinity) this.#keepAll(queue);
      if (mode === "full" || !damage.isEmpty) this.#fillBehind(queue, logEnd);
      queue.correctMin(logStart);
      queue.next = queue.end;
      told(queue, state.change);
      queue.write();
    }
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
      if (isFirst || this.#fill(queue, index)) return true;
    } else {
      const unit = queue.unitAt(index);
      if (unit?.physicalOffset === request.physicalOffset) return false;
      const isFree = unit === undefined || unit.size === QUEUE_PADDING.size;
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

  /** Fills the slots up to `index`; false when they are too many to be believed. */
  #fill(queue: ConsumeQueue, index: number): boolean {
    const { logStart, damage, padDamaged } = this.#input;
    if (index - queue.end > QUEUE_LEAP_UNITS_MAX) return false;
    const isExpired = (physicalOffset: number, size: number) =>
      isUnit(physicalOffset, size) && (physicalOffset < logStart || size === QUEUE_PADDING.size);
    queue.adoptWhile(index, isExpired);
    while (queue.end < index) {
      const stored = queue.storedAt(queue.end);
      const range = stored === undefined ? undefined : damage.find(stored.physicalOffset);
      if (stored === undefined || !isUnit(stored.physicalOffset, stored.size)) queue.pad();
      else if (isExpired(stored.physicalOffset, stored.size)) queue.adopt(stored);
      else if (range !== undefined && !padDamaged) queue.adopt(stored);
      else {
        if (range !== undefined) range.slotsFilled++;
        queue.pad();
      }
    }
    return true;
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
    let end = queue.end;
    for (let index = queue.end; index - queue.end < QUEUE_LEAP_UNITS_MAX; index++) {
      const stored = queue.storedAt(index);
      if (stored === undefined || !isUnit(stored.physicalOffset, stored.size)) break;
      if (stored.physicalOffset >= logEnd) break;
      const isPadding = stored.size === QUEUE_PADDING.size;
      if (isPadding || damage.find(stored.physicalOffset) !== undefined) end = index + 1;
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

function hasTopic(record: RecordView, topic: string): boolean {
  const { bytes, topicAt, topicLength } = record;
  return Buffer.from(topic).equals(bytes.subarray(topicAt, topicAt + topicLength));
}
