/**
 * What makes two records the same message, wherever they stand: the unique key its producer gave it,
 * else its place in its queue and its body.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { MESSAGE_V1 } from "../format.ts";
import { bytesHash } from "../hash.ts";
import { PROPERTY, propertyOf } from "../properties.ts";
import { propertiesOf, topicOf } from "../record_text.ts";
import type { RecordView } from "../record_view.ts";

const LOW_BITS = 21;
const LOW_MASK = 2 ** LOW_BITS - 1;

/**
 * Identity of the message in a record, as a number of 53 bits: two messages out of a million have
 * the same one with a probability of about 1 in 18,000.
 */
export function messageIdentity(record: RecordView): number {
  const { view, at } = record;
  const key = propertyOf(propertiesOf(record), PROPERTY.uniqueKey);
  const name = key ?? [
    record.queueId(),
    record.queueOffset(),
    view.getInt32(at + MESSAGE_V1.at.bodyCRC),
  ].join("/");
  const whole = Buffer.from(`${topicOf(record)}\u0000${name}`);
  const low = bytesHash(whole, { from: 0, to: whole.length }) & LOW_MASK;
  return crc32(whole) * 2 ** LOW_BITS + low;
}
