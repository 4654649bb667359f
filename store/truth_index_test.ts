import assert from "node:assert/strict";
import { readTruth, storeInMemory, type TruthRecord } from "../testdata/fixture.ts";
import { describedStore, loadedStores } from "../testdata/store_cases.ts";
import {
  type IndexFileReader,
  indexHash,
  indexHits,
  listIndexFiles,
  matchesKey,
  openIndexFile,
} from "./key_index_reader.ts";
import { formatProperties } from "./properties.ts";

/** As many as Java's recorder asked for. */
const OFFSETS_MAX = 64;

/** Java's own limits of the recorded brokers. */
const GEOMETRY = { slots: 100, entries: 400 };

function messageOf(record: TruthRecord): { topic: string; properties: string } {
  return { topic: record.topic, properties: formatProperties(Object.entries(record.properties)) };
}

for (const store of loadedStores()) {
  Deno.test(`key look-ups find what Java found: ${store.name}`, () => {
    const truth = readTruth(store.name);
    const fs = describedStore(store);
    const { paths, strays } = listIndexFiles(fs, "store/index");
    assert.deepEqual(strays, []);
    const files = paths.map((path) => openIndexFile(fs, path)!);
    for (const file of files) assert.deepEqual(file.geometry, GEOMETRY);
    const records = new Map(truth.log.map((record) => [record.commitLogOffset, record]));
    for (const { topic, key, storeReturned, matching } of truth.keyLookups) {
      const offsets = indexHits(files, { topic, key }).take(OFFSETS_MAX).toArray();
      // Java sorts what the index answers and drops what the log no longer has.
      const found = offsets.sort((a, b) => a - b).filter((offset) => records.has(offset));
      assert.deepEqual(found, storeReturned, `${topic}#${key}`);
      const own = found.filter((offset) => {
        return matchesKey(messageOf(records.get(offset)!), { topic, key });
      });
      assert.deepEqual(own, matching, `${topic}#${key}`);
    }
    // 5.5 indexes tags, the others do not.
    const isTagged = truth.version === "5.5.0";
    for (const file of files) {
      checkFile(file, { records, isTagged });
      file.close();
    }
  });
}

for (const store of loadedStores().filter((it) => it.described === "after-java-recovery")) {
  Deno.test(`index entries recorded before Java's recovery are sound: ${store.name}`, () => {
    const truth = readTruth(store.name);
    const fs = storeInMemory(store.name, "recorded");
    const records = new Map(truth.log.map((record) => [record.commitLogOffset, record]));
    if (store.tornRecord !== undefined) {
      const { properties } = records.get(store.tornRecord)!;
      assert(Object.values(properties).some((value) => value.includes("\0")));
      records.delete(store.tornRecord);
    }
    for (const path of listIndexFiles(fs, "store/index").paths) {
      const file = openIndexFile(fs, path)!;
      checkFile(file, { records, isTagged: truth.version === "5.5.0" });
      file.close();
    }
  });
}

/** Every entry hangs at its slot and carries a hash its record has a key for. */
function checkFile(
  file: IndexFileReader,
  { records, isTagged }: {
    readonly records: ReadonlyMap<number, TruthRecord>;
    readonly isTagged: boolean;
  },
): void {
  let count = 0;
  for (const entry of file.entries()) {
    count++;
    assert.equal(entry.number, count);
    assert.deepEqual(file.entry(entry.number), entry);
    assert([...file.hits(entry.keyHash, {})].includes(entry.physicalOffset));
    const record = records.get(entry.physicalOffset);
    if (record === undefined) continue;
    const seconds = Math.trunc((record.storeTimestamp - file.header.beginTimestamp) / 1000);
    assert.equal(entry.secondsFromBegin, count === 1 ? 0 : seconds);
    const { topic, properties: { KEYS = "", UNIQ_KEY = "", TAGS = "" } } = record;
    const hashes = [...KEYS.split(" "), UNIQ_KEY].map((key) => indexHash({ topic, key }));
    if (isTagged) hashes.push(indexHash({ topic, key: TAGS, type: "tag" }));
    assert(hashes.includes(entry.keyHash), `entry ${count} of ${file.path}`);
  }
  assert.equal(count, file.entriesEnd - 1);
}
