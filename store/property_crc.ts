/**
 * The CRC that covers a whole record (5.2 and later, `enabledAppendPropCRC`): the last of the record's
 * properties, over all bytes before it. It seals the record: of the rest only the body has a CRC.
 *
 * What Java 5.5.0 does with it: it is looked at in `CommitLog.checkMessageAndReturnSize` alone, with
 * `forceVerifyPropCRC` and `checkCRC` both set. Only reading the log at a start passes `checkCRC`
 * (`checkCRCOnRecover`); dispatch, `getMessage` and look-ups do not, and no client does. With
 * `forceVerifyPropCRC` the CRC of the body is not compared any more; a record without the property,
 * or with a wrong one, is no record: the log ends there. Without it, the default, the property is one
 * like any other, whatever `enabledAppendPropCRC` says.
 *
 * Here a seal is compared wherever a log is scanned. A wrong one is damage only beside a record whose
 * seal is right: where a broker does not seal, a message that was copied from a sealed one (a retry
 * after the setting was turned off, a mirror of another cluster) may carry the seal of its original.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { PROPERTY } from "./properties.ts";
import type { Flaw, RecordView } from "./record_view.ts";

const PAIR_END = "\u0002";
const NAME = `${PROPERTY.crc32}\u0001`;
const DIGITS = 10;
const DIGIT_ZERO = 0x30;

/** The property with its ten digits still to be put in; all of it is ASCII. */
export const CRC_PROPERTY_PLACE: string = NAME + "0".repeat(DIGITS) + PAIR_END;

/** Stored properties with room for the CRC behind them; one the producer sent is taken away. */
export function withCrcPlace(properties: string): string {
  let text = properties;
  if (text.includes(NAME)) {
    text = text.split(PAIR_END).filter((pair) => !pair.startsWith(NAME)).join(PAIR_END);
  }
  const isOpen = text !== "" && !text.endsWith(PAIR_END);
  return text + (isOpen ? PAIR_END : "") + CRC_PROPERTY_PLACE;
}

/** Puts the CRC of a record into its place at the record's end: the last digit comes first. */
export function sealRecord(
  bytes: Uint8Array,
  { at, size }: { readonly at: number; readonly size: number },
): void {
  const end = at + size;
  let rest = crc32(bytes.subarray(at, end - CRC_PROPERTY_PLACE.length)) & 0x7fffffff;
  const digits = end - PAIR_END.length - DIGITS;
  for (let digit = digits; digit < digits + DIGITS; digit++) {
    bytes[digit] = DIGIT_ZERO + rest % 10;
    rest = Math.floor(rest / 10);
  }
}

/** What a record's seal says. */
export type SealState =
  /** There is none. */
  | "absent"
  | "right"
  /** It is not that of these bytes, or a byte around its digits is not what it must be. */
  | "wrong";

const PLACE = new TextEncoder().encode(CRC_PROPERTY_PLACE);
const decoder = new TextDecoder();
const PLACE_VIEW = new DataView(PLACE.buffer);
/** The name in two words: a record in which both are other ones has no seal. */
const NAME_WORDS = [PLACE_VIEW.getInt32(0), PLACE_VIEW.getInt32(4)] as const;
const DIGITS_AT = NAME.length;
const DIGITS_END = DIGITS_AT + DIGITS;

/**
 * Compares the seal of a loaded record. One with a single wrong byte around its digits is wrong and
 * not absent.
 */
export function sealState(record: RecordView): SealState {
  if (record.propertiesLength < PLACE.length) return "absent";
  const { bytes, view } = record;
  const tail = record.at + record.size - PLACE.length;
  const isHalf = view.getInt32(tail) !== NAME_WORDS[0];
  if (isHalf && view.getInt32(tail + 4) !== NAME_WORDS[1]) return "absent";
  let wrong = 0;
  for (let at = 0; at < PLACE.length; at++) {
    const isDigit = at >= DIGITS_AT && at < DIGITS_END;
    if (!isDigit && bytes[tail + at] !== PLACE[at]) wrong++;
  }
  if (wrong > 0) return wrong > 1 ? "absent" : "wrong";
  let stored = 0;
  for (let at = DIGITS_END - 1; at >= DIGITS_AT; at--) {
    stored = stored * 10 + bytes[tail + at]! - DIGIT_ZERO;
  }
  return stored === realSeal(record) ? "right" : "wrong";
}

/** What is wrong with a record whose seal is wrong, or absent where it must not be. */
export function sealFlaw(record: RecordView): Flaw {
  const end = record.at + record.size;
  const stored = record.bytes.subarray(Math.max(record.propertiesAt, end - PLACE.length), end);
  const digits = String(realSeal(record)).padStart(DIGITS, "0");
  return {
    code: "property-crc",
    expected: JSON.stringify(`${NAME}${[...digits].reverse().join("")}${PAIR_END}`),
    found: JSON.stringify(decoder.decode(stored)),
  };
}

function realSeal({ bytes, at, size }: RecordView): number {
  return crc32(bytes.subarray(at, at + size - PLACE.length)) & 0x7fffffff;
}
