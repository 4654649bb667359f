import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { openStore, put } from "../testdata/open_store.ts";
import { PowerLossFiles } from "../testdata/power_loss.ts";
import { messagesOf, reput } from "../testdata/reput.ts";
import { foundIn } from "../testdata/verified.ts";
import { BloomFilter } from "./bloom_filter.ts";
import { readWholeFile } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { readMessage } from "./message.ts";
import { offsetName } from "./names.ts";
import { formatProperties, parseProperties } from "./properties.ts";
import type { BitMapOf } from "./queue_ext_writer.ts";
import { QueueExtReader } from "./queue_ext_reader.ts";
import { listSegments } from "./segments.ts";
import type { FileSystem } from "./file.ts";
import type { Store } from "./store.ts";

const JAVA = "5.5.0-e-cqext-102";
const EXT = "store/consumequeue_ext/TopicTest/0";
/** The groups and filters of the recorded store. */
const FILTER = { errorPercent: 20, groupsExpected: 8 };
const PASSES: Record<string, (properties: Map<string, string>) => boolean> = {
  T_plain: (it) => Number(it.get("a")) > 5 && it.get("b") === "x",
  T_tags: (it) => ["TagA", "TagB"].includes(it.get("TAGS")!) || it.has("price"),
};
/** Three units and the tail. */
const SMALL = { queueExtFileBytes: 64 };

function tagged(tag: string): { properties: string } {
  return { properties: formatProperties([["TAGS", tag]]) };
}

/** Tags codes in the extension files, in order. */
function codesIn(fs: FileSystem): number[] {
  const reader = new QueueExtReader(fs, listSegments(fs, EXT));
  const codes = Array.from(reader.units(), ({ unit }) => Number(unit?.tagsCode));
  reader.close();
  return codes;
}

/** Indexes of the messages with a tag of one letter. */
async function taggedIn(store: Store, tag: string): Promise<number> {
  const tagsCodeMatches = (code: bigint) => code === BigInt(tag.charCodeAt(0));
  const asked = { topic: "TopicTest", queueId: 0, queueOffset: 0, countMax: 32, tagsCodeMatches };
  return (await store.get(asked)).count;
}

Deno.test("a store with extension files and bit maps, put again, has Java's bytes", async () => {
  const java = storeInMemory(JAVA);
  const fs = new MemoryFiles();
  const filter = new BloomFilter(FILTER);
  const bitMapOf: BitMapOf = (request, record) => {
    const passes = PASSES[request.topic];
    if (passes === undefined) return undefined;
    const { properties } = readMessage(record.view, record.at);
    const group = filter.positions(`G_sql#${request.topic}`);
    return filter.bitMap(passes(parseProperties(properties)) ? [group] : []);
  };
  const options = { added: [], queueExtFileBytes: 4096, bitMapOf };
  const store = await reput(messagesOf(java), { ...options, fs });
  await store[Symbol.asyncDispose]();
  let compared = 0;
  for (const { topic, queueId } of readTruth(JAVA).queues) {
    for (const folder of ["consumequeue", "consumequeue_ext"]) {
      const path = `store/${folder}/${topic}/${queueId}/00000000000000000000`;
      assert.deepEqual(readWholeFile(fs, path), readWholeFile(java, path), path);
      compared++;
    }
  }
  assert.equal(compared, 20);
  assert.deepEqual(await foundIn(fs), []);
});

Deno.test("a read is offered Java's bit maps, and what they keep is what the filter passes", async () => {
  const java = storeInMemory(JAVA);
  await using store = await openStore(java);
  const filter = new BloomFilter(FILTER);
  for (const [topic, expected] of [["T_plain", 0], ["T_tags", 33]] as const) {
    const positions = filter.positions(`G_sql#${topic}`);
    const passes = messagesOf(java).filter((it) => {
      return it.topic === topic && PASSES[topic]!(parseProperties(it.properties));
    });
    let kept = 0;
    for (const queueId of store.queueIds(topic)) {
      const { count } = await store.get({
        topic,
        queueId,
        queueOffset: 0,
        countMax: 32,
        tagsCodeMatches: (_, unit) => filter.mayHold(unit!.bitMap, positions),
      });
      kept += count;
    }
    assert.deepEqual([kept, passes.length], [expected, expected]);
  }
});

