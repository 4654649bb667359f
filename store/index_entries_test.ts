import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import { INDEX_ENTRY, INDEX_HEADER } from "./format.ts";
import { type IndexedLog, leadsInto, takeUpEntries } from "./index_entries.ts";
import { entryPosition, type IndexHeader } from "./index_geometry.ts";
import { KeyIndex } from "./key_index.ts";
import { OpenFiles } from "./open_files.ts";

const GEOMETRY = { slots: 7, entries: 40 };
const DIRECTORY = "store/index";
const TIME = 1_700_000_000_000;

const LOG: IndexedLog = {
  durableTo: 2_000,
  start: 0,
  timeOf: (at) => at % 100 === 0 ? TIME + at : undefined,
};

/** An index of `count` keys, the nth of the record at 100 · n. */
function indexOf(count: number): { files: MemoryFiles; path: string } {
  const files = new MemoryFiles();
  using open = new OpenFiles(files);
  const index = openIndex(open);
  put(index, 0, count);
  index.write();
  return { files, path: index.paths[0]! };
}

function openIndex(files: OpenFiles): KeyIndex {
  return new KeyIndex(files, { directory: DIRECTORY, geometry: GEOMETRY, onComplete: () => {} });
}

function put(index: KeyIndex, from: number, to: number): void {
  for (let nth = from; nth < to; nth++) index.put(nth * 31 % 97, nth * 100, TIME + nth * 100);
}

function headerOf(files: MemoryFiles, path: string): IndexHeader {
  return INDEX_HEADER.read(new DataView(files.snapshot().get(path)!.buffer), 0);
}

function take(files: MemoryFiles, path: string, log: Partial<IndexedLog> = {}) {
  const about = { header: headerOf(files, path), geometry: GEOMETRY };
  return takeUpEntries(files.openWrite(path), about, { ...LOG, ...log });
}

Deno.test("an index file that is gone on with is what it would have been without a stop", async () => {
  for (const durableTo of [100, 1_700, 2_000, 3_000]) {
    const whole = indexOf(30);
    const stopped = indexOf(25);
    using open = new OpenFiles(stopped.files);
    const index = openIndex(open);
    const { removed, from, keysDone } = index.dropIncomplete(0, { ...LOG, durableTo });
    assert.deepEqual([removed, from, keysDone], [[], durableTo, 0]);
    put(index, Math.min(durableTo / 100, 25), 30);
    await index.sync();
    assert.deepEqual(stopped.files.snapshot(), whole.files.snapshot(), `${durableTo}`);
  }
});

Deno.test("slots that a crash left behind or ahead of the entries are made again", () => {
  const whole = indexOf(20);
  const { files, path } = indexOf(30);
  files.zero(path, INDEX_HEADER.size, 12);
  using open = new OpenFiles(files);
  const index = openIndex(open);
  index.dropIncomplete(0, LOG);
  index.write();
  assert.deepEqual(files.snapshot(), whole.files.snapshot());
});

Deno.test("takeUpEntries() believes no entries that contradict each other", () => {
  const at = (number: number) => entryPosition(number, GEOMETRY);
  const damages: Record<string, (files: MemoryFiles, path: string) => void> = {
    "a hash": (files, path) => files.flip(path, at(3) + INDEX_ENTRY.at.keyHash + 3),
    "a place": (files, path) => files.flip(path, at(3) + INDEX_ENTRY.at.physicalOffset + 5),
    "a chain": (files, path) => files.flip(path, at(15) + INDEX_ENTRY.at.prevIndex + 3),
    "zeros": (files, path) => files.zero(path, at(10), INDEX_ENTRY.size),
    "the first place": (files, path) => files.flip(path, INDEX_HEADER.at.beginPhyOffset + 7),
  };
  for (const [name, damage] of Object.entries(damages)) {
    const { files, path } = indexOf(25);
    assert.equal(take(files, path)?.header.indexCount, 21);
    const damaged = indexOf(25);
    damage(damaged.files, damaged.path);
    const before = damaged.files.snapshot();
    assert.equal(take(damaged.files, damaged.path), undefined, name);
    assert.deepEqual(damaged.files.snapshot(), before, "nothing is changed");
  }
});

Deno.test("takeUpEntries() takes nothing where nothing is known, and nothing of another log", () => {
  for (const log of [{ durableTo: 0 }, { timeOf: () => undefined }]) {
    const { files, path } = indexOf(25);
    assert.equal(take(files, path, log), undefined);
  }
});

Deno.test("leadsInto() compares the last entry with its record, unless that has expired", () => {
  const { files, path } = indexOf(25);
  const header = headerOf(files, path);
  assert(leadsInto(header, LOG));
  assert(!leadsInto({ ...header, endTimestamp: TIME }, LOG));
  assert(!leadsInto(header, { ...LOG, timeOf: () => undefined }));
  assert(leadsInto(header, { ...LOG, start: 3_000, timeOf: () => undefined }));
  assert(leadsInto({ ...header, indexCount: 1 }, { ...LOG, timeOf: () => undefined }));
});
