import assert from "node:assert/strict";
import { SmallIndex } from "../../testdata/small_index.ts";
import { MemoryFiles } from "../file_memory.ts";
import { INDEX_ENTRY, INDEX_HEADER } from "../format.ts";
import { openIndexFile } from "../key_index_reader.ts";
import { expectedSeconds, IndexFileWalk } from "./index_walk.ts";

const PATH = "store/index/20231114221320000";
const GEOMETRY = { slots: 3, entries: 20 };
const T0 = 1_700_000_000_000;
const ENTRY = (number: number) => 52 + 20 * number;

/** Six keys, of records at 100, 200 … stored every 1.5 s. */
function sixKeys(): MemoryFiles {
  const index = new SmallIndex(GEOMETRY);
  for (let nth = 1; nth <= 6; nth++) {
    const record = { physicalOffset: nth * 100, storeTimestamp: T0 + nth * 1500 };
    index.put({ topic: "T", key: `key${nth}` }, record);
  }
  const files = new MemoryFiles();
  index.save(files, PATH);
  return files;
}

function walkOf(damage?: (files: MemoryFiles) => void, endBefore?: number): IndexFileWalk {
  const files = sixKeys();
  damage?.(files);
  return new IndexFileWalk(files, openIndexFile(files, PATH, GEOMETRY)!, endBefore);
}

/** Goes over all entries, as if each met its record. */
function offsets(walk: IndexFileWalk, { meets = true } = {}): number[] {
  const all: number[] = [];
  for (let entry = walk.next(); entry !== undefined; entry = walk.next()) {
    all.push(entry.physicalOffset);
    if (meets) walk.met(entry, T0 + entry.number * 1500);
  }
  walk.close();
  return all;
}

Deno.test("IndexFileWalk gives all entries of a sound file and finds nothing", () => {
  const walk = walkOf();
  assert.deepEqual(offsets(walk), [100, 200, 300, 400, 500, 600]);
  assert.deepEqual(walk.flaws(), []);
});

Deno.test("expectedSeconds() of a file whose first record was stored at no time: none, or all", () => {
  const header = { ...walkOf().reader.header, beginTimestamp: 0 };
  const of = (secondsFromBegin: number) =>
    expectedSeconds({ header, endBefore: undefined, number: 2, secondsFromBegin }, T0);
  // Java counts none; with all of them an entry tells when its record was stored.
  assert.deepEqual([of(0), of(1), of(T0 / 1000)], [0, T0 / 1000, T0 / 1000]);
});

Deno.test("IndexFileWalk.hasReached() looks one entry ahead, behind the last at the header", () => {
  const walk = walkOf();
  walk.next();
  assert.deepEqual([199, 200, 201].map((it) => walk.hasReached(it)), [false, true, true]);
  for (let nth = 2; nth <= 6; nth++) walk.next();
  assert.deepEqual([599, 600].map((it) => walk.hasReached(it)), [false, true]);
  walk.close();
});

Deno.test("IndexFileWalk does not hold an entry in doubt against the header", () => {
  const walk = walkOf((files) => {
    files.flip(PATH, ENTRY(1) + INDEX_ENTRY.at.physicalOffset + 3);
    files.flip(PATH, ENTRY(6) + INDEX_ENTRY.at.physicalOffset + 7);
  });
  const entries = [walk.next()!];
  for (let nth = 2; nth <= 6; nth++) entries.push(walk.next()!);
  assert.deepEqual(walk.flaws().map((it) => it.code), ["index-header", "index-header"]);
  walk.doubt(entries[0]!);
  walk.doubt(entries[5]!);
  assert.deepEqual(walk.flaws(), []);
  walk.close();
});

Deno.test("IndexFileWalk compares the header with the first and the last entry", () => {
  for (
    const [field, message] of [
      ["beginTimestamp", /^beginTimestamp is \d+, the entries call for 1700000001500$/],
      ["endTimestamp", /^endTimestamp is \d+, the entries call for 1700000009000$/],
      ["beginPhyOffset", /^beginPhyOffset is 101, the entries call for 100$/],
      ["endPhyOffset", /^endPhyOffset is 601, the entries call for 600$/],
    ] as const
  ) {
    const at = INDEX_HEADER.at[field];
    const walk = walkOf((files) => files.flip(PATH, at + 7, 1));
    offsets(walk);
    const flaws = walk.flaws();
    assert.deepEqual(flaws.map((it) => [it.code, it.at, it.length]), [["index-header", at, 8]]);
    assert.match(flaws[0]!.message, message);
  }
});

Deno.test("IndexFileWalk does not judge times of records that are gone, but their order", () => {
  const late = walkOf((files) => files.flip(PATH, INDEX_HEADER.at.endTimestamp + 7));
  offsets(late, { meets: false });
  assert.deepEqual(late.flaws(), []);
  const never = walkOf((files) => files.zero(PATH, INDEX_HEADER.at.endTimestamp, 8));
  offsets(never, { meets: false });
  const [flaw] = never.flaws();
  assert.equal(flaw!.message, "beginTimestamp 1700000001500 is behind endTimestamp 0");
});

Deno.test("IndexFileWalk finds a count of entries that the file has no room for", () => {
  const walk = walkOf((files) => files.flip(PATH, INDEX_HEADER.at.indexCount + 1));
  offsets(walk);
  const flaw = walk.flaws().find((it) => it.at === INDEX_HEADER.at.indexCount);
  assert.equal(flaw!.message, "indexCount is 65543, there is room for 20");
});

Deno.test("IndexFileWalk.secondsOf() cuts times as Java does, never below zero", () => {
  const walk = walkOf();
  walk.next();
  const second = walk.next()!;
  assert.equal(walk.secondsOf(second, T0 + 1500 + 999), 0);
  assert.equal(walk.secondsOf(second, T0 + 1500 + 1000), 1);
  assert.equal(walk.secondsOf(second, T0), 0);
  assert.equal(walk.secondsOf(second, T0 * 3), 0x7fffffff);
  walk.close();
});

Deno.test("IndexFileWalk.secondsOf() measures a file's first entry from the file before", () => {
  const first = (endBefore?: number) => {
    const walk = walkOf(
      (files) => files.flip(PATH, ENTRY(1) + INDEX_ENTRY.at.secondsFromBegin + 3, 4),
      endBefore,
    );
    const entry = walk.next()!;
    walk.close();
    return [entry.secondsFromBegin, walk.secondsOf(entry, T0 + 9000)];
  };
  // Four seconds, as Java writes it; without the file before nobody can tell.
  assert.deepEqual(first(T0 + 5000), [4, 4]);
  assert.deepEqual(first(T0 + 7000), [4, 2]);
  assert.deepEqual(first(), [4, 4]);
});
