/**
 * Whether a record's properties are of the usual kind, which is told without parsing them: four bytes
 * at a step, as a log alone is verified at the speed of this.
 *
 * @module
 */
import { PROPERTY } from "../properties.ts";
import type { RecordView } from "../record_view.ts";

const WORD = 4;
const LIGHT = PROPERTY.innerMultiQueueOffset.charCodeAt(0);
const PAIR_END = 2;
const SIGNS = 0x8080_8080;

/**
 * Whether no byte of the properties is zero and no pair begins like that of light queues; of the last
 * few bytes it may say no where that is so. Four bytes at a step: of any byte but zero either the sign
 * bit is set, or adding 0x7f sets it; subtracting one from each borrows from the sign bit only where
 * a byte equals the wanted one.
 */
export function isPlain({ view, propertiesAt, propertiesLength }: RecordView): boolean {
  const end = propertiesAt + propertiesLength;
  const wordsEnd = end - (propertiesLength & (WORD - 1));
  if (propertiesLength > 0 && view.getUint8(propertiesAt) === LIGHT) return false;
  let signs = -1;
  for (let at = propertiesAt; at < wordsEnd; at += WORD) {
    const word = view.getInt32(at);
    signs &= ((word & 0x7f7f_7f7f) + 0x7f7f_7f7f) | word;
    const ends = word ^ 0x0202_0202;
    if (((ends - 0x0101_0101) & ~ends & SIGNS) !== 0 && mayBeginLight(view, at, end)) return false;
  }
  if ((~signs & SIGNS) !== 0) return false;
  for (let at = wordsEnd; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte === 0 || byte === LIGHT) return false;
  }
  return true;
}

/** Whether a pair that is one of light queues may begin behind one that ends in a word. */
function mayBeginLight(view: DataView, wordAt: number, end: number): boolean {
  const last = Math.min(wordAt + WORD, end - 1);
  for (let at = wordAt; at < last; at++) {
    if (view.getUint8(at) === PAIR_END && view.getUint8(at + 1) === LIGHT) return true;
  }
  return false;
}

/** Whether a byte of the properties is zero. */
export function hasZero({ view, propertiesAt, propertiesLength }: RecordView): boolean {
  const end = propertiesAt + propertiesLength;
  const wordsEnd = end - (propertiesLength & (WORD - 1));
  let signs = -1;
  for (let at = propertiesAt; at < wordsEnd; at += WORD) {
    const word = view.getInt32(at);
    signs &= ((word & 0x7f7f_7f7f) + 0x7f7f_7f7f) | word;
  }
  if ((~signs & SIGNS) !== 0) return true;
  for (let at = wordsEnd; at < end; at++) if (view.getUint8(at) === 0) return true;
  return false;
}
