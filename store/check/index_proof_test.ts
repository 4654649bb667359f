import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallIndex } from "../../testdata/small_index.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import { DispatchRequest } from "../dispatch.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { listIndexFiles, openIndexFile } from "../key_index_reader.ts";
import { IndexProof, type ProvenIndex } from "./index_proof.ts";
import { proofStateOf } from "./proof_state.ts";
import { readStoreState } from "./store_state.ts";

/** Four index files that Java 5.5.0 wrote. */
const STORE = "5.5.0-a-clean-102";

/** Proves the records `[from, to)` of a store. */
function proofOf(files: MemoryFiles, from = 0, to = Infinity): ProvenIndex | undefined {
  const state = proofStateOf(readStoreState(files, "store"));
  const proof = new IndexProof(state);
  const request = new DispatchRequest();
  const scan = new CommitLogScan(files, state.log, { from });
  try {
    if (!proof.begin(from)) return undefined;
    while (scan.position < to && scan.next()) {
      if (scan.kind !== "message") continue;
      request.read(scan.record);
      if (!proof.record(request)) return undefined;
    }
    return proof.finish();
  } finally {
    scan.close();
    proof.close();
    proof.close();
  }
}

/** Every entry of every file, by a reader that knows nothing of proofs. */
function entriesOf(files: MemoryFiles) {
  return listIndexFiles(files, "store/index").paths.flatMap((path, file) => {
    const reader = openIndexFile(files, path)!;
    const entries = [...reader.entries()].map((entry) => ({ file, ...entry }));
    reader.close();
    return entries;
  });
}

Deno.test("IndexProof meets every entry of Java's files", () => {
  const files = storeInMemory(STORE);
  const entries = entriesOf(files);
  const { from, to, keys, endBefore, times } = proofOf(files)!;
  assert.deepEqual([from, keys], [{ file: 0, entry: 1 }, entries.length]);
  assert.deepEqual(to, { file: new Set(entries.map(({ file }) => file)).size, entry: 0 });
  assert.equal(endBefore, undefined);
  assert.deepEqual(times.map(({ file }) => file), times.map((_, at) => Math.floor(at / 2)));
});

Deno.test("IndexProof begins anywhere in the log with the entry that comes next, and ends likewise", () => {
  const files = storeInMemory(STORE);
  const entries = entriesOf(files);
  const offsets = [...new Set(entries.map(({ physicalOffset }) => physicalOffset))];
  for (let nth = 0; nth < offsets.length - 9; nth += 7) {
    const [begin, end] = [offsets[nth]!, offsets[nth + 9]!];
    const { from, to, keys } = proofOf(files, begin, end)!;
    const within = entries.filter((it) => it.physicalOffset >= begin && it.physicalOffset < end);
    assert.deepEqual(from, { file: within[0]!.file, entry: within[0]!.number });
    const next = entries.find((it) => it.physicalOffset >= end)!;
    assert.deepEqual(to, { file: next.file, entry: next.number });
    assert.equal(keys, within.length);
  }
});

Deno.test("IndexProof proves nothing with any bit of an entry's hash, offset or time wrong", () => {
  const files = storeInMemory(STORE);
  const [path] = listIndexFiles(files, "store/index").paths;
  const reader = openIndexFile(files, path!)!;
  const { slots } = reader.geometry;
  const count = reader.entriesEnd;
  reader.close();
  for (const entry of [1, 2, count >> 1, count - 1]) {
    for (let bit = 0; bit < 16 * 8; bit += 5) {
      // The first entry of a file has its time from the file before, of which there is none.
      if (entry === 1 && bit >= 12 * 8) continue;
      const at = 40 + slots * 4 + entry * 20 + (bit >> 3);
      files.flip(path!, at, 1 << (bit & 7));
      assert.equal(proofOf(files), undefined, `entry ${entry}, bit ${bit}`);
      files.flip(path!, at, 1 << (bit & 7));
    }
  }
  assert(proofOf(files) !== undefined);
});

Deno.test("IndexProof proves nothing where a file is missing or of no length of an index", () => {
  const { paths } = listIndexFiles(storeInMemory(STORE), "store/index");
  for (const path of paths) {
    const without = storeInMemory(STORE);
    without.remove(path);
    assert.equal(proofOf(without), undefined);
    const short = storeInMemory(STORE);
    short.cut(path, 100);
    assert.equal(proofOf(short), undefined);
  }
});

const KEYS_OF_RECORD = 10;
/** More than are ever in memory at once, which are 4096. */
const LONG_ENTRIES = 5000;
/** Where entry n stands in the index of {@linkcode longStore}. */
const LONG_ENTRY = (number: number) => 40 + 4 * 100 + 20 * number;

/** A store whose one index file has entries 1 to 5000, ten for each record. */
function longStore(): { files: MemoryFiles; indexPath: string } {
  const store = new SmallStore();
  const index = new SmallIndex({ slots: 100, entries: LONG_ENTRIES + 10 });
  for (let nth = 0; nth < LONG_ENTRIES / KEYS_OF_RECORD; nth++) {
    const keys = Array.from({ length: KEYS_OF_RECORD }, (_, key) => `key${nth}-${key}`);
    const storeTimestamp = 1_700_000_000_000 + nth * 700;
    const { at } = store.add({ properties: `KEYS\u0001${keys.join(" ")}\u0002`, storeTimestamp });
    for (const key of keys) {
      assert(index.put({ topic: "TopicTest", key }, { physicalOffset: at, storeTimestamp }));
    }
  }
  store.save();
  index.save(store.files, store.indexPath);
  return store;
}

Deno.test("IndexProof meets every entry of a file that is longer than what is read of it at once", () => {
  const { files } = longStore();
  assert.equal(proofOf(files)?.keys, LONG_ENTRIES);
});

Deno.test("IndexProof proves nothing where one bit of an entry is wrong, at the border of a read, too", () => {
  const { files, indexPath } = longStore();
  for (const number of [1, 2, 9, 2500, 4094, 4095, 4096, 4097, 4098, 4999, 5000]) {
    // Hash, log offset, seconds; who follows whom is looked at elsewhere.
    for (const byte of [3, 10, 15]) {
      files.flip(indexPath, LONG_ENTRY(number) + byte, 2);
      assert.equal(proofOf(files), undefined, `entry ${number}, byte ${byte}`);
      files.flip(indexPath, LONG_ENTRY(number) + byte, 2);
    }
  }
});
