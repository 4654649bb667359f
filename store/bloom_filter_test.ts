import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { storeInMemory } from "../testdata/fixture.ts";
import { BLOOM_FILTER, BloomFilter } from "./bloom_filter.ts";
import { readWholeFile } from "./file.ts";

/** What Java computes; the folder tells how it was made. */
interface JavaTable {
  readonly sizes: [errorPercent: number, groupsExpected: number, k: number, m: number][];
  readonly positions: [name: string, small: string, large: string][];
  readonly bitMaps: [bits: string, hits: string][];
}

const TABLE: JavaTable = JSON.parse(
  readFileSync(new URL("../testdata/java/bloom_filter.json", import.meta.url), "utf8"),
);

Deno.test("BloomFilter has the sizes Java computes", () => {
  for (const [errorPercent, groupsExpected, hashCount, bitCount] of TABLE.sizes) {
    const filter = new BloomFilter({ errorPercent, groupsExpected });
    assert.deepEqual([filter.hashCount, filter.bitCount], [hashCount, bitCount]);
  }
});

Deno.test("BloomFilter.positions() are Java's, for names of every length up to three blocks", () => {
  const small = new BloomFilter(BLOOM_FILTER);
  const large = new BloomFilter({ errorPercent: 3, groupsExpected: 100_000 });
  const lengths = new Set<number>();
  for (const [name, inSmall, inLarge] of TABLE.positions) {
    assert.equal(small.positions(name).join(" "), inSmall, name);
    assert.equal(large.positions(name).join(" "), inLarge, name);
    lengths.add(new TextEncoder().encode(name).length);
  }
  for (let length = 0; length <= 50; length++) assert(lengths.has(length), `${length} bytes`);
});

Deno.test("BloomFilter.bitMap() has Java's bytes, and mayHold() gives its answers", () => {
  const filter = new BloomFilter(BLOOM_FILTER);
  const groups = TABLE.positions.map(([name]) => filter.positions(name));
  TABLE.bitMaps.forEach(([bits, hits], at) => {
    const bitMap = filter.bitMap(groups.slice(0, at + 1));
    assert.equal(hex(bitMap), bits);
    const answers = groups.map((it) => filter.mayHold(bitMap, it) ? "1" : "0");
    assert.equal(answers.join(""), hits);
  });
  assert.equal(hex(filter.bitMap([])), "00".repeat(14));
});

Deno.test("BloomFilter finds the positions a broker kept for its groups", () => {
  const files = storeInMemory("5.5.0-e-cqext-102");
  const text = new TextDecoder().decode(readWholeFile(files, "store/config/consumerFilter.json"));
  const { filterDataByTopic } = JSON.parse(text);
  const filter = new BloomFilter({ errorPercent: 20, groupsExpected: 8 });
  let groups = 0;
  for (const [topic, { groupFilterData }] of Object.entries<KeptTopic>(filterDataByTopic)) {
    for (const [group, { bloomFilterData }] of Object.entries(groupFilterData)) {
      assert.equal(filter.bitCount, bloomFilterData.bitNum);
      assert.deepEqual(filter.positions(`${group}#${topic}`), bloomFilterData.bitPos);
      groups++;
    }
  }
  assert.equal(groups, 2);
});

Deno.test("BloomFilter.mayHold() never denies, and takes no word from a bit map of another size", () => {
  const filter = new BloomFilter({ errorPercent: 20, groupsExpected: 8 });
  const positions = filter.positions("G#T");
  assert.equal(filter.mayHold(new Uint8Array(0), positions), true);
  assert.equal(filter.mayHold(new Uint8Array(5), positions), true);
  assert.equal(filter.mayHold(new Uint8Array(4), positions), false);
});

Deno.test("BloomFilter refuses sizes Java refuses", () => {
  const make = (errorPercent: number, groupsExpected = 1) => () =>
    new BloomFilter({ errorPercent, groupsExpected });
  for (const percent of [0, 100, -1, 1.5, NaN]) assert.throws(make(percent), /^RangeError: Cannot/);
  for (const groups of [0, -1, 0.5]) assert.throws(make(20, groups), /^RangeError: Cannot/);
});

interface KeptTopic {
  readonly groupFilterData: Record<string, {
    readonly bloomFilterData: { readonly bitNum: number; readonly bitPos: number[] };
  }>;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
