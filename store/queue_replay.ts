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
 * Queues of another kind than their topic's are not of this log's making: they stay as they are, for
 * whoever reads them.
 *
 * A record whose queue id or index was changed goes where a unit leads to it, if the units beside it
 * vouch for that one, and so does one whose topic was changed. A record that claims the place of another
 * stays where a unit leads to it, as consumers had it; one that no unit leads to is left out.
 *
 * @module
 */
import { join } from "node:path";
import { BatchReplay } from "./batch_replay.ts";
import { type ConsumeQueue, isQueueIndex } from "./consume_queue.ts";
import type { DispatchRequest } from "./dispatch.ts";
import { QUEUE_PADDING } from "./format.ts";
import { LeftOut } from "./left_out.ts";
import { lightQueuesOf } from "./multi_dispatch.ts";
import type { StoredUnit } from "./queue_files.ts";
import { QueueLanes } from "./queue_lanes.ts";
import type { QueueChange, QueueReplayInput, QueueUnderReplay } from "./queue_replay_input.ts";
import type { QueueKind } from "./queue_reader.ts";
import { isSafeTopic } from "./queue_table.ts";
import { StoredUnits } from "./stored_units.ts";
import { topicOf } from "./record_text.ts";
import type { RecordView } from "./record_view.ts";
import type { QueueBefore } from "./recovery_progress.ts";
import {
  believedEnd,
  holdsMessage,
  indexIn,
  isFree,
  isMessage,
  isOf,
  isOfFormerLife,
  isOfTopic,
  isPlaced,
  isSame,
  isUnit,
  lastMessageOf,
  leadsToExt,
  queueKey,
  unitOf,
} from "./replay_units.ts";
import type { AnyQueue } from "./sound_end.ts";
import {
  hasNobodyBeside,
  isVouchedFor,
  leadsNext,
  saysWrong,
  type WrongIndex,
} from "./wrong_index.ts";
import { type UnitsBeside, WrongTopics } from "./wrong_topic.ts";

/** Queues while the log is read. */
export class QueueReplay {
  /** Records that their queues lead to under another index than they say. */
  readonly wrongIndexes: WrongIndex[] = [];
  /** Records that queues of another topic lead to than they say. */
  readonly wrongTopics: WrongTopics;
  readonly #input: QueueReplayInput;
  readonly #queues = new Map<ConsumeQueue, QueueUnderReplay>();
  /** How the queues were before anything was replayed. */
  readonly #before: QueueBefore[] = [];
  /** Queues that had units when the replay began, by topic. */
  readonly #filled = new Map<string, ConsumeQueue[]>();
  readonly #batch: BatchReplay;
  #units = 0;
  readonly #hasExt: boolean;
  readonly #lanes = new QueueLanes();
  readonly #leftOut = new LeftOut();

