/**
 * What a batch consume queue led to before it is built again, beside what the log says of it. A unit no
 * sound record calls for stays where it is the only way to a message: to one that says another topic
 * than the queue's, which nobody has, or has flags by which it were never to be queued. Without it
 * consumers would lose a message they had.
 *
 * @module
 */
import type { BatchQueueRecord, BatchUnit } from "./batch_queue.ts";
import type { DamageRanges } from "./damage_ranges.ts";
import type { InnerBatch } from "./inner_batch.ts";
import type { LogLookup } from "./log_lookup.ts";
import { topicOf } from "./record_text.ts";
import { isOwnOf } from "./replay_units.ts";
import type { StoredBatchUnits } from "./stored_batch_units.ts";

/** What the units of one queue are judged by. */
export interface BatchUnitsInput {
  readonly topic: string;
  readonly queueId: number;
  readonly lookup: LogLookup;
  readonly damage: DamageRanges;
  /** Whether units that lead to damaged records stay; else they are dropped. */
  readonly keepDamaged: boolean;
  /** Whether the records of a topic have queues to go to. */
  readonly exists: (topic: string, physicalOffset: number) => boolean;
}

/** The place of a record in the log and in its queue. */
export type BatchPlace = Pick<BatchUnit, "physicalOffset" | "baseOffset" | "batchSize">;

/** Whether a unit leads to a record of its queue; `undefined` where nobody can say. */
type Vote = boolean | undefined;

/** The units of one queue, passed in the order of the log. */
export class BatchUnitsBefore {
  readonly #input: BatchUnitsInput;
  readonly #stored: StoredBatchUnits;
  /** Whether the unit passed last led to a record that says so itself. */
  #previous: Vote;
  /** Log offset of the record the queue leads to last. */
  #last = -1;
  /** Index behind its messages; −1 before the first. */
  #end = -1;
  #hasPassed = false;

  constructor(input: BatchUnitsInput, stored: StoredBatchUnits) {
    this.#input = input;
    this.#stored = stored;
  }

  /** Passes the units in front of a log offset; `keep` gets each that stays. */
  passBefore(physicalOffset: number, keep: (unit: BatchUnit) => void): void {
    for (let unit = this.#stored.current; unit !== undefined; unit = this.#stored.current) {
      const isAhead = unit.physicalOffset >= physicalOffset;
      if (isAhead && !this.#isAstray(unit, physicalOffset)) return;
      if (!isAhead && this.#stays(unit)) {
        this.#last = unit.physicalOffset;
        this.#end = endOf(unit);
        keep(unit);
      }
      this.#pass(this.#vote(unit));
    }
  }

  /**
   * What the unit says of a record, in front of which all was passed, where it and not the record goes
   * on from one neighbour to the other: no checksum covers a record's index.
   */
  overrule(request: BatchQueueRecord, { base, count }: InnerBatch): InnerBatch | undefined {
    const unit = this.#stored.current;
    if (unit === undefined || !isOf(unit, request)) return undefined;
    if (unit.storeTimestamp !== request.storeTimestamp) return undefined;
    const { baseOffset, batchSize } = unit;
    if (baseOffset === base && batchSize === count) return undefined;
    const isRight = this.isVouchedFor && this.#goesOn(baseOffset, batchSize);
    return isRight && !this.#goesOn(base, count)
      ? { base: baseOffset, count: batchSize }
      : undefined;
  }

  /** Takes note that the queue now leads to a record, in front of which all was passed. */
  took({ physicalOffset, baseOffset, batchSize }: BatchPlace): void {
    this.#last = physicalOffset;
    this.#end = baseOffset + batchSize;
    const unit = this.#stored.current;
    if (unit?.physicalOffset === physicalOffset) this.#pass(unit.baseOffset === baseOffset);
  }

  /** Whether the files led to a record, in front of which all was passed, from an index. */
  leadsTo(request: Pick<BatchQueueRecord, "physicalOffset" | "size">, base: number): boolean {
    const unit = this.#stored.current;
    return unit !== undefined && isOf(unit, request) && unit.baseOffset === base;
  }

  /** Whether the units beside the one looked at lead to records that say so themselves. */
  get isVouchedFor(): boolean {
    const { following } = this.#stored;
    const votes = [this.#previous, following && this.#vote(following)];
    return votes.includes(true) && !votes.includes(false);
  }

  /** Whether no unit stood beside the one looked at. */
  get hasNobodyBeside(): boolean {
    return !this.#hasPassed && this.#stored.following === undefined;
  }

  /** Reads the units before a number, which are about to be written over. */
  readBefore(number: number): void {
    this.#stored.readBefore(number);
  }

  /** Whether messages follow those before and are followed by those behind. */
  #goesOn(base: number, count: number): boolean {
    const { following } = this.#stored;
    const isBehind = this.#end < 0 || base === this.#end;
    return isBehind && (following === undefined || following.baseOffset === base + count);
  }

  #pass(vote: Vote): void {
    this.#previous = vote;
    this.#hasPassed = true;
    this.#stored.pass();
  }

  /** Whether a unit leads far past the one behind it, which leads to this very log offset. */
  #isAstray({ physicalOffset }: BatchUnit, at: number): boolean {
    return physicalOffset > at && this.#stored.following?.physicalOffset === at;
  }

  #vote({ physicalOffset, baseOffset }: BatchUnit): Vote {
    const record = this.#input.lookup.frameAt(physicalOffset);
    return record && isOwnOf(record, this.#input) && record.queueOffset() === baseOffset;
  }

  #stays(unit: BatchUnit): boolean {
    const { damage, keepDamaged, lookup, exists, queueId } = this.#input;
    const { physicalOffset, size, baseOffset, batchSize } = unit;
    const range = damage.find(physicalOffset);
    if (range !== undefined) {
      if (!keepDamaged) range.slotsFilled += batchSize;
      return keepDamaged;
    }
    if (physicalOffset <= this.#last) return false;
    const record = lookup.frameAt(physicalOffset);
    if (record?.size !== size || record.checkBody() !== undefined) return false;
    if (isOwnOf(record, this.#input)) return true;
    if (exists(topicOf(record), physicalOffset)) return false;
    const isPlaced = record.queueId() === queueId && record.queueOffset() === baseOffset;
    return isPlaced || this.isVouchedFor;
  }
}

function isOf(
  unit: BatchUnit,
  { physicalOffset, size }: Pick<BatchQueueRecord, "physicalOffset" | "size">,
): boolean {
  return unit.physicalOffset === physicalOffset && unit.size === size;
}

function endOf({ baseOffset, batchSize }: BatchUnit): number {
  return baseOffset + batchSize;
}