Deno.test("a bit map too large for a unit leaves the tags code in the queue", async () => {
  const fs = new MemoryFiles();
  const sizes = [0, 41, 40, 33_000];
  const bitMapOf = () => new Uint8Array(sizes.shift()!);
  const store = await openStore(fs, { ...SMALL, bitMapOf });
  for (const tag of ["a", "b", "a", "b"]) await put(store, tagged(tag));
  assert.deepEqual([await taggedIn(store, "a"), await taggedIn(store, "b")], [2, 2]);
  await store[Symbol.asyncDispose]();
  assert.deepEqual(codesIn(fs), [97, 97]);
  assert.deepEqual(await foundIn(fs), []);
});

Deno.test("extension units roll to the next file and lead readers to their tags", async () => {
  const fs = new MemoryFiles();
  const store = await openStore(fs, SMALL);
  await Promise.all(["a", "b", "a", "b", "a"].map((tag) => put(store, tagged(tag))));
  assert.deepEqual([await taggedIn(store, "a"), await taggedIn(store, "b")], [3, 2]);
  assert.deepEqual(store.queueRange("TopicTest", 0), { min: 0, max: 5 });
  await store[Symbol.asyncDispose]();
  assert.deepEqual(codesIn(fs), [97, 98, 97, 98, 97]);
  assert.deepEqual(fs.list(EXT), ["00000000000000000000", "00000000000000000064"]);
  assert.deepEqual([...readWholeFile(fs, `${EXT}/00000000000000000000`)!.subarray(60)], [
    255,
    255,
    0,
    0,
  ]);
  assert.deepEqual(await foundIn(fs), []);
});

Deno.test("extension files go on after a clean stop, and tags are found after a kill", async () => {
  for (const isKilled of [false, true]) {
    const fs = new PowerLossFiles();
    const first = await openStore(fs, SMALL);
    for (const tag of ["a", "b"]) await put(first, tagged(tag));
    if (!isKilled) await first[Symbol.asyncDispose]();
    const left = isKilled ? fs.lose(() => true) : fs;
    const second = await openStore(left, SMALL);
    for (const tag of ["a", "b"]) await put(second, tagged(tag));
    assert.deepEqual([await taggedIn(second, "a"), await taggedIn(second, "b")], [2, 2]);
    await second[Symbol.asyncDispose]();
    // What a kill kept out of the files stands in the queue itself.
    assert.deepEqual(codesIn(left), isKilled ? [97, 98] : [97, 98, 97, 98]);
    assert.deepEqual(await foundIn(left), []);
    const third = await openStore(left);
    assert.deepEqual([await taggedIn(third, "a"), await taggedIn(third, "b")], [2, 2]);
    await third[Symbol.asyncDispose]();
    if (isKilled) await first[Symbol.asyncDispose]();
  }
});

Deno.test("whatever a loss of power leaves, every message is found by its tag", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    let state = seed;
    const chance = () => (state = Math.imul(state, 48_271) % 0x7fff_ffff) % 2 === 0;
    const fs = new PowerLossFiles();
    const first = await openStore(fs, { ...SMALL, flushMode: "SYNC_FLUSH" });
    const tags = ["a", "b", "c", "a", "b", "c", "a"];
    for (const tag of tags) {
      await put(first, tagged(tag));
      // Reading by tags brings the extension units, and nothing else, into their files.
      await taggedIn(first, tag);
    }
    const left = fs.lose(chance);
    const second = await openStore(left, SMALL);
    for (const tag of tags) await put(second, tagged(tag));
    const counts = [await taggedIn(second, "a"), await taggedIn(second, "b")];
    assert.deepEqual(counts, [6, 4], `seed ${seed}`);
    await second[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  }
});

Deno.test("a deleted topic takes its extension files along", async () => {
  const fs = new MemoryFiles();
  await using store = await openStore(fs, SMALL);
  await put(store, tagged("a"));
  await taggedIn(store, "a");
  store.deleteTopic("TopicTest");
  assert.deepEqual(fs.list("store/consumequeue_ext"), []);
  await put(store, tagged("b"));
  assert.equal(await taggedIn(store, "b"), 1);
});