  constructor(input: QueueReplayInput) {
    this.#input = input;
    this.wrongTopics = new WrongTopics({
      topics: () => [...this.#filled.keys(), ...this.#batch.topics],
      leadsTo: (topic, request) => this.#leadTo(topic, request),
      beside: (topic, request) => this.#beside(topic, request),
      exists: (topic, physicalOffset) => this.#exists(topic, physicalOffset),
    });
    this.#hasExt = input.fs.stat(input.paths.consumeQueueExt) !== undefined;
    const resumed = input.resumed && new Map(input.resumed.map((it) => [queueKey(it), it]));
    for (const queue of input.queues) {
      const replayed = this.#replayedFrom(queue, "simple");
      if (replayed === Infinity) continue;
      const { topic, queueId, end } = queue;
      const hole = input.doubts?.get(queue)?.hole ?? Infinity;
      // Where the queue has lost its front, what is left says nothing of where that led.
      const isFilled = end > queue.min && (queue.min === 0 || hole > queue.min);
      // Dropping what the replay brings again lets the log overrule a wrong unit.
      queue.truncate(hole);
      if (input.mode !== "full") queue.truncateBehind(replayed);
      const now = { topic, queueId, before: end, kept: queue.end, hadUnits: isFilled };
      const { before, kept, hadUnits } = resumed === undefined
        ? now
        : resumed.get(queueKey(queue)) ?? { before: 0, kept: 0, hadUnits: false };
      this.#before.push(now);
      // Where nothing is kept a file may be missing in front of the others.
      const isAnew = input.doubts !== undefined && kept === queue.min;
      const from = input.mode === "full" || isAnew ? Infinity : kept;
      const stored = hadUnits ? new StoredUnits(queue, before) : undefined;
      this.#queues.set(queue, { change: { before, kept }, hadUnits, stored, from });
      if (!hadUnits) continue;
      const filled = this.#filled.get(queue.topic);
      if (filled === undefined) this.#filled.set(queue.topic, [queue]);
      else filled.push(queue);
    }
    this.#batch = new BatchReplay({
      ...input,
      wrongIndexes: this.wrongIndexes,
      replayedFrom: (queue) => this.#replayedFrom(queue, "batch"),
      hasQueues: (topic, physicalOffset) => this.#exists(topic, physicalOffset),
    });
  }

  /** Units appended. */
  get units(): number {
    return this.#units + this.#batch.units;
  }

  /** Batches kept as one record whose index or count cannot be read, see `inner_batch.ts`. */
  get flawedBatches(): number {
    return this.#batch.flawedBatches;
  }

  /** Records no queue could take. */
  get unqueued(): number {
    return this.#leftOut.count;
  }

  /** Takes a sound record. */
  take(request: DispatchRequest, record: RecordView): void {
    if (!request.queued) return;
    if (this.#lanes.append(request)) this.#units++;
    else this.#place(request, this.wrongTopics.righted(request, record) ?? record);
    if (!request.mayBeLight || !isSafeTopic(request.topic)) return;
    for (const { topic, queueOffset } of lightQueuesOf(record)) {
      if (!this.#isWanted({ topic, queueId: 0 }, request.physicalOffset)) continue;
      const queue = this.#input.queues.getOrCreate(topic, 0);
      if (!this.#isAnothers(queue, queueOffset, request)) this.#put(queue, queueOffset, request);
    }
  }

  /** Lets the next records of a queue simply be appended, where nothing is unclear. */
  #openLane(queue: ConsumeQueue): void {
    if (this.#input.aside?.has(queue) === true) return;
    const { stored, from } = this.#state(queue);
    const isClear = from !== Infinity && (stored !== undefined || !this.#filled.has(queue.topic));
    if (isClear && !this.#hasExt && this.#input.doubts === undefined) {
      this.#lanes.open(queue, stored);
    }
  }

  #place(request: DispatchRequest, record: RecordView): void {
    if (!isSafeTopic(request.topic)) return;
    const { topics, mode } = this.#input;
    const exists = mode === "full"
      ? topics.exists(request.topic, request.physicalOffset)
      : this.#isWanted(request, request.physicalOffset);
    if (exists && !topics.isBatch(request.topic)) {
      const queue = this.#ownerOf(request);
      if (queue === undefined) this.#leftOut.note(request.physicalOffset);
      else {
        this.#put(queue, request.queueOffset, request);
        this.#openLane(queue);
      }
    } else if (exists) this.#batch.take(request, record);
  }

  /** Log offset from which on a queue is replayed; Infinity for one that is left as it is. */
  #replayedFrom(queue: AnyQueue, kind: QueueKind): number {
    const { doubts, mode, from, aside, topics } = this.#input;
    if (aside?.has(queue) === true) return Infinity;
    if (topics.isBatch(queue.topic) !== (kind === "batch")) return Infinity;
    if (doubts !== undefined) return doubts.get(queue)?.from ?? Infinity;
    return mode === "full" ? 0 : from;
  }

  /** Whether the queue of a topic may lack the record at a log offset. */
  #isWanted(
    { topic, queueId }: { readonly topic: string; readonly queueId: number },
    physicalOffset: number,
  ): boolean {
    const { doubts, current = 0, topics, queues, batchQueues } = this.#input;
    if (doubts === undefined || physicalOffset >= current) return true;
    const queue = (topics.isBatch(topic) ? batchQueues : queues)?.get(topic, queueId);
    return queue !== undefined && physicalOffset >= (doubts.get(queue)?.from ?? Infinity);
  }

  /** Units kept in memory. */
  get unwritten(): number {
    const { queues, batchQueues = [] } = this.#input;
    let count = 0;
    for (const queue of queues) count += queue.unwritten;
    for (const queue of batchQueues) count += queue.unwritten;
    return count;
  }

  /** Writes the units kept in memory; what the files hold behind them stays until the end. */
  writeBehind(): void {
    for (const queue of this.#input.queues) queue.writeUnits();
    for (const queue of this.#input.batchQueues ?? []) if (queue.unwritten > 0) queue.write();
  }

  /** How the queues were before anything was replayed, by this start or one it goes on with. */
  get queuesBefore(): readonly QueueBefore[] {
    return this.#input.resumed ?? this.#before;
  }

  /** Brings to the disk what has been built. What the files hold behind it stays until the end. */
  async sync(): Promise<void> {
    const { queues, batchQueues = [] } = this.#input;
    for (const queue of queues) if (queue.unsynced) await queue.syncUnits();
    for (const queue of batchQueues) if (queue.unsynced) await queue.sync();
  }

  /** Ends the queues where the log ends, and tells of each. */
  finish(logEnd: number, told: (queue: ConsumeQueue, change: QueueChange) => void): void {
    const { queues, mode, logStart, damage, aside } = this.#input;
    for (const queue of queues) {
      if (!this.#queues.has(queue) || aside?.has(queue) === true) continue;
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
    this.#batch.finish(logEnd);
  }

  #leadTo(topic: string, request: DispatchRequest): boolean {
    if (this.#input.topics.isBatch(topic)) return this.#batch.leadsTo(topic, request);
    const stored = this.#filledQueue(topic, request)?.stored;
    return stored?.offsetAt(request.queueOffset) === request.physicalOffset;
  }

  #beside(topic: string, request: DispatchRequest): UnitsBeside {
    if (this.#input.topics.isBatch(topic)) return this.#batch.beside(topic, request);
    const { queue, stored } = this.#filledQueue(topic, request)!;
    const { lookup } = this.#input;
    return {
      isVouchedFor: isVouchedFor(queue, { stored, lookup }, request.queueOffset),
      hasNobodyBeside: hasNobodyBeside(stored, request.queueOffset),
    };
  }

  #filledQueue(topic: string, { queueId }: DispatchRequest) {
    const queue = this.#filled.get(topic)?.find((it) => it.queueId === queueId);
    return queue && { queue, stored: this.#queues.get(queue)!.stored! };
  }

  #state(queue: ConsumeQueue): QueueUnderReplay {
    let state = this.#queues.get(queue);
    if (state === undefined) {
      const change = { before: queue.end, kept: queue.end };
      state = { change, hadUnits: false, stored: undefined, from: 0 };
      this.#queues.set(queue, state);
    }
    return state;
  }

  /**
   * The queue a record belongs to: the one it names, unless its files contradict. No checksum covers
   * queue id and index, so a flipped bit would take a message out of its queue, and out of another the
   * one whose place it claims. `undefined` for a record that claims the place of another.
   */
  #ownerOf(request: DispatchRequest): ConsumeQueue | undefined {
    const { topic, queueId, queueOffset, physicalOffset } = request;
    const { queues } = this.#input;
    const filled = this.#filled.get(topic);
    if (filled === undefined) {
      return isQueueIndex(queueOffset) ? queues.getOrCreate(topic, queueId) : undefined;
    }
    const named = queues.get(topic, queueId);
    const state = named && this.#queues.get(named);
    // The next place of the queue leads here: the index is looked at when the record is put there.
    if (state !== undefined && leadsNext(named!, state, physicalOffset)) return named;
    if (!isQueueIndex(queueOffset)) return undefined;
    if (state?.stored?.offsetAt(queueOffset) === physicalOffset) return named;
    const other = filled.find((it) => it !== named && this.#waitsFor(it, request));
    if (other !== undefined) return other;
    if (named === undefined) return queues.getOrCreate(topic, queueId);
    return this.#isAnothers(named, queueOffset, request) ? undefined : named;
  }

  /** Whether the files of a queue lead from an index to a later record that says it, too. */
  #isAnothers(queue: ConsumeQueue, index: number, request: DispatchRequest): boolean {
    const { lookup } = this.#input;
    const state = this.#queues.get(queue);
    const claimed = state?.stored?.offsetAt(index) ?? -1;
    if (claimed <= request.physicalOffset) return false;
    if (!isOf(lookup.frameAt(claimed), queue, index)) return false;
    return state!.from !== Infinity || !isOfFormerLife(queue, request, lookup);
  }

  /**
   * Whether a queue has not been replayed as far as a record's index, and its files lead there, from
   * among records of its own: they may as well be those of another queue.
   */
  #waitsFor(queue: ConsumeQueue, { queueOffset, physicalOffset }: DispatchRequest): boolean {
    const { stored, from } = this.#queues.get(queue)!;
    if (queueOffset < queue.end && from !== Infinity) return false;
    if (stored!.offsetAt(queueOffset) !== physicalOffset) return false;
    return isVouchedFor(queue, { stored: stored!, lookup: this.#input.lookup }, queueOffset);
  }

  #put(queue: ConsumeQueue, index: number, request: DispatchRequest): void {
    if (this.#input.aside?.has(queue) === true) return;
    const state = this.#state(queue);
    const { lookup } = this.#input;
    const { stored } = state;
    const isWrong = saysWrong(queue, { stored, from: state.from, lookup }, request, index);
    if (state.from === Infinity) {
      // One that begins later has lost a file: a topic made again begins at 0.
      if (!isWrong && queue.min === 0 && isOfFormerLife(queue, request, lookup)) return;
      const first = isWrong ? queue.min : Math.min(queue.min, index);
      queue.reopen(first);
      state.from = isWrong ? first : index;
    }
    let place = index;
    if (isWrong) {
      const { topic, queueId, end } = queue;
      const { physicalOffset } = request;
      if (isVouchedFor(queue, { stored: stored!, lookup }, end)) {
        this.wrongIndexes.push({ topic, queueId, physicalOffset, said: index, index: end });
      }
      place = end;
    } else place = this.#makeRoom(queue, index, { state, request });
    if (place < 0) return;
    if (this.#hasExt && this.#adoptExt(queue, place, request)) return;
    queue.append(place, request);
    this.#units++;
  }

  /**
   * Brings the end of the queue to an index, and returns where the record goes: there, or where the
   * files led to it if it cannot; −1 for nowhere.
   */
  #makeRoom(
    queue: ConsumeQueue,
    index: number,
    { state, request }: { readonly state: QueueUnderReplay; readonly request: DispatchRequest },
  ): number {
    if (index === queue.end) return index;
    const { physicalOffset } = request;
    if (index > queue.end) {
      const isFirstPut = queue.end === state.change.kept;
      if (isFirstPut && this.#input.aside?.lacks(queue, index, state.stored) === true) return -1;
      const isFirst = queue.end === queue.min && queue.storedAt(queue.end) === undefined;
      if (isFirst || this.#fill(queue, index, unitOf(request))) return index;
    } else {
      if (queue.unitAt(index)?.physicalOffset === physicalOffset) return -1;
      // Where the files led past the record it must not take what stands behind its place along.
      const isAstray = state.stored?.leadsPast(index, physicalOffset) === true;
      const isRoom = isFree(queue, index, isAstray ? queue.end : index + 1);
      // A queue that begins again at 0 is that of a topic deleted and made again.
      if (index >= state.from && (isRoom || (index === 0 && !state.hadUnits))) {
        const written = queue.end - queue.unwritten;
        queue.truncate(index);
        // What another start goes on with must not have units of two lives in it.
        if (index < written) queue.write();
        return index;
      }
    }
    if (leadsNext(queue, state, physicalOffset)) return queue.end;
    this.#leftOut.note(physicalOffset);
    return -1;
  }

  /** Fills the slots up to `index`, where `next` goes; false when too many to be believed. */
  #fill(queue: ConsumeQueue, index: number, next?: StoredUnit): boolean {
    const { logStart } = this.#input;
    if (lastMessageOf(queue) === undefined) {
      queue.adoptWhile(index, (physicalOffset, size) => {
        return size === QUEUE_PADDING.size && physicalOffset === QUEUE_PADDING.physicalOffset;
      });
    }
    queue.adoptWhile(index, (physicalOffset, size) => {
      return isMessage(physicalOffset, size) && physicalOffset < logStart;
    });
    if (index - queue.end > queue.leapUnitsMax) return false;
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
      }
      if (range === undefined && this.#isKept(queue, stored, queue.end)) {
        this.#leftOut.take(stored.physicalOffset);
        return queue.adopt(stored);
      }
      // Before the first message it is the next one that can stand in.
      if (range !== undefined || this.#isMisplaced(queue, stored)) standIn ??= next;
    }
    if (standIn === undefined) queue.pad();
    else queue.adopt(standIn);
  }

  /** A queue of which the log has no sound record: expired units stay, others lead nowhere. */
  #keepAll(queue: ConsumeQueue): void {
    const end = believedEnd(queue);
    queue.reopen(queue.min);
    this.#fill(queue, end);
  }

  /**
   * Slots behind the last sound record that lead to damaged ones, or did, keep their places, and so
   * does that of a record with a wrong index.
   */
  #fillBehind(queue: ConsumeQueue, logEnd: number): void {
    const { damage } = this.#input;
    const last = lastMessageOf(queue);
    let end = queue.end;
    for (let index = queue.end; index - queue.end < queue.leapUnitsMax; index++) {
      const stored = queue.storedAt(index);
      if (stored === undefined || !isUnit(stored.physicalOffset, stored.size)) break;
      if (stored.physicalOffset >= logEnd) break;
      const isStandIn = stored.size === QUEUE_PADDING.size || isSame(stored, last);
      const isLost = isStandIn || damage.find(stored.physicalOffset) !== undefined;
      const isKept = isLost || this.#isMisplaced(queue, stored);
      if (isKept || this.#isKept(queue, stored, index)) end = index + 1;
    }
    this.#fill(queue, end);
  }

  /**
   * Whether a unit stays though no record was put there: it leads to one that says it belongs there and
   * stands further on in the log, or it is the only way to one. That was left out, or has flags by which
   * it were never to be queued, or the name of a topic that is none.
   */
  #isKept(queue: ConsumeQueue, { physicalOffset }: StoredUnit, index: number): boolean {
    const { lookup } = this.#input;
    const record = lookup.frameAt(physicalOffset);
    if (record === undefined || record.checkBody() !== undefined) return false;
    if (isOf(record, queue, index)) return true;
    if (isOfTopic(record, queue)) return this.#leftOut.has(physicalOffset);
    if (this.#exists(topicOf(record), physicalOffset)) return false;
    const stored = this.#queues.get(queue)?.stored;
    return isPlaced(record, queue, index) ||
      (stored !== undefined && isVouchedFor(queue, { stored, lookup }, index));
  }

  /** Whether a topic's records go into queues; a start makes those of any. */
  #exists(topic: string, physicalOffset: number): boolean {
    const { mode, topics } = this.#input;
    return isSafeTopic(topic) && (mode !== "full" || topics.exists(topic, physicalOffset));
  }

  /** Whether a unit leads to a record of the queue that is nowhere in it: its index must be wrong. */
  #isMisplaced(queue: ConsumeQueue, { physicalOffset }: StoredUnit): boolean {
    const index = indexIn(this.#input.lookup.frameAt(physicalOffset), queue);
    return index !== undefined && queue.unitAt(index)?.physicalOffset !== physicalOffset;
  }

  /** Keeps a unit that leads to its tags code through the extension files. */
  #adoptExt(queue: ConsumeQueue, index: number, request: DispatchRequest): boolean {
    const stored = index === queue.end ? queue.storedAt(index) : undefined;
    const { fs, paths } = this.#input;
    const directory = join(paths.consumeQueueExt, queue.topic, String(queue.queueId));
    if (stored === undefined || !leadsToExt(fs, directory, { stored, request })) return false;
    queue.adopt(stored);
    return true;
  }
}
