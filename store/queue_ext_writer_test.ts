import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { openStore, put } from "../testdata/open_store.ts";
import { PowerLossFiles } from "../testdata/power_loss.ts";
import { messagesOf, reput } from "../testdata/reput.ts";
import { foundIn } from "../testdata/verified.ts";
import { readWholeFile } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { formatProperties } from "./properties.ts";
import { QueueExtReader } from "./queue_ext_reader.ts";
import { listSegments } from "./segments.ts";
import type { FileSystem } from "./file.ts";
import type { Store } from "./store.ts";

const JAVA = "5.5.0-e-cqext-102";
const EXT = "store/consumequeue_ext/TopicTest/0";
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

Deno.test("a store with extension files, put again, has Java's bytes wherever Java kept no bit maps", async () => {
  const java = storeInMemory(JAVA);
  const fs = new MemoryFiles();
  const options = { added: [], queueExtFileBytes: 4096 };
  const store = await reput(messagesOf(java), { ...options, fs });
  await store[Symbol.asyncDispose]();
  let compared = 0;
  const plain = readTruth(JAVA).queues.filter((queue) => {
    const units = Object.entries(queue).filter(([name]) => name.startsWith("ext@"));
    return units.every(([, unit]) => String(unit).includes("bitMapSize=0"));
  });
  for (const { topic, queueId } of plain) {
    for (const folder of ["consumequeue", "consumequeue_ext"]) {
      const path = `store/${folder}/${topic}/${queueId}/00000000000000000000`;
      assert.deepEqual(readWholeFile(fs, path), readWholeFile(java, path), path);
      compared++;
    }
  }
  assert(compared >= 6);
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
