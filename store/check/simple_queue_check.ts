/**
 * Compares a simple consume queue with the records of the log, in both directions: every record must
 * have its unit at its index, and every unit must lead to the record with that index.
 *
 * @module
 */
import { queueLeapUnitsMax } from "../consume_queue.ts";
import { SCHEDULE_TOPIC } from "../dispatch.ts";
import { QUEUE_UNIT } from "../format.ts";
import { isQueued } from "../message.ts";
import { extOffset, QueueExtReader } from "../queue_ext_reader.ts";
import { QueueReader } from "../queue_reader.ts";
import type { RecordView } from "../record_view.ts";
import type { SegmentList } from "../segments.ts";
import { topicOf } from "../record_text.ts";
import { checkQueueExt, listQueueExt, mayHaveExt } from "./queue_ext_check.ts";
import { Expectation, type PendingPool, PendingUnits } from "./queue_expectation.ts";
import { indexIn, missingUnit, type QueuePlace } from "./queue_place.ts";
import type { QueueCheckState } from "./verify_state.ts";
import type { ProvenQueue } from "./queue_proof.ts";

/** One is enough for all queues: what is read is compared at once. */
const EXPECTED = new Expectation();

/** A queue while the log is read. */
export class SimpleQueueCheck {
  readonly place: QueuePlace;
  readonly #pending: PendingUnits;
  /** Slot that was not looked at yet; −1 before the first. */
  #next = -1;
  /** Whether a slot before had a message: padding behind it stands for one that is gone. */
  #hasBegun = false;
  #extFiles: SegmentList | undefined;

  constructor(place: QueuePlace, pool: PendingPool) {
    this.place = place;
    this.#pending = new PendingUnits(pool);
  }

