/**
 * The Bloom filter that tells, in a bit map of a few bytes, which groups' filters let a message pass
 * (Java: `org.apache.rocketmq.filter.util.BloomFilter`, with Guava's 128 bit Murmur hash). A group
 * whose bits are not all set certainly gets no message; one whose bits are may get one too many.
 *
 * Bit maps stand in extension files and positions in `consumerFilter.json`: both are bytes that Java
 * reads, so the numbers here never change.
 *
 * @module
 */

/** How a filter is sized. */
export interface BloomFilterOptions {
  /** Per cent of wrong answers, 1 to 99 (Java: `maxErrorRateOfBloomFilter`). */
  readonly errorPercent: number;
  /** Groups with filters of their own in one topic (Java: `expectConsumerNumUseFilter`). */
  readonly groupsExpected: number;
}

/** Java's defaults. */
export const BLOOM_FILTER: BloomFilterOptions = { errorPercent: 20, groupsExpected: 32 };

/**
 * Where each group has its bits.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { BLOOM_FILTER, BloomFilter } from "./bloom_filter.ts";
 *
 * const filter = new BloomFilter(BLOOM_FILTER);
 * const bitMap = filter.bitMap([filter.positions("Orders#TopicTest")]);
 * assert.equal(bitMap.length, 14);
 * assert.equal(filter.mayHold(bitMap, filter.positions("Orders#TopicTest")), true);
 * assert.equal(filter.mayHold(bitMap, filter.positions("Bills#TopicTest")), false);
 * ```
 */
export class BloomFilter {
  /** Bits of a group. */
  readonly hashCount: number;
  /** Bits of a bit map, a multiple of 8. */
  readonly bitCount: number;

  /** Throws a `RangeError` for sizes Java refuses. */
  constructor({ errorPercent, groupsExpected }: BloomFilterOptions) {
    if (!Number.isInteger(errorPercent) || errorPercent < 1 || errorPercent > 99) {
      throw new RangeError(
        `Cannot size filter: error rate is ${errorPercent} %, expected 1 to 99`,
      );
    }
    if (!Number.isInteger(groupsExpected) || groupsExpected < 1) {
      throw new RangeError(`Cannot size filter: ${groupsExpected} groups expected, least is 1`);
    }
    const errorRate = errorPercent / 100;
    this.hashCount = Math.ceil(log(0.5, errorRate));
    const bits = Math.ceil(groupsExpected * log(2, 1 / errorRate) * log(2, Math.E));
    this.bitCount = 8 * Math.ceil(bits / 8);
  }

  /** Positions of the bits of `group#topic`. Some may be the same. */
  positions(name: string): number[] {
    const [high, low] = hashHalves(new TextEncoder().encode(name));
    return Array.from({ length: this.hashCount }, (_, number) => {
      const hash = (low + Math.imul(number + 1, high)) | 0;
      return (hash < 0 ? ~hash : hash) % this.bitCount;
    });
  }

  /** The bit map in which these groups have their bits set. */
  bitMap(groups: Iterable<readonly number[]>): Uint8Array {
    const bits = new Uint8Array(this.bitCount / 8);
    for (const positions of groups) {
      for (const position of positions) bits[position >> 3]! |= 1 << (position & 7);
    }
    return bits;
  }

  /**
   * Whether a group may be among those of a bit map. A bit map of another size, as from before a
   * setting was changed, tells nothing, so it may.
   */
  mayHold(bitMap: Uint8Array, positions: readonly number[]): boolean {
    if (bitMap.length * 8 !== this.bitCount) return true;
    return positions.every((position) => (bitMap[position >> 3]! & 1 << (position & 7)) !== 0);
  }
}

function log(base: number, value: number): number {
  return Math.log(value) / Math.log(base);
}

const FACTOR_1 = 0x87c37b91114253d5n;
const FACTOR_2 = 0x4cf5ad432745937fn;
const BLOCK_BYTES = 16;

/**
 * Upper and lower half of the first 64 bits of Murmur3's 128, with seed 0. Only asked when a group
 * registers, so big integers will do.
 */
function hashHalves(bytes: Uint8Array): [high: number, low: number] {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const padded = new DataView(new ArrayBuffer(blocks * BLOCK_BYTES));
  new Uint8Array(padded.buffer).set(bytes);
  let first = 0n;
  let second = 0n;
  for (let block = 0; block < blocks; block++) {
    const at = block * BLOCK_BYTES;
    first ^= mix(padded.getBigUint64(at, true), { factor: FACTOR_1, by: 31n, then: FACTOR_2 });
    const other = mix(padded.getBigUint64(at + 8, true), {
      factor: FACTOR_2,
      by: 33n,
      then: FACTOR_1,
    });
    // What does not fill a block is mixed in, and no more.
    if (at + BLOCK_BYTES > bytes.length) {
      second ^= other;
      break;
    }
    first = long((long(rotated(first, 27n) + second)) * 5n + 0x52dce729n);
    second = long((long(rotated(second ^ other, 31n) + first)) * 5n + 0x38495ab5n);
  }
  const length = BigInt(bytes.length);
  first = long((first ^ length) + (second ^ length));
  second = long((second ^ length) + first);
  const hash = long(finalMix(first) + finalMix(second));
  return [Number(hash >> 32n), Number(hash & 0xffff_ffffn)];
}

function mix(word: bigint, { factor, by, then }: Record<"factor" | "by" | "then", bigint>): bigint {
  return long(rotated(long(word * factor), by) * then);
}

function finalMix(word: bigint): bigint {
  let mixed = long((word ^ word >> 33n) * 0xff51afd7ed558ccdn);
  mixed = long((mixed ^ mixed >> 33n) * 0xc4ceb9fe1a85ec53n);
  return mixed ^ mixed >> 33n;
}

function rotated(word: bigint, by: bigint): bigint {
  return long(word << by) | word >> (64n - by);
}

function long(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
