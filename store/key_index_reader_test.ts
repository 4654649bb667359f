import assert from "node:assert/strict";
import { between, randomOf } from "../testdata/random.ts";
import { SmallIndex } from "../testdata/small_index.ts";
import { MemoryFiles } from "./file_memory.ts";
import { INDEX_ENTRY } from "./format.ts";
import { keyHash } from "./hash.ts";
import { entryPosition, slotPosition } from "./index_geometry.ts";
import {
  IndexFileReader,
  indexHash,
  indexHits,
  listIndexFiles,
  matchesKey,
  openIndexFile,
} from "./key_index_reader.ts";
import { formatProperties } from "./properties.ts";

const TIME = 1_700_000_000_000;
const GEOMETRY = { slots: 10, entries: 40 };

/** One file with the given keys of topic T, records 100 bytes and one second apart. */
function indexOf(keys: readonly string[], from = 0): SmallIndex {
  const index = new SmallIndex(GEOMETRY);
  keys.forEach((key, at) => {
    const record = {
      physicalOffset: from + at * 100,
      storeTimestamp: TIME + from * 10 + at * 1000,
    };
    assert(index.put({ topic: "T", key }, record));
  });
  return index;
}

function opened(...indexes: readonly SmallIndex[]): IndexFileReader[] {
  const fs = new MemoryFiles();
  return indexes.map((index, at) => {
    const path = `index/2026010100000000${at}`;
    index.save(fs, path);
    return openIndexFile(fs, path)!;
  });
}

Deno.test("indexHits() go from the newest file and entry to the oldest", () => {
  const files = opened(indexOf(["a", "b", "a"]), indexOf(["c", "a"], 1000), indexOf(["a"], 2000));
  assert.deepEqual([...indexHits(files, { topic: "T", key: "a" })], [2000, 1100, 200, 0]);
  assert.deepEqual([...indexHits(files, { topic: "T", key: "none" })], []);
  assert.deepEqual([...indexHits(files, { topic: "U", key: "a" })], []);
  assert.deepEqual([...indexHits([], { topic: "T", key: "a" })], []);
});

Deno.test("indexHits() keep to the time, to the second", () => {
  const files = opened(indexOf(["a", "a", "a"]), indexOf(["a", "a"], 1000));
  const select = (begin: number, end: number) => [
    ...indexHits(files, { topic: "T", key: "a", begin: TIME + begin, end: TIME + end }),
  ];
  assert.deepEqual(select(0, 99_999), [1100, 1000, 200, 100, 0]);
  assert.deepEqual(select(1000, 2000), [200, 100]);
  assert.deepEqual(select(1001, 1999), []);
  assert.deepEqual(select(11_000, 20_000), [1100]);
  assert.deepEqual(select(20_000, 30_000), []);
  // The older file begins before the time wanted: nothing before it can match.
  assert.deepEqual(select(2000, 10_000), [1000, 200]);
});

/** The same file, and how often it is read. */
function counted(
  file: IndexFileReader,
  fs: MemoryFiles,
): { file: IndexFileReader; reads: number[] } {
  const under = fs.openRead(file.path);
  const reads: number[] = [];
  const counting = {
    path: file.path,
    size: () => under.size(),
    readAsync: (into: Uint8Array, at: number) => under.readAsync(into, at),
    close: () => under.close(),
    read(into: Uint8Array, at: number): number {
      reads.push(at);
      return under.read(into, at);
    },
  };
  return { file: new IndexFileReader(counting, file.header, file.geometry), reads };
}

Deno.test("IndexFileReader.hits() follows chains of near and of far entries alike", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = randomOf(seed);
    const geometry = { slots: between(random, 1, 7), entries: 3000 };
    const index = new SmallIndex(geometry);
    const many = between(random, 2, 2000);
    for (let at = 0; at < 2500; at++) {
      const key = random() < 0.5 ? "hot" : `k${between(random, 1, many)}`;
      index.put({ topic: "T", key }, { physicalOffset: at * 100, storeTimestamp: TIME + at });
    }
    const [file] = opened(index);
    const all = [...file!.entries()].reverse();
    for (const key of ["hot", "k1", "k2", `k${many}`, "none"]) {
      const hash = keyHash("T", key);
      const expected = all.filter((it) => it.keyHash === hash).map((it) => it.physicalOffset);
      assert.deepEqual(file!.hits(hash, {}).toArray(), expected, `${key}, seed ${seed}`);
    }
  }
});

