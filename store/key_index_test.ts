import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { basename, join } from "node:path";
import fc from "fast-check";
import { storeInMemory } from "../testdata/fixture.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { SmallIndex } from "../testdata/small_index.ts";
import type { FileSystem } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { INDEX_HEADER } from "./format.ts";
import { keyHash } from "./hash.ts";
import type { IndexGeometry } from "./index_geometry.ts";
import { KeyIndex } from "./key_index.ts";
import { type IndexFileReader, indexHits, openIndexFile } from "./key_index_reader.ts";
import { indexName } from "./names.ts";
import { OpenFiles } from "./open_files.ts";

const DIRECTORY = "index";
const GEOMETRY = { slots: 10, entries: 20 };
const START = 1_700_000_000_000;

interface Opened {
  readonly index: KeyIndex;
  /** End times of files that were told to be complete. */
  readonly complete: number[];
}

function open(fs: FileSystem, geometry: IndexGeometry = GEOMETRY): Opened {
  const complete: number[] = [];
  const index = new KeyIndex(new OpenFiles(fs, 3), {
    directory: DIRECTORY,
    geometry,
    onComplete: (endTimestamp) => complete.push(endTimestamp),
  });
  return { index, complete };
}

/** Puts key `k<n>` of record n, ten milliseconds and 100 bytes after the one before. */
function putMany(index: KeyIndex, from: number, to: number): void {
  for (let n = from; n < to; n++) index.put(keyHash("T", `k${n}`), n * 100, START + n * 10);
}

function find(fs: FileSystem, index: KeyIndex, key: string): number[] {
  index.write();
  const files = index.paths.map((path) => openIndexFile(fs, path)!);
  const offsets = [...indexHits(files, { topic: "T", key })];
  for (const file of files) file.close();
  return offsets;
}

function entriesOf(fs: FileSystem, index: KeyIndex): number[] {
  return index.paths.flatMap((path) => {
    const file: IndexFileReader = openIndexFile(fs, path)!;
    const offsets = [...file.entries()].map((entry) => entry.physicalOffset);
    file.close();
    return offsets;
  });
}

Deno.test("KeyIndex writes the files Java's rules ask for, byte for byte", () => {
  const fs = new MemoryFiles();
  const { index } = open(fs);
  const expected = new SmallIndex(GEOMETRY);
  for (let n = 0; n < 19; n++) {
    const record = { physicalOffset: n * 100, storeTimestamp: START + n * 1999 };
    index.put(keyHash("T", `k${n % 7}`), record.physicalOffset, record.storeTimestamp);
    expected.put({ topic: "T", key: `k${n % 7}` }, record);
  }
  index.write();
  expected.save(fs, "expected");
  const files = fs.snapshot();
  assert.deepEqual(files.get(join(DIRECTORY, indexName(START))), files.get("expected"));
});

Deno.test("KeyIndex.put() makes no file before the first key, and rolls when one is full", async () => {
  const fs = new PowerLossFiles();
  fs.makeDirectory(DIRECTORY);
  const { index, complete } = open(fs);
  assert.deepEqual([index.paths, index.last], [[], { physicalOffset: 0, timestamp: 0 }]);
  putMany(index, 0, 45);
  await index.sync();
  // Entry 0 is never used: 19 keys a file.
  assert.equal(index.paths.length, 3);
  assert.deepEqual(complete, [START + 180, START + 370]);
  assert.deepEqual(index.last, { physicalOffset: 4400, timestamp: START + 440 });
  for (let n = 0; n < 45; n++) assert.deepEqual(find(fs, index, `k${n}`), [n * 100]);
});

Deno.test("KeyIndex names files by their first record, always behind the file before", () => {
  const fs = new MemoryFiles();
  const { index } = open(fs);
  for (let n = 0; n < 60; n++) index.put(n, n, START);
  const names = index.paths.map((path) => basename(path));
  assert.deepEqual(names, [0, 1, 2, 3].map((later) => indexName(START + later)));
  // A clock set back makes no name in front.
  for (let n = 60; n < 90; n++) index.put(n, n, START - 1_000_000);
  assert.deepEqual(index.paths.map((path) => basename(path)).slice(4), [indexName(START + 4)]);
});