Deno.test("extension files follow the log, whether or not units are still written to them", async () => {
  for (const isWritten of [true, false]) {
    const fs = new MemoryFiles();
    const sizes = { segmentBytes: 1024, queueFileUnits: 4 };
    const first = await openStore(fs, { ...sizes, ...SMALL });
    for (let count = 0; count < 20; count++) await put(first, tagged("a"));
    await first[Symbol.asyncDispose]();
    const files = fs.list("store/commitlog");
    assert.equal(fs.list(EXT).length, 7);
    for (const name of files.slice(0, 2)) fs.remove(`store/commitlog/${name}`);
    const second = await openStore(fs, { ...sizes, ...isWritten && SMALL });
    const { min, max } = second.queueRange("TopicTest", 0)!;
    assert(min > 4 && max === 20);
    await second.cleanQueues();
    assert.equal(Number(fs.list(EXT)[0]), 64 * Math.floor(min / 3));
    for (let count = 0; count < 4; count++) await put(second, tagged("b"));
    const tagsCodeMatches = (code: bigint) => code === 97n;
    const asked = { topic: "TopicTest", queueId: 0, queueOffset: min, countMax: 32 };
    assert.equal((await second.get({ ...asked, tagsCodeMatches })).count, max - min);
    await second[Symbol.asyncDispose]();
    const wrong = (await foundIn(fs)).filter((it) => !it.startsWith("info queue-unit-below-log"));
    assert.deepEqual(wrong, []);
  }
});

Deno.test("extension files end with their queue after a kill that took messages", async () => {
  const fs = new MemoryFiles();
  const first = await openStore(fs, SMALL);
  for (const tag of ["a", "b", "a"]) await put(first, tagged(tag));
  const { physicalOffset } = await put(first, tagged("b"));
  for (const tag of ["a", "b", "a"]) await put(first, tagged(tag));
  await first[Symbol.asyncDispose]();
  assert.equal(codesIn(fs).length, 7);
  fs.openWrite(`store/commitlog/${offsetName(0)}`).write(new Uint8Array(1000), physicalOffset);
  fs.put("store/abort", new Uint8Array(0));
  const second = await openStore(fs, SMALL);
  assert.deepEqual(second.queueRange("TopicTest", 0), { min: 0, max: 3 });
  await second[Symbol.asyncDispose]();
  assert.deepEqual(codesIn(fs), [97, 98, 97]);
  assert.deepEqual(fs.list(EXT).length, 1);
  const wrong = await foundIn(fs);
  assert.deepEqual(wrong.filter((it) => !it.startsWith("warning checkpoint-ahead")), []);
});

Deno.test("a deleted topic's extension files go even where none are written", async () => {
  const fs = new MemoryFiles();
  const first = await openStore(fs, SMALL);
  await put(first, tagged("a"));
  await first[Symbol.asyncDispose]();
  await using second = await openStore(fs);
  second.deleteTopic("TopicTest");
  assert.deepEqual(fs.list("store/consumequeue_ext"), []);
});

Deno.test("whatever a loss of power leaves of expired extension files, every message is found", async () => {
  const sizes = { segmentBytes: 1024, queueFileUnits: 4, ...SMALL };
  for (let seed = 1; seed <= 30; seed++) {
    let state = seed;
    const chance = () => (state = Math.imul(state, 48_271) % 0x7fff_ffff) % 2 === 0;
    const fs = new PowerLossFiles();
    const first = await openStore(fs, sizes);
    for (let count = 0; count < 30; count++) await put(first, tagged("ab"[count % 2]!));
    await first[Symbol.asyncDispose]();
    for (const name of fs.list("store/commitlog").slice(0, 2)) fs.remove(`store/commitlog/${name}`);
    fs.syncDirectory("store/commitlog");
    const second = await openStore(fs, sizes);
    const before = fs.list(EXT).length;
    await second.cleanQueues();
    assert(fs.list(EXT).length < before);
    for (const tag of ["a", "b", "a"]) await put(second, tagged(tag));
    const { min } = second.queueRange("TopicTest", 0)!;
    await taggedIn(second, "a");
    const left = fs.lose(chance);
    const third = await openStore(left, sizes);
    const range = third.queueRange("TopicTest", 0)!;
    assert.equal(range.min, min, `seed ${seed}`);
    const tagsCodeMatches = (code: bigint) => code === 97n;
    const asked = { topic: "TopicTest", queueId: 0, queueOffset: min, countMax: 32 };
    const { count } = await third.get({ ...asked, tagsCodeMatches });
    const all = await third.get(asked);
    const wanted = Array.from({ length: all.count }, (_, at) => min + at)
      .filter((index) => index < 30 ? index % 2 === 0 : index !== 31);
    assert.equal(count, wanted.length, `seed ${seed}`);
    await third[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
    const names = left.list(EXT).map(Number);
    assert(names.every((start, at) => at === 0 || start === names[at - 1]! + 64), `seed ${seed}`);
  }
});
