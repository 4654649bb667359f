/**
 * Compresses bodies to LZ4 frames, as `store/lz4_frame.ts` and Java's `LZ4FrameInputStream` read
 * them: blocks that stand alone, each compressed by a table of the places where four bytes were seen
 * last. What does not become smaller is stored as it is.
 *
 * @module
 */

/** Content of a block; a match leads back 65,535 bytes at most, so all of a block is in reach. */
const BLOCK_BYTES = 65_536;
const MAGIC = 0x184d2204;
/** Version 1, blocks that stand alone, no checksums; blocks of up to 64 KiB. */
const DESCRIPTOR = Uint8Array.of(0x60, 0x40);
const STORED = 0x80;
const HEADER_BYTES = 7;
const LENGTH_BYTES = 4;
const MATCH_MIN = 4;
const LENGTH_MORE = 15;
/** The last match of a block starts this far from its end, and ends so far from it. */
const LAST_MATCH_BYTES = 12;
const LAST_LITERALS = 5;
const HASH_BITS = 13;
const HASH_PRIME = 0x9e37_79b1;
/** Tries without a match after which the next places are further and further apart. */
const SKIP_AFTER_BITS = 6;

/** A frame of `content`. */
export function compressLz4Frame(content: Uint8Array): Uint8Array {
  const blocks = Math.ceil(content.length / BLOCK_BYTES);
  const frame = new Uint8Array(HEADER_BYTES + content.length + (blocks + 1) * LENGTH_BYTES);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  frame.set(DESCRIPTOR, 4);
  frame[6] = (xxHash32(DESCRIPTOR) >>> 8) & 0xff;
  let at = HEADER_BYTES;
  const table = new Int32Array(1 << HASH_BITS);
  for (let from = 0; from < content.length; from += BLOCK_BYTES) {
    const block = content.subarray(from, from + BLOCK_BYTES);
    const into = frame.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + block.length);
    const length = compressBlock(block, into, table.fill(-1));
    if (length === 0) into.set(block);
    view.setUint32(at, length === 0 ? block.length : length, true);
    if (length === 0) frame[at + 3]! |= STORED;
    at += LENGTH_BYTES + (length === 0 ? block.length : length);
  }
  // The end mark is a length of 0.
  return frame.subarray(0, at + LENGTH_BYTES);
}

/** Bytes written to `into`, or 0 where they would not be fewer than those of the block. */
function compressBlock(block: Uint8Array, into: Uint8Array, table: Int32Array): number {
  const output = new Sequences(block, into);
  const lastStart = block.length - LAST_MATCH_BYTES;
  const matchEnd = block.length - LAST_LITERALS;
  let misses = 0;
  for (let at = 0; at <= lastStart;) {
    const four = wordAt(block, at);
    const slot = Math.imul(four, HASH_PRIME) >>> (32 - HASH_BITS);
    const candidate = table[slot]!;
    table[slot] = at;
    if (candidate < 0 || wordAt(block, candidate) !== four) {
      at += 1 + (misses++ >> SKIP_AFTER_BITS);
      continue;
    }
    misses = 0;
    let end = at + MATCH_MIN;
    const distance = at - candidate;
    while (end < matchEnd && block[end] === block[end - distance]) end++;
    if (!output.put(at, { distance, length: end - at })) return 0;
    at = end;
  }
  return output.end() ? output.length : 0;
}

/** The sequences of a block: literals, then a match, until there is no more room. */
class Sequences {
  readonly #block: Uint8Array;
  readonly #into: Uint8Array;
  /** Where the literals begin that are not written yet. */
  #from = 0;
  length = 0;

  constructor(block: Uint8Array, into: Uint8Array) {
    this.#block = block;
    this.#into = into;
  }

  /** Writes the literals before `at` and a match there; false when that would not pay. */
  put(at: number, match: { readonly distance: number; readonly length: number }): boolean {
    const extra = match.length - MATCH_MIN;
    if (!this.#literals(at, Math.min(extra, LENGTH_MORE), 2 + 1 + extra / 255)) return false;
    this.#into[this.length++] = match.distance & 0xff;
    this.#into[this.length++] = match.distance >> 8;
    this.#more(extra);
    this.#from = at + match.length;
    return true;
  }

  /** Writes what is left as literals; false when the block did not become smaller. */
  end(): boolean {
    return this.#literals(this.#block.length, 0, 1);
  }

  #literals(to: number, matchBits: number, bytesAfter: number): boolean {
    const count = to - this.#from;
    const needed = 1 + count + 1 + count / 255 + bytesAfter;
    if (this.length + needed > this.#into.length) return false;
    this.#into[this.length++] = (Math.min(count, LENGTH_MORE) << 4) | matchBits;
    this.#more(count);
    this.#into.set(this.#block.subarray(this.#from, to), this.length);
    this.length += count;
    return true;
  }

  /** What of a length is not in its token. */
  #more(length: number): void {
    if (length < LENGTH_MORE) return;
    let rest = length - LENGTH_MORE;
    for (; rest >= 255; rest -= 255) this.#into[this.length++] = 255;
    this.#into[this.length++] = rest;
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

const PRIME_2 = 0x85eb_ca77;
const PRIME_3 = 0xc2b2_ae3d;
const PRIME_5 = 0x1656_67b1;
const PRIME_1 = 0x9e37_79b1;

/** xxHash32 of fewer than four bytes, which is all a frame's header needs. */
function xxHash32(bytes: Uint8Array): number {
  let hash = (PRIME_5 + bytes.length) | 0;
  for (const byte of bytes) {
    hash = (hash + Math.imul(byte, PRIME_5)) | 0;
    hash = Math.imul((hash << 11) | (hash >>> 21), PRIME_1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