Deno.test("KeyIndex: a time before the file's first counts as the first", () => {
  const fs = new MemoryFiles();
  const { index } = open(fs);
  index.put(1, 0, START);
  index.put(1, 100, START - 5000);
  index.put(1, 200, START + 2 ** 45);
  index.write();
  const file = openIndexFile(fs, index.paths[0]!)!;
  assert.deepEqual([...file.entries()].map((it) => it.secondsFromBegin), [0, 0, 2 ** 31 - 1]);
  file.close();
});

Deno.test("KeyIndex.load() goes on where the last file was left", () => {
  const fs = new MemoryFiles();
  const { index: first } = open(fs);
  putMany(first, 0, 25);
  first.write();
  const { index } = open(fs);
  assert.deepEqual(index.load(), { removed: [], from: 2400, keysDone: 1 });
  putMany(index, 25, 50);
  for (let n = 0; n < 50; n++) assert.deepEqual(find(fs, index, `k${n}`), [n * 100]);
  const { index: whole } = open(new MemoryFiles());
  putMany(whole, 0, 50);
  assert.deepEqual(whole.paths, index.paths);
});

Deno.test("KeyIndex.load() counts the keys the last record has there, in a full file, too", () => {
  const fs = new MemoryFiles();
  const { index: first } = open(fs);
  putMany(first, 0, 17);
  for (const key of ["a", "b"]) first.put(keyHash("T", key), 1700, START);
  first.write();
  const { index } = open(fs);
  assert.deepEqual(index.load(), { removed: [], from: 1700, keysDone: 2 });
  index.put(keyHash("T", "c"), 1700, START + 1);
  assert.equal(index.paths.length, 2);
  assert.deepEqual(find(fs, index, "c"), [1700]);
});

Deno.test("KeyIndex.load() goes on in files with the numbers of another broker", () => {
  const fs = storeInMemory("5.5.0-a-clean-102");
  const directory = "store/index";
  const index = new KeyIndex(new OpenFiles(fs), {
    directory,
    geometry: { slots: 5_000_000, entries: 20_000_000 },
    onComplete: () => {},
  });
  const sizes = new Set(fs.list(directory).map((name) => fs.stat(join(directory, name))!.size));
  index.load();
  const before = index.paths.length;
  for (let n = 0; n < 500; n++) index.put(keyHash("T", `k${n}`), 10_000_000 + n, START + 1e12);
  index.write();
  assert(index.paths.length > before);
  for (const path of index.paths) assert(sizes.has(fs.stat(path)!.size), path);
  assert.deepEqual(find(fs, index, "k300"), [10_000_300]);
});

Deno.test("KeyIndex.dropIncomplete() keeps the files complete by then, and tells where to go on", () => {
  const fill = (to: number) => {
    const fs = new MemoryFiles();
    const { index } = open(fs);
    putMany(index, 0, to);
    index.write();
    return fs;
  };
  const drop = (fs: MemoryFiles, time: number) => {
    const { index } = open(fs);
    const { removed, from, keysDone } = index.dropIncomplete(time);
    assert.equal(fs.list(DIRECTORY).length, index.paths.length);
    return [removed.length, index.paths.length, from, keysDone];
  };
  // Two full files, which end with records 18 and 37, and one begun.
  assert.deepEqual(drop(fill(45), START + 370), [1, 2, 3700, 1]);
  assert.deepEqual(drop(fill(45), START + 369), [2, 1, 1800, 1]);
  assert.deepEqual(drop(fill(45), 0), [3, 0, 0, 0]);
  // A file that is not full is not believed, whatever the time says.
  assert.deepEqual(drop(fill(10), START + 1e9), [1, 0, 0, 0]);
  assert.deepEqual(drop(fill(38), START + 1e9), [0, 2, 3700, 1]);
});

