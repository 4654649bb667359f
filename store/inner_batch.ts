/**
 * Batches kept as one record (5.x): how many messages it holds and which queue index the first has.
 *
 * @module
 */
import { SYS_FLAG } from "./format.ts";
import { parseProperties, PROPERTY } from "./properties.ts";
import type { RecordView } from "./record_view.ts";

/** What a record of a batch topic takes of its queue. */
export interface InnerBatch {
  /** Index of the first message. */
  readonly base: number;
  /** Messages; 1 for a record that is no batch. */
  readonly count: number;
  /**
   * What of a batch cannot be read: then its index is that of the record, and it counts as one message,
   * so that it is served at least. Java ends the log before such a record when it recovers.
   */
  readonly flaw?: string;
}

/** A unit's field is signed and has two bytes. */
const COUNT_MAX = 32_767;

const decoder = new TextDecoder();

/** Reads a sound record of a topic whose queues are batch consume queues. */
export function innerBatchOf(record: RecordView): InnerBatch {
  const base = record.queueOffset();
  if (!isInnerBatch(record.sysFlag())) return { base, count: 1 };
  const { propertiesAt: at, propertiesLength: length } = record;
  const properties = parseProperties(decoder.decode(record.bytes.subarray(at, at + length)));
  const baseText = properties.get(PROPERTY.innerBase);
  const countText = properties.get(PROPERTY.innerNum);
  const inner = { base: integerOf(baseText), count: integerOf(countText) };
  if (inner.base === undefined) return flawed(base, PROPERTY.innerBase, baseText);
  if (inner.count === undefined || inner.count < 1 || inner.count > COUNT_MAX) {
    return flawed(inner.base, PROPERTY.innerNum, countText);
  }
  return { base: inner.base, count: inner.count };
}

/** Whether a record with this `sysFlag` is a batch, whose index stands in its properties. */
export function isInnerBatch(sysFlag: number): boolean {
  return (sysFlag & SYS_FLAG.innerBatch) !== 0;
}

/** Bits of a batch whose messages clients take out of its body. */
const FOLDED = SYS_FLAG.innerBatch | SYS_FLAG.needUnwrap;

/** Whether clients take the messages out of the body of a record with this `sysFlag`. */
export function isFolded(sysFlag: number): boolean {
  return (sysFlag & FOLDED) === FOLDED;
}

/** The `sysFlag` of such messages; if something was compressed, it was the whole body. */
export function unfoldedFlag(sysFlag: number): number {
  return sysFlag & ~(FOLDED | SYS_FLAG.compressed | SYS_FLAG.compressionMask);
}

function flawed(base: number, name: string, text = ""): InnerBatch {
  return { base, count: 1, flaw: `${name} is "${text}"` };
}

function integerOf(text = ""): number | undefined {
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}
