/**
 * The record that a repair puts in the place of damage between sound records. It is well formed, says
 * that it was rolled back, which all releases pass over, and is nobody's message.
 *
 * @module
 */
import { SYS_FLAG } from "./format.ts";
import type { HostBytes } from "./layout.ts";
import { CRC_PROPERTY_PLACE, sealRecord } from "./property_crc.ts";
import { encodeRecord } from "./record_encode.ts";
import { topicOf } from "./record_text.ts";
import { RECORD_BYTES_MIN, type RecordView } from "./record_view.ts";

/** Topic of the records that are filled in: a broker's own, and none has it. */
export const FILLER_TOPIC = "rmq_sys_FILLER";

const NO_HOST: HostBytes = { address: new Uint8Array(4), port: 0 };
const NO_BYTES = new Uint8Array(0);
const TOPIC = new TextEncoder().encode(FILLER_TOPIC);
/** What a sealed record ends with, its ten digits still to be put in. */
const SEAL = CRC_PROPERTY_PLACE;

/** Whether a record is no message but what stands where damage was. */
export function isDamageFiller(record: RecordView): boolean {
  const state = record.sysFlag() & SYS_FLAG.transactionMask;
  if (state !== SYS_FLAG.transactionRollback) return false;
  return record.topicLength === 0 ||
    (record.topicLength === TOPIC.length && topicOf(record) === FILLER_TOPIC);
}

/** A rolled-back record of exactly `size` bytes, of which there must be enough for a record. */
export function fillerRecord(
  { physicalOffset, size, storeTimestamp, isSealed }: {
    readonly physicalOffset: number;
    readonly size: number;
    readonly storeTimestamp: number;
    readonly isSealed: boolean;
  },
): Uint8Array {
  const room = size - RECORD_BYTES_MIN;
  const topic = room >= TOPIC.length ? TOPIC : NO_BYTES;
  const properties = isSealed && room >= topic.length + SEAL.length ? SEAL : "";
  const body = new Uint8Array(room - topic.length - properties.length);
  const bytes = new Uint8Array(size);
  encodeRecord({ bytes, view: new DataView(bytes.buffer) }, 0, {
    size,
    head: {
      queueId: 0,
      flag: 0,
      queueOffset: 0,
      physicalOffset,
      sysFlag: SYS_FLAG.transactionRollback,
      bornTimestamp: storeTimestamp,
      bornHost: NO_HOST,
      storeTimestamp,
      storeHost: NO_HOST,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
    },
    parts: { topic, isV2: false, body, properties, propertiesLength: properties.length },
  });
  if (properties !== "") sealRecord(bytes, { at: 0, size });
  return bytes;
}
