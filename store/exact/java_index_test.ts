import assert from "node:assert/strict";
import { SmallIndex } from "../../testdata/small_index.ts";
import { DispatchRequest } from "../dispatch.ts";
import { MemoryFiles } from "../file_memory.ts";
import { INDEX_ENTRY, INDEX_HEADER } from "../format.ts";
import { entryPosition } from "../index_geometry.ts";
import { JavaIndex } from "./java_index.ts";
import { JAVA_RULES, type JavaRelease } from "./java_release.ts";

const GEOMETRY = { slots: 2, entries: 4 };

function indexOf(files: MemoryFiles, release: JavaRelease = "4.9"): JavaIndex {
  const now = () => Date.UTC(2027, 0, 1);
  const rules = JAVA_RULES[release];
  return new JavaIndex({ fs: files, directory: "index", rules, geometry: GEOMETRY, now });
}

function request(physicalOffset: number, storeTimestamp: number, ...keyHashes: number[]) {
  const made = new DispatchRequest();
  made.keyHashes.push(...keyHashes);
  return Object.assign(made, { physicalOffset, storeTimestamp });
}

/** Views of the files in the order of their names. */
function views(files: MemoryFiles): DataView[] {
  const snapshot = files.snapshot();
  return files.list("index").map((name) => {
    const bytes = snapshot.get(`index/${name}`)!;
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  });
}

Deno.test("JavaIndex: the first key of a file behind a full one is timed by that one's end", () => {
  const files = new MemoryFiles();
  const index = indexOf(files);
  index.put(request(0, 10_000, 1, 2));
  index.put(request(100, 15_000, 3, 4, 5));
  index.close();
  const [first, second] = views(files).map((view) => INDEX_HEADER.read(view, 0));
  assert.equal(first!.indexCount, 4);
  assert.deepEqual(second, {
    beginTimestamp: 15_000,
    endTimestamp: 15_000,
    beginPhyOffset: 100,
    endPhyOffset: 100,
    hashSlotCount: 2,
    indexCount: 3,
  });
  index.put(request(200, 17_500, 6));
  index.put(request(300, 21_000, 7));
  index.close();
  const third = views(files)[2]!;
  const entry = INDEX_ENTRY.read(third, entryPosition(1, GEOMETRY));
  assert.deepEqual([entry.physicalOffset, entry.secondsFromBegin], [300, 3]);
});

Deno.test("JavaIndex: a full file whose name is ahead of the clock, of another time zone, costs no time", () => {
  const files = new MemoryFiles();
  const full = indexOf(files);
  full.put(request(0, 1_000, 1, 2, 3));
  full.close();
  files.rename(`index/${files.list("index")[0]}`, "index/20271231235959999");
  const index = indexOf(files);
  index.put(request(100, 2_000, 7));
  index.close();
  assert.deepEqual(files.list("index"), ["20271231235959999", "20271231235960000"]);
});

Deno.test("JavaIndex: a record before the end of the last file is left out, the last one is put twice", () => {
  const files = new MemoryFiles();
  const index = indexOf(files);
  index.put(request(100, 1_000, 1));
  index.put(request(50, 500, 2));
  index.put(request(100, 1_000, 1));
  index.close();
  assert.equal(INDEX_HEADER.read(views(files)[0]!, 0).indexCount, 3);
});

Deno.test("JavaIndex: 4.2 counts every key as a slot in use", () => {
  for (const [release, count] of [["4.2", 3], ["4.9", 2]] as const) {
    const files = new MemoryFiles();
    const index = indexOf(files, release);
    index.put(request(0, 1_000, 1, 2, 3));
    index.close();
    assert.equal(INDEX_HEADER.read(views(files)[0]!, 0).hashSlotCount, count, release);
  }
});

Deno.test("JavaIndex.dropYounger deletes what ends behind the checkpoint and tells its keys", () => {
  const files = new MemoryFiles();
  for (
    const [name, time] of [["20260101000000000", 1_000], ["20260102000000000", 2_000]] as const
  ) {
    const small = new SmallIndex(GEOMETRY);
    const record = { physicalOffset: time / 10, storeTimestamp: time };
    small.put({ topic: "T", key: "a" }, record);
    small.put({ topic: "T", key: "b" }, record);
    small.save(files, `index/${name}`);
  }
  const index = indexOf(files);
  const keys: number[] = [];
  index.dropYounger(1_000, (at) => keys.push(at));
  assert.deepEqual(keys, [200, 200]);
  assert.deepEqual(index.deleted, ["index/20260102000000000"]);
  assert.deepEqual(files.list("index"), ["20260101000000000"]);
});

Deno.test("JavaIndex makes a file for a record without a key; its count is not written", () => {
  const files = new MemoryFiles();
  const index = indexOf(files);
  index.put(request(0, 1_000));
  index.close();
  assert.equal(INDEX_HEADER.read(views(files)[0]!, 0).indexCount, 0);
});