  /** Files of the queue's extension, listed once. */
  get #ext(): SegmentList {
    return this.#extFiles ??= listQueueExt(this.place);
  }

  /** Units kept back. */
  get pending(): number {
    return this.#pending.length;
  }

  /** How far behind its end an index can be right. */
  get #leapUnitsMax(): number {
    const { segmentBytes } = this.place.files;
    return queueLeapUnitsMax(segmentBytes === 0 ? Infinity : segmentBytes / QUEUE_UNIT.size);
  }

  /** A record of the queue; they come in the order of the log. */
  expect(it: Expectation): void {
    this.#pending.push(it);
  }

  /** How far it is, when nothing is kept back. */
  get state(): QueueCheckState {
    const { topic, queueId, openRun: run } = this.place;
    const queue = { kind: "simple", topic, queueId, next: this.#next } as const;
    return { ...queue, hasBegun: this.#hasBegun, ...(run && { run }) };
  }

  /** Goes on from where another one was. */
  restore({ next, hasBegun, run }: QueueCheckState): void {
    this.#next = next;
    this.#hasBegun = hasBegun ?? false;
    this.place.openRun = run;
  }

  /** Takes over units that begin at its next slot or behind it, when nothing is kept back. */
  adopt({ first, end }: ProvenQueue): void {
    if (this.#next < 0) this.#next = this.#startBefore(first);
    if (this.#next < first) {
      this.#withReader((units) => {
        const to = Math.min(first, units.queue.files.end);
        for (let slot = this.#next; slot < to; slot++) this.#uncovered(units, slot, Infinity);
      });
    }
    this.#hasBegun = true;
    this.#next = end;
    this.place.letFilesGo();
  }

  /** Compares what was kept back with the files. */
  compare(): void {
    if (this.#pending.length === 0) return;
    this.#withReader((units) => {
      this.#pending.takeAll(EXPECTED, () => this.#compareOne(units, EXPECTED));
    });
  }

  /** Looks at the slots behind the last record. `logEnd` is the end of the sound records. */
  finish(logEnd: number): void {
    this.compare();
    this.#withReader((units) => {
      const { files } = units.queue;
      for (const [number, segment] of files.segments.entries()) {
        const end = files.endOf(number);
        for (let slot = Math.max(this.#next, files.startOf(number)); slot < end; slot++) {
          if (!units.queue.moveTo(slot)) break;
          if (units.queue.isValid()) this.#uncovered(units, slot, logEnd);
          else if (this.place.isRestEmpty(segment, slot)) break;
        }
      }
    });
    this.place.close();
    if (mayHaveExt(this.place)) checkQueueExt(this.place, this.#ext);
  }

  #withReader(work: (units: Units) => void): void {
    const { fs } = this.place.context.state;
    const queue = new QueueReader(fs, this.place.files);
    let ext: QueueExtReader | undefined;
    try {
      work({ queue, ext: () => ext ??= new QueueExtReader(fs, this.#ext) });
    } finally {
      queue.close();
      ext?.close();
      this.place.letFilesGo();
    }
  }

  /** First slot to look at, when the first record of the queue has this index. */
  #startBefore(index: number): number {
    if (index === 0) return 0;
    const first = this.place.files.segments[0];
    return first === undefined ? index : Math.min(Math.ceil(first.start / QUEUE_UNIT.size), index);
  }

  #compareOne(units: Units, it: Expectation): void {
    const { queue } = units;
    if (this.#next < 0) this.#next = this.#startBefore(it.index);
    const leap = it.index - Math.max(this.#next, queue.files.end);
    if (it.index !== this.#next && this.#isMoved(queue, it)) {
      const note = `leads to the record with index ${it.index}`;
      this.#flaw(this.#next, "queue-offset-mismatch", { logOffset: it.physicalOffset, note });
      this.#next++;
    } else if (it.index < this.#next) this.#repeated(queue, it);
    else if (leap > 0 && leap > this.#leapUnitsMax) this.#impossible(it);
    else {
      const end = Math.min(it.index, queue.files.end);
      for (let slot = this.#next; slot < end; slot++) this.#uncovered(units, slot, Infinity);
      this.#covered(units, it);
      this.#next = it.index + 1;
    }
    this.#hasBegun = true;
  }

  /** Whether the record's unit stands at the next slot, which is not the one its index calls for. */
  #isMoved(queue: QueueReader, it: Expectation): boolean {
    if (!leadsTo(queue, this.#next, it.physicalOffset)) return false;
    return !leadsTo(queue, it.index, it.physicalOffset);
  }

  #impossible(it: Expectation): void {
    this.place.flaw(it.index, { code: "queue-missing-units" }, {
      logOffset: it.physicalOffset,
      note: `the record at log offset ${it.physicalOffset} has an index that cannot be right`,
    });
  }

  /** A record whose slot another, earlier in the log, has taken. */
  #repeated(queue: QueueReader, it: Expectation): void {
    if (leadsTo(queue, it.index, it.physicalOffset)) return;
    this.place.flaw(it.index, { code: "queue-offset-repeated", severity: "error" }, {
      logOffset: it.physicalOffset,
      note: `the record at log offset ${it.physicalOffset} has this index, too, and is not served`,
    });
  }

  /** The slot of a sound record. */
  #covered(units: Units, it: Expectation): void {
    const { queue } = units;
    const { index: slot, physicalOffset: logOffset } = it;
    if (!queue.moveTo(slot) || !queue.isValid() || queue.isPadding()) {
      const note = `missing for the record at log offset ${logOffset}`;
      this.place.flaw(slot, missingUnit(this.place.context, logOffset), { logOffset, note });
    } else if (queue.physicalOffset !== logOffset) this.#elsewhere(queue, it);
    else if (queue.size !== it.size) {
      const note = `says ${queue.size} bytes, the record has ${it.size}`;
      this.#flaw(slot, "queue-unit-mismatch", { logOffset, note });
    } else {
      this.place.context.tally.units++;
      this.#compareTags(units, it);
    }
  }

  /** The slot of a sound record leads to another place. */
  #elsewhere(queue: QueueReader, it: Expectation): void {
    const { index: slot, physicalOffset: logOffset } = it;
    const found = queue.physicalOffset;
    const frame = this.place.context.lookup.frameAt(found);
    const index = frame === undefined ? undefined : indexIn(this.place, frame);
    if (index === slot) {
      this.place.flaw(slot, { code: "queue-offset-repeated", severity: "info" }, {
        logOffset,
        note: `the record at log offset ${logOffset} has this index, too, and is not served`,
      });
    } else if (index !== undefined) {
      const note = `leads to the record with index ${index}`;
      this.#flaw(slot, "queue-offset-mismatch", { logOffset: found, note });
    } else {
      const what = frame === undefined ? "no record" : `a record of ${nameOf(frame)}`;
      const note = `leads to ${what} at log offset ${found} instead of the record at ${logOffset}`;
      this.#flaw(slot, "queue-unit-mismatch", { logOffset: found, note });
    }
  }

  #compareTags({ queue, ext }: Units, it: Expectation): void {
    const { index: slot, physicalOffset: logOffset, tagsCode } = it;
    if (!queue.isExtAddress()) {
      const found = queue.tagsCodeHigh * 0x1_0000_0000 + (queue.tagsCodeLow >>> 0);
      if (found === tagsCode) return;
      const what = this.place.topic === SCHEDULE_TOPIC ? "delivery time" : "tags code";
      const note = `${what} is ${found}, the record's is ${tagsCode}`;
      return this.#flaw(slot, "queue-tags-mismatch", { logOffset, note });
    }
    const item = ext().read(extOffset(queue.tagsCodeHigh, queue.tagsCodeLow));
    if (item.unit === undefined) {
      const note = `extension offset ${item.at}: expected ${item.flaw!.expected}, ` +
        `found ${item.flaw!.found}`;
      this.#flaw(slot, "queue-ext-dangling", { logOffset, note });
    } else if (item.unit.storeTimestamp !== it.storeTimestamp) {
      const note = `extension unit was stored at ${item.unit.storeTimestamp}, the record at ` +
        `${it.storeTimestamp}`;
      this.#flaw(slot, "queue-ext-mismatch", { logOffset, note });
    } else if (item.unit.tagsCode !== BigInt(tagsCode)) {
      const note = `tags code is ${item.unit.tagsCode}, the record's is ${tagsCode}`;
      this.#flaw(slot, "queue-tags-mismatch", { logOffset, note });
    }
  }

  /** A slot that no sound record of the log calls for. */
  #uncovered({ queue }: Units, slot: number, logEnd: number): void {
    const { state, lookup } = this.place.context;
    if (!queue.moveTo(slot) || !queue.isValid()) {
      return this.#flaw(slot, "queue-hole", { note: "no unit stands there" });
    }
    if (queue.isPadding()) {
      if (this.#hasBegun) this.#flaw(slot, "queue-padding", { note: "filled" });
      return;
    }
    this.#hasBegun = true;
    const logOffset = queue.physicalOffset;
    if (logOffset < (state.log.segments[0]?.start ?? 0)) {
      const note = `the log begins behind log offset ${logOffset}`;
      return this.#flaw(slot, "queue-unit-below-log", { logOffset, note });
    }
    if (logOffset >= logEnd) {
      const note = `leads to log offset ${logOffset}, the log ends at ${logEnd}`;
      return this.#flaw(slot, "queue-unit-behind-log", { logOffset, note });
    }
    if (leadsTo(queue, slot - 1, logOffset) || leadsTo(queue, slot + 1, logOffset)) {
      const note = `leads to the message beside it, at log offset ${logOffset}`;
      return this.#flaw(slot, "queue-padding", { logOffset, note });
    }
    const frame = lookup.frameAt(logOffset);
    const index = frame === undefined ? undefined : indexIn(this.place, frame);
    if (index !== undefined && index !== slot) {
      const note = `leads to the record with index ${index}`;
      this.#flaw(slot, "queue-offset-mismatch", { logOffset, note });
    } else if (frame !== undefined && index === undefined) {
      const note = `leads to a record of ${nameOf(frame)} at log offset ${logOffset}`;
      this.#flaw(slot, "queue-unit-mismatch", { logOffset, note });
    } else if (frame !== undefined && !isQueued(frame.sysFlag())) {
      const note = `leads to a prepared or rolled back record at log offset ${logOffset}`;
      this.#flaw(slot, "queue-unit-mismatch", { logOffset, note });
    } else if (frame === undefined || frame.checkBody() !== undefined) {
      const what = frame === undefined ? "no record" : "a damaged record";
      const note = `leads to ${what} at log offset ${logOffset}`;
      this.#flaw(slot, "queue-unit-dangling", { logOffset, note });
    }
  }

  #flaw(
    slot: number,
    code: Parameters<QueuePlace["flaw"]>[1]["code"],
    details: { readonly logOffset?: number; readonly note: string },
  ): void {
    this.place.flaw(slot, { code }, details);
  }
}

interface Units {
  readonly queue: QueueReader;
  /** Opened for the first unit that leads there. */
  readonly ext: () => QueueExtReader;
}

function leadsTo(queue: QueueReader, slot: number, physicalOffset: number): boolean {
  return queue.moveTo(slot) && queue.isValid() && !queue.isPadding() &&
    queue.physicalOffset === physicalOffset;
}

function nameOf(record: RecordView): string {
  return `queue ${record.queueId()} of ${topicOf(record)}`;
}
