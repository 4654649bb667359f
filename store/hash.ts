/**
 * The hashes RocketMQ stores: Java's `String.hashCode` over UTF-16 units, from text and, without
 * making text, from ASCII bytes.
 *
 * @module
 */

/** Java's `String.hashCode`, continued from `seed` so that a prefix is hashed once. */
export function stringHash(text: string, seed = 0): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  }
  return hash;
}

/** A byte order mark is a character like any other. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const POWER_2 = 31 ** 2;
const POWER_3 = 31 ** 3;
const POWER_4 = 31 ** 4;

/** {@linkcode stringHash} of UTF-8 bytes `[from, to)`. */
export function bytesHash(
  bytes: Uint8Array,
  range: { readonly from: number; readonly to: number },
  seed = 0,
): number {
  let hash = seed;
  let at = range.from;
  // Four bytes a step: what the processor waits for is one multiplication after the other.
  for (; at + 4 <= range.to; at += 4) {
    const one = bytes[at]!;
    const two = bytes[at + 1]!;
    const three = bytes[at + 2]!;
    const four = bytes[at + 3]!;
    if ((one | two | three | four) >= 0x80) break;
    hash = (Math.imul(hash, POWER_4) + one * POWER_3 + two * POWER_2 + three * 31 + four) | 0;
  }
  for (; at < range.to; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x80) return stringHash(decoder.decode(bytes.subarray(at, range.to)), hash);
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  return hash;
}

/** The not negative form an index stores (Java: `IndexFile.indexKeyHashMethod`). */
export function indexKeyHash(hash: number): number {
  const positive = Math.abs(hash);
  return positive === 0x8000_0000 ? 0 : positive;
}

/** Hash of one key of a topic, as stored in an index entry. */
export function keyHash(topic: string, key: string): number {
  return indexKeyHash(stringHash(key, stringHash(`${topic}#`)));
}
