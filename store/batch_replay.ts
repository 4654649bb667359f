/**
 * Batch consume queues (5.x) while the log is read: a full replay writes their files anew, a start adds
 * to queues that are held in memory what they lack. A record goes into the queue it names, unless the
 * files of another led to it from among records of its own: no checksum covers the queue id.
 *
 * @module
 */
import { type BatchQueue, batchUnitOf } from "./batch_queue.ts";
import { BatchQueueReplay } from "./batch_queue_replay.ts";
import { BatchUnitsBefore, type BatchUnitsInput } from "./batch_units_before.ts";
import type { DispatchRequest } from "./dispatch.ts";
import { BATCH_QUEUE_UNIT } from "./format.ts";
import { type InnerBatch, innerBatchOf } from "./inner_batch.ts";
import { queueDirectory } from "./names.ts";
import type { QueueReplayInput } from "./queue_replay_input.ts";
import { listQueues } from "./queue_reader.ts";
import type { RecordView } from "./record_view.ts";
import { listSegments } from "./segments.ts";
import type { AnyQueue } from "./sound_end.ts";
import { StoredBatchUnits } from "./stored_batch_units.ts";
import type { WrongIndex } from "./wrong_index.ts";

/**
 * A start drops the units of what it replays at once, so it reads them before: so many at the most, of
 * some 50 bytes each, before it follows the log alone. A full replay reads them as it writes.
 */
const UNITS_KEPT_MAX = 1_000_000;

/** What the replay of batch queues takes from that of all. */
type Shared =
  | "fs"
  | "paths"
  | "mode"
  | "batchQueues"
  | "batchQueueFileUnits"
  | "topics"
  | "lookup"
  | "logStart"
  | "damage"
  | "doubts"
  | "aside"
  | "keepDamaged";

/** What a replay works with. */
export interface BatchReplayInput extends Pick<QueueReplayInput, Shared> {
  /** Log offset from which on a queue is replayed; Infinity for one that is left as it is. */
  readonly replayedFrom: (queue: AnyQueue) => number;
  /** Where records go that say a wrong index of their own. */
  readonly wrongIndexes: WrongIndex[];
  /** Whether a topic's records have queues to go to. */
  readonly hasQueues: (topic: string, physicalOffset: number) => boolean;
}

/** A queue that is built. */
interface Line {
  readonly queue: BatchQueue | BatchQueueReplay;
  /** What its files held where they are replayed; absent where they held nothing. */
  readonly before: BatchUnitsBefore | undefined;
}

/** All batch queues of a store. */
export class BatchReplay {
  /** Units appended to queues in memory. */
  units = 0;
  /** Batches whose index or count cannot be read, see `inner_batch.ts`. */
  flawedBatches = 0;
  readonly #input: BatchReplayInput;
  readonly #lines = new Map<string, Line[]>();
  /** Units a start may still keep in memory. */
  #unitsLeft = UNITS_KEPT_MAX;

  constructor(input: BatchReplayInput) {
    this.#input = input;
    const { fs, paths, topics, mode } = input;
    if (mode !== "full") {
      for (const queue of input.batchQueues ?? []) this.#truncate(queue);
      return;
    }
    for (const { kind, topic, queueId } of listQueues(fs, paths).queues) {
      if (kind === "batch" && topics.isBatch(topic)) this.#begin(topic, queueId);
    }
  }

  /** Topics with queues that are built. */
  get topics(): Iterable<string> {
    return this.#lines.keys();
  }

