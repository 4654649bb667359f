import assert from "node:assert/strict";
import { SmallIndex } from "../testdata/small_index.ts";
import { MemoryFiles } from "./file_memory.ts";
import {
  entryPosition,
  findGeometry,
  indexFileBytes,
  type IndexGeometry,
  slotPosition,
  usualGeometry,
} from "./index_geometry.ts";

const TIME = 1_700_000_000_000;

function find(index: SmallIndex, expected?: IndexGeometry): IndexGeometry | undefined {
  const fs = new MemoryFiles();
  index.save(fs, "index/a");
  const file = fs.openRead("index/a");
  const found = findGeometry(file, expected);
  file.close();
  return found;
}

function filled(geometry: IndexGeometry, count: number, from = 0): SmallIndex {
  const index = new SmallIndex(geometry);
  for (let at = 0; at < count; at++) {
    const record = { physicalOffset: from + at * 120, storeTimestamp: TIME + at * 300 };
    index.put({ topic: "T", key: `key-${at}` }, record);
  }
  return index;
}

Deno.test("the default geometry makes Java's file of 420,000,040 bytes", () => {
  const geometry = { slots: 5_000_000, entries: 20_000_000 };
  assert.equal(indexFileBytes(geometry), 420_000_040);
  assert.deepEqual(usualGeometry(420_000_040), geometry);
  assert.deepEqual(usualGeometry(8440), { slots: 100, entries: 400 });
  for (const length of [0, 39, 40, 41, 8439, 8441]) assert.equal(usualGeometry(length), undefined);
  assert.equal(slotPosition(3), 52);
  assert.equal(entryPosition(2, { slots: 10, entries: 20 }), 120);
});

Deno.test("findGeometry() knows files of the usual ratio by their length", () => {
  const geometry = { slots: 50, entries: 200 };
  for (const count of [0, 1, 30, 199]) {
    assert.deepEqual(find(filled(geometry, count, 7)), geometry, `${count} entries`);
  }
});

Deno.test("findGeometry() finds any other geometry by the file's content", () => {
  for (const slots of [1, 7, 10, 100, 333]) {
    for (const entries of [2, 20, 100, 999]) {
      const geometry = { slots, entries };
      for (const from of [0, 1_000_000]) {
        const count = Math.min(entries - 1, 60);
        assert.deepEqual(find(filled(geometry, count, from)), geometry, `${slots} ${entries}`);
      }
    }
  }
});

Deno.test("findGeometry() is not deceived by a length that would fit the usual ratio, too", () => {
  const geometry = { slots: 105, entries: 399 };
  assert.deepEqual(usualGeometry(indexFileBytes(geometry)), { slots: 100, entries: 400 });
  assert.deepEqual(find(filled(geometry, 30)), geometry);
});

Deno.test("findGeometry() takes the expected one where the length agrees", () => {
  const geometry = { slots: 105, entries: 399 };
  assert.deepEqual(find(filled(geometry, 0), geometry), geometry);
  assert.deepEqual(find(filled(geometry, 30), { slots: 9, entries: 9 }), geometry);
});

Deno.test("findGeometry() does not take the expected one on its word: the content must agree", () => {
  // Five slots more and one entry less are as long.
  const expected = { slots: 105, entries: 399 };
  for (const geometry of [{ slots: 100, entries: 400 }, { slots: 110, entries: 398 }]) {
    assert.equal(indexFileBytes(geometry), indexFileBytes(expected));
    for (const count of [1, 30, 397]) {
      assert.deepEqual(find(filled(geometry, count), expected), geometry);
      assert.deepEqual(find(filled(expected, count), geometry), expected);
    }
    const damaged = filled(geometry, 30);
    damaged.view.setInt32(entryPosition(30, geometry), -1);
    assert.deepEqual(find(damaged, geometry), geometry, "damage proves nothing");
  }
});

Deno.test("findGeometry() falls back to the usual one where damage proves nothing", () => {
  const index = filled({ slots: 50, entries: 200 }, 30);
  index.view.setInt32(entryPosition(30, index.geometry), -1);
  assert.deepEqual(find(index), { slots: 50, entries: 200 });
  const odd = filled({ slots: 51, entries: 200 }, 30);
  odd.view.setInt32(entryPosition(30, odd.geometry), -1);
  assert.equal(find(odd), undefined);
});

Deno.test("findGeometry() never throws on a file that is no index", () => {
  const fs = new MemoryFiles();
  for (const length of [0, 3, 40, 44, 60, 64, 124, 1000]) {
    for (const fill of [0, 1, 0xff]) {
      fs.put("index/a", new Uint8Array(length).fill(fill));
      findGeometry(fs.openRead("index/a"));
    }
  }
});
