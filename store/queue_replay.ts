/**
 * Makes the consume queues a function of the log: every record goes to the slot its index names,
 * whatever stands there. What the log no longer tells is taken from the queues themselves: units of
 * expired messages, and slots of records that are damaged now.
 *
 * @module
 */
import { join } from "node:path";
import { type ConsumeQueue, QUEUE_LEAP_UNITS_MAX, type StoredUnit } from "./consume_queue.ts";
import type { DamageRanges } from "./damage_ranges.ts";
import type { DispatchRequest } from "./dispatch.ts";
import type { FileSystem } from "./file.ts";
import { QUEUE_EXT_ADDRESS_MAX, QUEUE_PADDING } from "./format.ts";
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
  readonly logStart: number;
  /** Where the records that are replayed begin. */
  readonly from: number;
  readonly damage: DamageRanges;
  /** Whether slots of damaged records are filled; else their units stay. */
  readonly padDamaged: boolean;
}

/** How a queue was found. */
interface QueueBefore {
  readonly end: number;
  /** End after what will be replayed was dropped. */
  readonly kept: number;
  readonly hadUnits: boolean;
  /** Whether a record of it was replayed. */
  hasBegun: boolean;
}

/** Queues while the log is read. */
export class QueueReplay {
  /** Units appended. */
  units = 0;
  /** Records that have an index no queue can give them. */
  unqueued = 0;
  readonly #input: QueueReplayInput;
  readonly #before = new Map<ConsumeQueue, QueueBefore>();
  readonly #hasExt: boolean;

  constructor(input: QueueReplayInput) {
    this.#input = input;
    this.#hasExt = input.fs.stat(input.paths.consumeQueueExt) !== undefined;
    for (const queue of input.queues) {
      const { end } = queue;
      // Dropping what the replay brings again lets the log overrule a wrong unit.
      if (input.mode === "unclean") queue.truncate(queue.indexOfPhysical(input.from));
      const hadUnits = end > queue.min;
      this.#before.set(queue, { end, kept: queue.end, hadUnits, hasBegun: false });
    }
  }

  /** Takes a sound record. */
  take(request: DispatchRequest, record: RecordView): void {
    if (!request.queued || !isSafeTopic(request.topic)) return;
    const { topics, queues, mode } = this.#input;
    const isWanted = !topics.isBatch(request.topic) &&
      (mode !== "full" || topics.exists(request.topic));
    if (isWanted) {
      const queue = queues.getOrCreate(request.topic, request.queueId);
      this.#put(queue, request.queueOffset, request);
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

  /** Ends the queues where the log ends; tells of each how it was and how it is. */
  finish(
    logEnd: number,
    told: (queue: ConsumeQueue, change: { before: number; kept: number }) => void,
  ): void {
    const { queues, mode, logStart, damage } = this.#input;
    for (const queue of queues) {
      const before = this.#before.get(queue);
      if (mode === "full" && before?.hasBegun === false) this.#keepAll(queue, before.end, logEnd);
      queue.truncate(queue.indexOfPhysical(logEnd));
      if (!damage.isEmpty) this.#fillBehind(queue);
      queue.correctMin(logStart);
      queue.next = queue.end;
      told(queue, { before: before?.end ?? queue.min, kept: before?.kept ?? queue.min });
      queue.write();
    }
  }

  #put(queue: ConsumeQueue, index: number, request: DispatchRequest): void {
    if (this.#input.mode === "full") {
      const before = this.#before.get(queue);
      if (before?.hasBegun === false && !this.#begin(queue, index, request)) return;
      if (index < queue.end && !this.#makeRoom(queue, index, before?.hadUnits ?? false)) {
        this.unqueued++;
        return;
      }
    }
    if (index < queue.end) return;
    const isFirst = queue.end === queue.min && queue.storedAt(queue.end) === undefined;
    if (!isFirst && index > queue.end && !this.#fill(queue, index)) {
      this.unqueued++;
      return;
    }
    if (this.#hasExt && this.#adoptExt(queue, index, request)) return;
    queue.append(index, request);
    this.units++;
  }

  /**
   * The first record of a queue that has files: what stands before its index stays. False for a
   * record of a former life of the queue, whose topic was deleted and made again.
   */
  #begin(queue: ConsumeQueue, index: number, request: DispatchRequest): boolean {
    const first = queue.storedAt(queue.min);
    if (
      first !== undefined && isMessage(first) && first.physicalOffset > request.physicalOffset &&
      index >= queue.min
    ) return false;
    this.#before.get(queue)!.hasBegun = true;
    queue.reopen(Math.min(queue.min, index));
    return true;
  }

  /** Whether an index before the end may be taken: it is filled, or the queue begins anew. */
  #makeRoom(queue: ConsumeQueue, index: number, hadUnits: boolean): boolean {
    const unit = queue.unitAt(index);
    const isFree = unit === undefined || unit.size === QUEUE_PADDING.size;
    if (!isFree && (index > 0 || hadUnits)) return false;
    queue.truncate(index);
    return true;
  }

  /** Fills the slots up to `index`; false when they are too many to be believed. */
  #fill(queue: ConsumeQueue, index: number): boolean {
    const { logStart, damage, padDamaged } = this.#input;
    if (index - queue.end > QUEUE_LEAP_UNITS_MAX) return false;
    while (queue.end < index) {
      const stored = queue.storedAt(queue.end);
      const range = stored === undefined ? undefined : damage.find(stored.physicalOffset);
      if (stored === undefined || !isUnit(stored)) queue.pad();
      else if (stored.physicalOffset < logStart || !isMessage(stored)) queue.adopt(stored);
      else if (range !== undefined && !padDamaged) queue.adopt(stored);
      else {
        if (range !== undefined) range.slotsFilled++;
        queue.pad();
      }
    }
    return true;
  }

  /** A queue of which the log has no record: expired units stay, others lead nowhere. */
  #keepAll(queue: ConsumeQueue, end: number, logEnd: number): void {
    queue.truncate(queue.indexOfPhysical(logEnd));
    const kept = Math.min(end, queue.end);
    queue.reopen(queue.min);
    this.#fill(queue, kept);
  }

  /** Slots behind the last sound record of a queue that lead to damaged ones keep their places. */
  #fillBehind(queue: ConsumeQueue): void {
    let end = queue.end;
    for (let index = queue.end; index - queue.end < QUEUE_LEAP_UNITS_MAX; index++) {
      const stored = queue.storedAt(index);
      if (stored === undefined || !isUnit(stored)) break;
      if (this.#input.damage.find(stored.physicalOffset) !== undefined) end = index + 1;
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

function isUnit(stored: StoredUnit): boolean {
  return stored.physicalOffset >= 0 && stored.size > 0;
}

function isMessage(stored: StoredUnit): boolean {
  return isUnit(stored) && stored.size !== QUEUE_PADDING.size;
}
