/**
 * Writes a record for the log straight into the staging block. The layout is that of
 * `format.ts`; this is its fast path, and a test holds the two together.
 *
 * @module
 */
import { MAGIC, MESSAGE_V1, SIZE, SYS_FLAG } from "./format.ts";
import { type HostBytes, i16, i32, i64, i8, writeI64 } from "./layout.ts";
import { bodyCrc, RECORD_BYTES_MIN } from "./record_view.ts";

/** The variable part of a record, measured. */
export interface RecordParts {
  topic: Uint8Array;
  /** Whether the topic's length takes two bytes. */
  isV2: boolean;
  body: Uint8Array;
  /** Properties as text; UTF-8 is made in place. */
  properties: string;
  propertiesLength: number;
}

/** The fixed part of a record. */
export interface RecordHead {
  queueId: number;
  flag: number;
  queueOffset: number;
  physicalOffset: number;
  sysFlag: number;
  bornTimestamp: number;
  bornHost: HostBytes;
  storeTimestamp: number;
  storeHost: HostBytes;
  reconsumeTimes: number;
  preparedTransactionOffset: number;
}

const AT = MESSAGE_V1.at;
const HOST_V4_EXTRA = 12;
/** Up to here a loop beats the encoder. */
const SHORT_BYTES_MAX = 64;
const encoder = new TextEncoder();

/** Bytes the record will take. */
export function recordBytes(parts: RecordParts, bornHost: HostBytes, storeHost: HostBytes): number {
  return RECORD_BYTES_MIN + (bornHost.address.length === 4 ? 0 : HOST_V4_EXTRA) +
    (storeHost.address.length === 4 ? 0 : HOST_V4_EXTRA) + parts.body.length +
    parts.topic.length + (parts.isV2 ? i16.width - i8.width : 0) + parts.propertiesLength;
}

/** Bytes of a text in UTF-8, cheap where it is ASCII. */
export function utf8Length(text: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) >= 0x80) return encoder.encode(text).length;
  }
  return text.length;
}

/** The address family bits a record with these hosts must carry. */
export function hostBits(bornHost: HostBytes, storeHost: HostBytes): number {
  return (bornHost.address.length === 4 ? 0 : SYS_FLAG.bornHostV6) |
    (storeHost.address.length === 4 ? 0 : SYS_FLAG.storeHostV6);
}

/**
 * Whether a topic's length needs the two bytes of the second version. Java counts characters and
 * writes a record nobody can read where these are few but their bytes are more than 127.
 */
export function needsV2(topic: Uint8Array): boolean {
  return topic.length > SIZE.topicCharsOfV1Max;
}

/** Writes a record of `size` bytes at `at`; there must be room. */
export function encodeRecord(
  target: { readonly bytes: Uint8Array; readonly view: DataView },
  at: number,
  record: { readonly head: RecordHead; readonly parts: RecordParts; readonly size: number },
): void {
  const { bytes, view } = target;
  const { head, parts, size } = record;
  view.setInt32(at + AT.totalSize, size);
  view.setInt32(at + AT.magic, parts.isV2 ? MAGIC.v2 : MAGIC.v1);
  view.setInt32(at + AT.bodyCRC, parts.body.length === 0 ? 0 : bodyCrc(parts.body));
  view.setInt32(at + AT.queueId, head.queueId);
  view.setInt32(at + AT.flag, head.flag);
  writeI64(view, at + AT.queueOffset, head.queueOffset);
  writeI64(view, at + AT.physicalOffset, head.physicalOffset);
  view.setInt32(at + AT.sysFlag, head.sysFlag);
  writeI64(view, at + AT.bornTimestamp, head.bornTimestamp);
  let next = putHost(target, at + AT.bornHost, head.bornHost);
  writeI64(view, next, head.storeTimestamp);
  next = putHost(target, next + i64.width, head.storeHost);
  view.setInt32(next, head.reconsumeTimes);
  writeI64(view, next + i32.width, head.preparedTransactionOffset);
  next += i32.width + i64.width;
  view.setInt32(next, parts.body.length);
  bytes.set(parts.body, next + i32.width);
  next += i32.width + parts.body.length;
  if (parts.isV2) view.setInt16(next, parts.topic.length);
  else view.setInt8(next, parts.topic.length);
  next += parts.isV2 ? i16.width : i8.width;
  next = putShort(bytes, next, parts.topic);
  view.setInt16(next, parts.propertiesLength);
  next += i16.width;
  putProperties(bytes, next, parts);
}

/** ASCII, which is all but always so, is written here: for short texts a call costs more. */
function putProperties(
  bytes: Uint8Array,
  at: number,
  { properties, propertiesLength }: RecordParts,
): void {
  const isAscii = propertiesLength === properties.length;
  if (!isAscii || propertiesLength > SHORT_BYTES_MAX) {
    encoder.encodeInto(properties, bytes.subarray(at, at + propertiesLength));
    return;
  }
  for (let number = 0; number < propertiesLength; number++) {
    bytes[at + number] = properties.charCodeAt(number);
  }
}

/** Writes a few bytes, for which a call of `set` costs more, and returns the position behind them. */
function putShort(bytes: Uint8Array, at: number, few: Uint8Array): number {
  for (let number = 0; number < few.length; number++) bytes[at + number] = few[number]!;
  return at + few.length;
}

function putHost(
  target: { readonly bytes: Uint8Array; readonly view: DataView },
  at: number,
  host: HostBytes,
): number {
  const next = putShort(target.bytes, at, host.address);
  target.view.setInt32(next, host.port);
  return next + i32.width;
}
