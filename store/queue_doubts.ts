/**
 * The queues that a start builds again, because their files contradict the log or what else is known of
 * them, and from where in the log each is built. What stands behind the last unit that is right is
 * built; all of it where none is.
 *
 * @module
 */
import type { FileSystem } from "./file.ts";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT } from "./format.ts";
import { LogLookup } from "./log_lookup.ts";
import { type Discontinuity, findDiscontinuity } from "./queue_continuity.ts";
import type { QueueEnd } from "./queue_ends.ts";
import type { RecoveryStart } from "./recovery_start.ts";
import type { SegmentList } from "./segments.ts";
import { type AnyQueue, isRight, lastOf, soundEnd } from "./sound_end.ts";

/** Why a queue is built again, and from where. */
export interface QueueDoubt {
  /** Log offset of the first record it may lack. */
  readonly from: number;
  /** Number of the first unit that cannot be right, Infinity where none is known. */
  readonly hole: number;
  readonly why: string;
}

/** Where a recovery begins that builds some queues, and which. */
export interface DoubtfulStart extends RecoveryStart {
  /** Queues that are built again. All others have every record up to {@linkcode current}. */
  readonly doubts: ReadonlyMap<AnyQueue, QueueDoubt>;
  /** Where the log ends. */
  readonly current: number;
}

/** Queues to be built again. Dispose it to release its file. */
export class QueueDoubts implements Disposable {
  readonly #queues = new Map<AnyQueue, QueueDoubt>();
  readonly #fs: FileSystem;
  readonly #log: SegmentList;
  readonly #lookup: LogLookup;
  readonly #logStart: number;
  readonly #logEnd: number;

  constructor(fs: FileSystem, log: SegmentList, logEnd: number) {
    this.#fs = fs;
    this.#log = log;
    this.#lookup = new LogLookup(fs, log);
    this.#logStart = log.segments[0]?.start ?? 0;
    this.#logEnd = logEnd;
  }

  /** Lets a queue be built again; the first reason given counts. */
  add(queue: AnyQueue, why: string, hole = Infinity): void {
    if (this.#queues.has(queue)) return;
    const place = { lookup: this.#lookup, logEnd: this.#logEnd, hole };
    this.#queues.set(queue, {
      from: soundEnd(queue, place) ?? this.#logStart,
      hole,
      why,
    });
  }

  /** What is wrong with the files of a queue that was just loaded. */
  discontinuityOf(queue: AnyQueue): Discontinuity | undefined {
    return findDiscontinuity(queue, {
      fs: this.#fs,
      log: this.#log,
      lookup: this.#lookup,
      replayedFrom: this.#logEnd,
    });
  }

  /** Number of the first unit that is wrong, of the last ones of each file; `hole` when none is. */
  firstWrong(queue: AnyQueue, { firstUnit, fileBytes }: QueueEnd, hole: number): number {
    const unitBytes = "endUnit" in queue ? BATCH_QUEUE_UNIT.size : QUEUE_UNIT.size;
    const fileUnits = Math.floor(fileBytes / unitBytes);
    let to = firstUnit - firstUnit % fileUnits;
    while (to < hole) {
      to = Math.min(to + fileUnits, hole);
      const unit = lastOf(queue, { hole: to });
      const isSeen = unit !== undefined && unit.physicalOffset >= this.#logStart;
      if (isSeen && !isRight(queue, unit, this.#lookup)) return unit.first;
    }
    return hole;
  }

  /** Where the recovery begins. */
  start({ whenNone }: { readonly whenNone: string }): DoubtfulStart {
    const doubts = this.#queues;
    const current = this.#logEnd;
    let from = current;
    for (const doubt of doubts.values()) from = Math.min(from, doubt.from);
    const many = doubts.size === 1 ? "1 queue is" : `${doubts.size} queues are`;
    const reason = doubts.size === 0 ? whenNone : `${many} not what the log calls for`;
    return { from, reason, doubts, current };
  }

  [Symbol.dispose](): void {
    this.#lookup.close();
  }
}
