/**
 * Compares a batch consume queue (5.x) with the records of the log. Its units stand in the order of
 * the log and know their index themselves, so both sides are walked together.
 *
 * @module
 */
import { BatchQueueReader } from "../batch_queue_reader.ts";
import { Expectation, type PendingPool, PendingUnits } from "./queue_expectation.ts";
import { missingUnit, type QueuePlace, type UnitFlaw } from "./queue_place.ts";
import type { QueueCheckState } from "./verify_state.ts";

/** A batch queue while the log is read. Findings name units by their number, not their index. */
export class BatchQueueCheck {
  readonly place: QueuePlace;
  readonly #pending: PendingUnits;
  readonly #expected = new Expectation();
  /** Unit that was not looked at yet; −1 before the first. */
  #next = -1;
  /** First unit behind the empty slots at `#next`, once it was looked for. */
  #holeEnd = -1;

  constructor(place: QueuePlace, pool: PendingPool) {
    this.place = place;
    this.#pending = new PendingUnits(pool);
  }

  /** Units kept back. */
  get pending(): number {
    return this.#pending.length;
  }

  /** A record of the queue; they come in the order of the log. */
  expect(it: Expectation): void {
    this.#pending.push(it);
  }

  /** How far it is, when nothing is kept back. */
  get state(): QueueCheckState {
    const { topic, queueId, openRun: run } = this.place;
    return { kind: "batch", topic, queueId, next: this.#next, ...(run && { run }) };
  }

  /** Goes on from where another one was. */
  restore({ next, run }: QueueCheckState): void {
    this.#next = next;
    this.place.openRun = run;
  }

  /** Compares what was kept back with the files. */
  compare(): void {
    if (this.#pending.length === 0) return;
    this.#withReader((queue) => {
      this.#pending.takeAll(this.#expected, () => this.#compareOne(queue, this.#expected));
    });
  }

  /** Looks at the units behind the last record. `logEnd` is the end of the sound records. */
  finish(logEnd: number): void {
    this.compare();
    this.#withReader((queue) => {
      for (let unit = this.#unitFrom(queue, this.#next); unit < Infinity;) {
        this.#uncovered(queue, logEnd);
        unit = this.#unitFrom(queue, unit + 1);
      }
    });
    this.place.close();
  }

  #withReader(work: (queue: BatchQueueReader) => void): void {
    const queue = new BatchQueueReader(this.place.context.state.fs, this.place.files);
    try {
      if (this.#next < 0) this.#next = queue.files.first;
      work(queue);
    } finally {
      queue.close();
      this.place.letFilesGo();
    }
  }

  #compareOne(queue: BatchQueueReader, it: Expectation): void {
    const logOffset = it.physicalOffset;
    while (this.#isAt(queue) && queue.physicalOffset < logOffset && queue.baseOffset !== it.index) {
      this.#uncovered(queue, Infinity);
      this.#next++;
    }
    const isThere = this.#isAt(queue) || this.#isBehindHole(queue, it);
    if (isThere && (queue.physicalOffset === logOffset || queue.baseOffset === it.index)) {
      this.#covered(queue, it);
      this.#next++;
      return;
    }
    const note = `missing for the record at log offset ${logOffset}`;
    this.place.flaw(this.#next, missingUnit(this.place.context, logOffset), { logOffset, note });
    // An empty slot is where the record's unit was or would come; a later record's stays for that.
    if (!isThere) this.#next++;
  }

  /** Moves to the first unit from a number on; Infinity where none follows. */
  #unitFrom(queue: BatchQueueReader, from: number): number {
    const { files } = queue;
    for (const [number, segment] of files.segments.entries()) {
      const end = files.endOf(number);
      for (let unit = Math.max(from, files.startOf(number)); unit < end; unit++) {
        if (!queue.moveTo(unit)) break;
        if (queue.isValid()) return unit;
        if (this.place.isRestEmpty(segment, unit)) break;
      }
    }
    return Infinity;
  }

  /** Whether the record's unit stands behind empty slots; then passes over these. */
  #isBehindHole(queue: BatchQueueReader, it: Expectation): boolean {
    if (this.#holeEnd < this.#next) this.#holeEnd = this.#unitFrom(queue, this.#next);
    if (this.#holeEnd === Infinity || !queue.moveTo(this.#holeEnd)) return false;
    if (queue.physicalOffset !== it.physicalOffset) return false;
    for (; this.#next < this.#holeEnd; this.#next++) {
      this.place.flaw(this.#next, { code: "queue-hole" }, { note: "no unit stands there" });
    }
    return queue.moveTo(this.#next);
  }

  /** Moves to the next unit; false where none stands. */
  #isAt(queue: BatchQueueReader): boolean {
    return queue.moveTo(this.#next) && queue.isValid();
  }

  #covered(queue: BatchQueueReader, it: Expectation): void {
    const wrong = wrongField(queue, it);
    if (wrong === undefined) {
      this.place.context.tally.units++;
      return;
    }
    const { name, found, expected } = wrong;
    const note = `${name} is ${found}, the record calls for ${expected}`;
    this.place.flaw(queue.number, { code: wrong.code }, { logOffset: it.physicalOffset, note });
  }

  /** A unit that no sound record of the log calls for. */
  #uncovered(queue: BatchQueueReader, logEnd: number): void {
    const { number, physicalOffset: logOffset } = queue;
    const logStart = this.place.context.state.log.segments[0]?.start ?? 0;
    if (logOffset < logStart) {
      const note = `the log begins behind log offset ${logOffset}`;
      this.place.flaw(number, { code: "queue-unit-below-log" }, { logOffset, note });
    } else if (logOffset >= logEnd) {
      const note = `leads to log offset ${logOffset}, the log ends at ${logEnd}`;
      this.place.flaw(number, { code: "queue-unit-behind-log" }, { logOffset, note });
    } else {
      const note = `leads to no sound record of the queue at log offset ${logOffset}`;
      this.place.flaw(number, { code: "queue-unit-dangling" }, { logOffset, note });
    }
  }
}

interface WrongField {
  readonly code: UnitFlaw["code"];
  readonly name: string;
  readonly found: number | bigint;
  readonly expected: number;
}

function wrongField(queue: BatchQueueReader, it: Expectation): WrongField | undefined {
  const fields: readonly (readonly [UnitFlaw["code"], string, number, number])[] = [
    ["queue-unit-mismatch", "log offset", queue.physicalOffset, it.physicalOffset],
    ["queue-unit-mismatch", "size", queue.size, it.size],
    ["queue-offset-mismatch", "first index", queue.baseOffset, it.index],
    ["queue-unit-mismatch", "batch size", queue.batchSize, it.count || queue.batchSize],
    ["queue-unit-mismatch", "store time", queue.storeTimestamp, it.storeTimestamp],
    ["queue-tags-mismatch", "tags code", Number(queue.tagsCode()), it.tagsCode],
  ];
  for (const [code, name, found, expected] of fields) {
    if (found !== expected) return { code, name, found, expected };
  }
  return undefined;
}