Deno.test("KeyIndex.keepFirst(): what is put again after a removal gives the same files", () => {
  const fs = new MemoryFiles();
  const { index: first } = open(fs);
  putMany(first, 0, 45);
  first.write();
  const whole = fs.snapshot();
  for (const count of [0, 1, 2]) {
    const { index } = open(fs);
    const { removed, from } = index.keepFirst(count);
    assert.deepEqual(removed, removed.toSorted().reverse());
    putMany(index, count === 0 ? 0 : from / 100 + 1, 45);
    index.write();
    assert.deepEqual(fs.snapshot(), whole);
  }
});

Deno.test("KeyIndex: a last file without an entry goes, and keys go on behind the one before it", () => {
  for (const damage of ["made and not written", "its count of entries is lost"] as const) {
    const fs = new MemoryFiles();
    const { index: first } = open(fs);
    putMany(first, 0, 45);
    first.write();
    const whole = fs.snapshot();
    const last = first.paths.at(-1)!;
    if (damage === "made and not written") fs.zero(last, 0, fs.stat(last)!.size);
    else fs.zero(last, INDEX_HEADER.at.indexCount, 4);
    const { index } = open(fs);
    const { removed, from, keysDone } = index.load();
    assert.deepEqual({ removed, from, keysDone }, { removed: [last], from: 3700, keysDone: 1 });
    putMany(index, 38, 45);
    index.write();
    assert.deepEqual(fs.snapshot(), whole, damage);
  }
});

Deno.test("KeyIndex: a file is complete only when it and all before it are on the disk", async () => {
  const fs = new PowerLossFiles();
  fs.makeDirectory(DIRECTORY);
  fs.syncDirectory(".");
  const { index, complete } = open(fs);
  let syncs = 0;
  fs.interfere = (verb) => {
    if (verb === "sync" && ++syncs === 1) throw systemError("EIO");
  };
  putMany(index, 0, 45);
  await assert.rejects(index.sync(), /EIO/);
  assert.deepEqual(complete, [], "the second file was never said to be complete");
  await assert.rejects(index.sync(), /EIO/, "no later sync is believed");
});

Deno.test("KeyIndex: what was told complete is there after a loss of power", async () => {
  const fs = new PowerLossFiles();
  fs.makeDirectory(DIRECTORY);
  fs.syncDirectory(".");
  const { index, complete } = open(fs);
  putMany(index, 0, 20);
  assert.deepEqual(complete, [], "not before the sync has ended");
  await index.sync();
  putMany(index, 20, 25);
  index.write();
  const after = fs.lose(() => false);
  const { index: found } = open(after);
  found.dropIncomplete(complete.at(-1)!);
  assert.deepEqual(entriesOf(after, found), Array.from({ length: 19 }, (_, n) => n * 100));
});

Deno.test("KeyIndex.sync() keeps all keys, those of the file begun included", async () => {
  const fs = new PowerLossFiles();
  fs.makeDirectory(DIRECTORY);
  fs.syncDirectory(".");
  const { index } = open(fs);
  putMany(index, 0, 25);
  await index.sync();
  const after = fs.lose(() => false);
  const { index: found } = open(after);
  assert.equal(found.load().from, 2400);
  assert.equal(entriesOf(after, found).length, 25);
});

Deno.test("KeyIndex: keys with one hash and slots with many keys give all offsets, newest first", () => {
  const keys = fc.array(fc.nat(12), { minLength: 1, maxLength: 120 });
  fc.assert(fc.property(keys, fc.nat(40), (ids, pause) => {
    const fs = new MemoryFiles();
    let { index } = open(fs, { slots: 3, entries: 50 });
    ids.forEach((id, n) => {
      index.put(keyHash("T", `k${id}`), n * 100, START + n);
      if (n === pause) {
        index.write();
        ({ index } = open(fs, { slots: 3, entries: 50 }));
        index.load();
      }
    });
    for (let id = 0; id <= 12; id++) {
      const expected = ids.flatMap((it, n) => it === id ? [n * 100] : []).reverse();
      assert.deepEqual(find(fs, index, `k${id}`), expected.slice(0, 64));
    }
  }));
});