Deno.test("IndexFileReader.hits() reads a key of every message in few calls, and no further than asked", () => {
  const index = new SmallIndex({ slots: 10, entries: 9000 });
  for (let at = 0; at < 4000; at++) {
    const record = { physicalOffset: at * 100, storeTimestamp: TIME + at };
    index.put({ topic: "T", key: "hot" }, record);
    index.put({ topic: "T", key: `k${at % 5}` }, record);
  }
  const fs = new MemoryFiles();
  index.save(fs, "index/a");
  const { file, reads } = counted(openIndexFile(fs, "index/a")!, fs);
  const hash = keyHash("T", "hot");
  assert.equal(file.hits(hash, {}).take(2).toArray().length, 2);
  assert(reads.length <= 3, `${reads.length} reads for two hits`);
  assert.equal(file.hits(hash, {}).toArray().length, 4000);
  assert(reads.length < 40, `${reads.length} reads for 4000 hits`);
});

Deno.test("indexHits() leaves older files alone while newer ones have what is asked for", () => {
  const fs = new MemoryFiles();
  const files = [indexOf(["a", "a"]), indexOf(["a", "a"], 1000)].map((index, at) => {
    index.save(fs, `index/${at}`);
    return counted(openIndexFile(fs, `index/${at}`)!, fs);
  });
  const hits = indexHits(files.map(({ file }) => file), { topic: "T", key: "a" });
  assert.deepEqual([hits.next().value, hits.next().value], [1100, 1000]);
  assert.deepEqual(files[0]!.reads, []);
  assert.equal(hits.next().value, 100);
});

Deno.test("IndexFileReader.entries() and entry() have every entry", () => {
  const [file] = opened(indexOf(["a", "b", "a"], 5000));
  const found = [...file!.entries()];
  assert.deepEqual(found.map((entry) => [entry.number, entry.physicalOffset, entry.prevIndex]), [
    [1, 5000, 0],
    [2, 5100, 0],
    [3, 5200, 1],
  ]);
  for (const entry of found) {
    assert.deepEqual(file!.entry(entry.number), entry);
    assert.equal(entry.storeTimestamp, TIME + 50_000 + (entry.number - 1) * 1000);
  }
  assert.equal(found[0]!.keyHash, keyHash("T", "a"));
  assert.equal(file!.entry(40), undefined);
  assert.equal(file!.isFull, false);
  assert.equal(file!.slot(keyHash("T", "a") % 10), 3);
});

Deno.test("IndexFileReader knows a full file", () => {
  const index = indexOf(new Array(39).fill("k"));
  assert(!index.put({ topic: "T", key: "k" }, { physicalOffset: 9, storeTimestamp: TIME }));
  const [file] = opened(index);
  assert(file!.isFull);
  assert.equal(file!.entriesEnd, 40);
  assert.equal([...file!.hits(keyHash("T", "k"), {})].length, 39);
});

Deno.test("IndexFileReader.hits() end where a chain leads astray", () => {
  const hash = keyHash("T", "a");
  const damage: Readonly<Record<string, (index: SmallIndex) => void>> = {
    "an entry that names itself": (index) => setPrev(index, 3, 3),
    "a circle": (index) => setPrev(index, 1, 3),
    "an entry not yet written": (index) => setPrev(index, 3, 30),
    "a negative number": (index) => setPrev(index, 3, -7),
    "a slot beyond the entries": (index) => index.view.setInt32(slotPosition(hash % 10), 35),
    "a negative slot": (index) => index.view.setInt32(slotPosition(hash % 10), -1),
    "a negative time": (index) =>
      index.view.setInt32(
        entryPosition(3, GEOMETRY) + INDEX_ENTRY.at.secondsFromBegin,
        -1,
      ),
  };
  for (const [what, change] of Object.entries(damage)) {
    const index = indexOf(["a", "a", "a"]);
    change(index);
    const fs = new MemoryFiles();
    index.save(fs, "index/a");
    const file = openIndexFile(fs, "index/a", GEOMETRY)!;
    assert([...file.hits(hash, {}).take(1000)].length <= 3, what);
  }
});

