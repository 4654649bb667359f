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
}

const decoder = new TextDecoder();

/** Reads a sound record of a topic whose queues are batch consume queues. */
export function innerBatchOf(record: RecordView): InnerBatch {
  const base = record.queueOffset();
  if ((record.sysFlag() & SYS_FLAG.innerBatch) === 0) return { base, count: 1 };
  const { propertiesAt: at, propertiesLength: length } = record;
  const properties = parseProperties(decoder.decode(record.bytes.subarray(at, at + length)));
  return {
    base: integerOf(properties.get(PROPERTY.innerBase)) ?? base,
    count: integerOf(properties.get(PROPERTY.innerNum)) ?? 1,
  };
}

function integerOf(text: string | undefined): number | undefined {
  const number = Number(text ?? NaN);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