Deno.test("KeyIndex keeps slots of many pages, written in parts and taken up again", () => {
  const fs = new MemoryFiles();
  const geometry = { slots: 5001, entries: 4000 };
  const expected = new SmallIndex(geometry);
  for (let from = 0; from < 1200; from += 300) {
    const { index } = open(fs, geometry);
    index.load();
    for (let n = from; n < from + 300; n++) {
      expected.put({ topic: "T", key: `k${n}` }, {
        physicalOffset: n * 100,
        storeTimestamp: START + n * 10,
      });
      putMany(index, n, n + 1);
      if (n % 7 === 0) index.write();
    }
    index.write();
  }
  expected.save(fs, "expected");
  const files = fs.snapshot();
  const ours = files.get(join(DIRECTORY, indexName(START)))!;
  const wanted = files.get("expected")!;
  assert(Buffer.from(ours).equals(wanted));
});

Deno.test("KeyIndex.readers() lead to every key written, in files complete or begun", () => {
  const fs = new MemoryFiles();
  const { index } = open(fs);
  assert.deepEqual(index.readers(), []);
  for (let to = 7; to <= 70; to += 7) {
    putMany(index, to - 7, to);
    index.write();
    for (let n = 0; n < to; n++) {
      const hits = indexHits(index.readers(), { topic: "T", key: `k${n}` });
      assert.deepEqual([...hits], [n * 100], `key ${n} of ${to}`);
    }
  }
  assert(index.keepFirst(1).removed.length > 0);
  const hits = indexHits(index.readers(), { topic: "T", key: "k60" });
  assert.deepEqual([...hits], [], "the file is gone");
});

Deno.test("KeyIndex writes entries before many of them wait, and they are the same", () => {
  const fs = new MemoryFiles();
  const geometry = { slots: 1000, entries: 200_000 };
  const { index } = open(fs, geometry);
  putMany(index, 0, 70_000);
  index.write();
  const offsets = entriesOf(fs, index);
  assert.equal(offsets.length, 70_000);
  assert(offsets.every((offset, n) => offset === n * 100));
  assert.equal(Buffer.byteLength(basename(index.paths[0]!)), 17);
});

Deno.test("KeyIndex.dropBefore() removes files that lead only to what is gone, never the last", async () => {
  const fs = new MemoryFiles();
  const { index } = open(fs);
  // Nineteen keys a file; record n lies at n · 100.
  putMany(index, 0, 60);
  index.write();
  assert.equal(index.paths.length, 4);
  assert.equal(await index.dropBefore(1800), 0, "the last record of the first is still there");
  assert.equal(await index.dropBefore(1801), 1);
  assert.equal(await index.dropBefore(1801), 0);
  assert.deepEqual(find(fs, index, "k18"), []);
  assert.deepEqual(find(fs, index, "k19"), [1900]);
  assert.equal(await index.dropBefore(1e9), 2);
  assert.deepEqual(index.paths.length, 1);
  putMany(index, 60, 90);
  assert.deepEqual(find(fs, index, "k57"), [5700]);
  assert.deepEqual(find(fs, index, "k89"), [8900]);
  assert.deepEqual(index.readers().length, index.paths.length);
});

Deno.test("KeyIndex.put() that finds no room can be repeated and leaves one entry", () => {
  const fs = new PowerLossFiles();
  const { index } = open(fs);
  let calls = 0;
  fs.interfere = (verb) => {
    // A file takes several calls, so they must succeed in a row at times.
    if (verb !== "syncDirectory" && calls++ % 7 === 0) throw systemError("ENOSPC");
  };
  for (let n = 0; n < 50; n++) {
    for (let done = false; !done;) {
      try {
        putMany(index, n, n + 1);
        done = true;
      } catch (error) {
        assert.match(String(error), /ENOSPC/);
      }
    }
  }
  fs.interfere = () => {};
  index.write();
  assert.deepEqual(entriesOf(fs, index), Array.from({ length: 50 }, (_, n) => n * 100));
});