function setPrev(index: SmallIndex, number: number, prev: number): void {
  index.view.setInt32(entryPosition(number, GEOMETRY) + INDEX_ENTRY.at.prevIndex, prev);
}

Deno.test("openIndexFile() has nothing to open in a file of no index's length", () => {
  const fs = new MemoryFiles();
  for (const length of [0, 39, 8441]) {
    fs.put("index/a", new Uint8Array(length));
    assert.equal(openIndexFile(fs, "index/a"), undefined);
  }
});

Deno.test("listIndexFiles() is oldest first, and tells strays", () => {
  const fs = new MemoryFiles();
  for (const name of ["20260101000000001", "20251231235959999", "x", "20260101000000001.tmp"]) {
    fs.put(`index/${name}`, new Uint8Array(1));
  }
  fs.makeDirectory("index/20260101000000002");
  assert.deepEqual(listIndexFiles(fs, "index"), {
    paths: ["index/20251231235959999", "index/20260101000000001"],
    strays: ["20260101000000001.tmp", "20260101000000002", "x"],
  });
  assert.deepEqual(listIndexFiles(fs, "none"), { paths: [], strays: [] });
});

Deno.test("matchesKey() compares unique key, keys or tag, as wholes", () => {
  const message = {
    topic: "T",
    properties: formatProperties([["UNIQ_KEY", "U1"], ["KEYS", "k1 k2"], ["TAGS", "red"]]),
  };
  const matches = (key: string, type?: "key" | "tag", topic = "T") =>
    matchesKey(message, { topic, key, ...(type === undefined ? {} : { type }) });
  for (const key of ["U1", "k1", "k2"]) assert(matches(key), key);
  for (const key of ["", "k", "k1 k2", "red", "u1"]) assert(!matches(key), key);
  assert(matches("red", "tag"));
  assert(!matches("k1", "tag"));
  assert(!matches("k1", "key", "U"));
  assert(!matchesKey({ topic: "T", properties: "" }, { topic: "T", key: "k1" }));
});

Deno.test("indexHash() of a tag is that of topic#T#tag", () => {
  assert.equal(indexHash({ topic: "T", key: "k1" }), 0x26bfb5);
  assert.equal(indexHash({ topic: "T", key: "red", type: "tag" }), keyHash("T", "T#red"));
});

Deno.test("a file behind a full one has its first record where the file begins, whatever Java noted", () => {
  // Java 4.9.7 and 5.5.0 alike: a file that ended at 4.0 s, then records stored at 11.9 and 14.4 s.
  const index = indexOf([], 0);
  const first = TIME + 11_900;
  index.put({ topic: "T", key: "k6" }, { physicalOffset: 600, storeTimestamp: first });
  index.put({ topic: "T", key: "k7" }, { physicalOffset: 700, storeTimestamp: first + 2500 });
  const at = entryPosition(1, index.geometry) + INDEX_ENTRY.at.secondsFromBegin;
  index.view.setInt32(at, 7);
  const files = opened(index);
  const select = (key: string, begin: number, end: number) => [
    ...indexHits(files, { topic: "T", key, begin: TIME + begin, end: TIME + end }),
  ];
  assert.deepEqual(select("k6", 10_900, 12_900), [600], "Java finds nothing");
  assert.deepEqual(select("k6", 13_000, 30_000), [], "Java finds it");
  assert.deepEqual(select("k7", 12_400, 14_900), [700]);
  assert.deepEqual([...files[0]!.entries()].map((it) => it.storeTimestamp - first), [0, 2000]);
  assert.equal(files[0]!.entry(1)!.secondsFromBegin, 7, "as it stands there");
});
