/**
 * The CRC that covers a whole record (5.2 and later, `enabledAppendPropCRC`): the last of the record's
 * properties, over all bytes before it.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { PROPERTY } from "./properties.ts";

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