  /** Takes a sound record of a topic with batch queues. */
  take(request: DispatchRequest, record: RecordView): void {
    if (this.#input.mode !== "full" && this.#input.batchQueues === undefined) return;
    const line = this.#ownerOf(request);
    const said = innerBatchOf(record);
    if (this.#isAside(line.queue, said)) return;
    const batch = line.before?.overrule(request, said) ?? said;
    const baseOffset = batch.base;
    if (request.queueOffset !== baseOffset && line.before?.leadsTo(request, baseOffset)) {
      const { topic, queueId } = line.queue;
      const { physicalOffset, queueOffset } = request;
      const place = { topic, queueId, physicalOffset };
      this.#input.wrongIndexes.push({ ...place, said: queueOffset, index: baseOffset });
    }
    if (said.flaw !== undefined) this.flawedBatches++;
    const unit = batchUnitOf(request, batch);
    line.before?.took(unit);
    if (line.queue.adopt(unit)) this.units++;
  }

  /** Whether the files of a topic's queue led to a record from the index it says. */
  leadsTo(topic: string, request: DispatchRequest): boolean {
    const line = this.#lines.get(topic)?.find((it) => it.queue.queueId === request.queueId);
    return line !== undefined && this.#leadsTo(line, request);
  }

  /** What stood beside the unit of a record that {@linkcode leadsTo} is true of. */
  beside(topic: string, { queueId }: DispatchRequest): BatchUnitsBefore {
    return this.#lines.get(topic)!.find((it) => it.queue.queueId === queueId)!.before!;
  }

  /** Ends the queues where the log ends. */
  finish(logEnd: number): void {
    for (const lines of this.#lines.values()) {
      for (const line of lines) {
        this.#passBefore(line, logEnd);
        if (line.queue instanceof BatchQueueReplay) line.queue.finish();
      }
    }
    const { mode, batchQueues = [], aside, topics, doubts, logStart } = this.#input;
    if (mode === "full") return;
    for (const queue of batchQueues) {
      if (aside?.has(queue) === true || !topics.isBatch(queue.topic)) continue;
      if (doubts !== undefined && !doubts.has(queue) && queue.unwritten === 0) continue;
      queue.truncateBehind(logEnd);
      queue.correctMin(logStart);
      queue.write();
      if (doubts !== undefined) queue.lengthen();
    }
  }

  /** Drops what the replay brings again, so that the log overrules a wrong unit. */
  #truncate(queue: BatchQueue): void {
    const { fs, paths, doubts } = this.#input;
    const replayed = this.#input.replayedFrom(queue);
    if (replayed === Infinity) return;
    const end = queue.endUnit;
    queue.truncate(doubts?.get(queue)?.hole ?? Infinity);
    queue.truncateBehind(replayed);
    const first = queue.endUnit;
    if (doubts !== undefined && first === queue.firstUnit) queue.reopen();
    if (first === end || (this.#unitsLeft -= end - first) < 0) return;
    const directory = queueDirectory(paths.batchConsumeQueue, queue);
    const list = listSegments(fs, directory, { unitBytes: BATCH_QUEUE_UNIT.size });
    const stored = new StoredBatchUnits(fs, list, { first, end });
    // What is replayed is written over them at any time.
    stored.readBefore(end);
    this.#add({ queue, before: new BatchUnitsBefore(this.#judging(queue), stored) });
  }

  #judging(
    { topic, queueId }: { readonly topic: string; readonly queueId: number },
  ): BatchUnitsInput {
    const { lookup, damage, keepDamaged, hasQueues } = this.#input;
    return { topic, queueId, lookup, damage, keepDamaged, exists: hasQueues };
  }

  #add(line: Line): Line {
    const { topic } = line.queue;
    const lines = this.#lines.get(topic);
    if (lines === undefined) this.#lines.set(topic, [line]);
    else lines.push(line);
    return line;
  }

  /** Begins with a queue that nobody has begun with. */
  #begin(topic: string, queueId: number): Line {
    const { mode, batchQueues, paths } = this.#input;
    if (mode !== "full") {
      return this.#add({ queue: batchQueues!.getOrCreate(topic, queueId), before: undefined });
    }
    const directory = queueDirectory(paths.batchConsumeQueue, { topic, queueId });
    const judging = this.#judging({ topic, queueId });
    const queue = new BatchQueueReplay({ ...this.#input, ...judging, directory });
    return this.#add({ queue, before: queue.before });
  }

  /** The queue a record goes into, whose units in front of the record are then passed. */
  #ownerOf(request: DispatchRequest): Line {
    const { topic, queueId } = request;
    const lines = this.#lines.get(topic) ?? [];
    const named = lines.find((it) => it.queue.queueId === queueId);
    if (named !== undefined && this.#leadsTo(named, request)) return named;
    const other = lines.find((it) => {
      return it !== named && this.#leadsTo(it, request) && it.before!.isVouchedFor;
    });
    return other ?? named ?? this.#begin(topic, queueId);
  }

  #leadsTo(line: Line, request: DispatchRequest): boolean {
    this.#passBefore(line, request.physicalOffset);
    return line.before?.leadsTo(request, request.queueOffset) === true;
  }

  #passBefore({ queue, before }: Line, physicalOffset: number): void {
    if (!(queue instanceof BatchQueueReplay) && this.#input.aside?.has(queue) === true) return;
    before?.passBefore(physicalOffset, (unit) => void queue.adopt(unit));
  }

  #isAside(queue: Line["queue"], { base }: InnerBatch): boolean {
    if (queue instanceof BatchQueueReplay) return false;
    return this.#input.aside?.lacksBatches(queue, base) === true;
  }
}
