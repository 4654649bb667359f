import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readTruth, storeInMemory, type Tree } from "../testdata/fixture.ts";
import { openStore, put } from "../testdata/open_store.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { messagesOf, reput } from "../testdata/reput.ts";
import { foundIn } from "../testdata/verified.ts";
import { BatchQueue } from "./batch_queue.ts";
import type { FileSystem } from "./file.ts";
import { readWholeFile } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { BATCH_QUEUE_UNIT, SYS_FLAG } from "./format.ts";
import { OpenFiles } from "./open_files.ts";
import { formatProperties } from "./properties.ts";

const JAVA = "5.5.0-e-bcq-102";
const TOPIC = "T_bcq";
const REPUT = {
  added: ["INNER_BASE"],
  isBatchTopic: (topic: string) => topic === TOPIC,
  batchQueueFileUnits: 8,
} as const;

/** Queues of all kinds and the log hold the same bytes. */
function sameFiles(found: FileSystem, expected: MemoryFiles): number {
  let compared = 0;
  for (const [path, bytes] of expected.snapshot()) {
    if (!/^store\/(commitlog|consumequeue|batchconsumequeue)\//.test(path)) continue;
    assert.deepEqual(readWholeFile(found, path), bytes, path);
    compared++;
  }
  return compared;
}

Deno.test("a store with batch queues, put again, has Java's bytes in its log and in all queues", async () => {
  const java = storeInMemory(JAVA);
  const fs = new MemoryFiles();
  const store = await reput(messagesOf(java), { ...REPUT, fs });
  await store[Symbol.asyncDispose]();
  assert(sameFiles(fs, java) > 8);
  // Without a file of topics the check cannot know of the kind but by the folders.
  assert.deepEqual(await foundIn(fs), []);
});

Deno.test("batch queues go on where they stopped, after a clean stop, a kill and a full recovery", async () => {
  const java = storeInMemory(JAVA);
  const messages = messagesOf(java);
  for (const stop of ["clean", "kill", "full"] as const) {
    const fs = new PowerLossFiles();
    const half = Math.floor(messages.length / 2);
    fs.makeDirectory("store/config");
    const topics = fs.openWrite("store/config/topics.json");
    topics.write(readWholeFile(java, "store/config/topics.json")!, 0);
    topics.close();
    const first = await reput(messages.slice(0, half), { ...REPUT, fs });
    if (stop !== "kill") await first[Symbol.asyncDispose]();
    const left = stop === "kill" ? fs.lose(() => true) : fs;
    const mode = stop === "full" ? { recovery: "full" as const } : {};
    // After a full recovery the files are those of its own default length where there were none.
    const second = await reput(messages.slice(half), { ...REPUT, ...mode, fs: left });
    assert.deepEqual(second.queueRange(TOPIC, 0), { min: 0, max: 68 }, stop);
    assert.deepEqual(second.queueRange(TOPIC, 1), { min: 0, max: 54 }, stop);
    await second[Symbol.asyncDispose]();
    sameFiles(left, java);
    if (stop === "kill") await first[Symbol.asyncDispose]();
  }
});

for (const tree of ["recorded", "after-java-recovery"] as const satisfies readonly Tree[]) {
  Deno.test(`batch queues Java was killed with are as Java recovers them: ${tree}`, async () => {
    const name = "5.5.0-e-bcq-kill-102";
    const java = storeInMemory(name, "after-java-recovery");
    const fs = storeInMemory(name, tree);
    await using store = await openStore(fs);
    for (const { topic, queueId, minOffset, maxOffset, cqType } of readTruth(name).queues) {
      if (cqType !== "BatchCQ") continue;
      assert.deepEqual(store.queueRange(topic, queueId), { min: minOffset, max: maxOffset });
    }
    await store[Symbol.asyncDispose]();
    for (const [path, bytes] of java.snapshot()) {
      if (path.startsWith("store/batch")) assert.deepEqual(readWholeFile(fs, path), bytes, path);
    }
  });
}

Deno.test("batch queues lost with their folder come back from the log", async () => {
  const java = storeInMemory(JAVA);
  const fs = storeInMemory(JAVA);
  fs.remove(`store/batchconsumequeue/${TOPIC}`);
  await using store = await openStore(fs, { recovery: "full" });
  assert.deepEqual(store.queueRange(TOPIC, 0), { min: 0, max: 68 });
  await store[Symbol.asyncDispose]();
  const path = `store/batchconsumequeue/${TOPIC}/0/00000000000000000000`;
  const units = 8 * BATCH_QUEUE_UNIT.size;
  const expected = readWholeFile(java, path)!.subarray(0, units);
  assert.deepEqual(readWholeFile(fs, path)!.subarray(0, units), expected);
});

Deno.test("a batch whose index or count cannot be read is served, and recovery tells of it", async () => {
  const log = `store/commitlog/${"0".repeat(20)}`;
  for (const name of ["INNER_BASE", "INNER_NUM"]) {
    for (const recovery of ["unclean", "full"] as const) {
      const fs = storeInMemory(JAVA);
      const bytes = Buffer.from(readWholeFile(fs, log)!);
      const at = bytes.indexOf(`${name}\u0001`) + name.length + 1;
      const text = bytes.subarray(at, bytes.indexOf(2, at)).toString();
      fs.openWrite(log).write(Buffer.from("x".repeat(text.length)), at);
      fs.remove("store/checkpoint");
      const store = await openStore(fs, { recovery });
      assert.equal(store.recovery.flawedBatches, 1, `${name} ${recovery}`);
      assert.equal(store.recovery.unqueued, 0);
      assert.deepEqual(store.queueRange(TOPIC, 0), { min: 0, max: 68 });
      await store[Symbol.asyncDispose]();
      const found = (await foundIn(fs)).filter((it) => it.includes("batch"));
      assert(found.length > 0, "mq verify names the record, too");
    }
    await using sound = await openStore(storeInMemory(JAVA), { recovery: "full" });
    assert.equal(sound.recovery.flawedBatches, 0);
  }
});

function batch(count: number | string): { sysFlag: number; properties: string; topic: string } {
  const properties = formatProperties([["INNER_NUM", String(count)]]);
  return { topic: TOPIC, sysFlag: SYS_FLAG.innerBatch | SYS_FLAG.needUnwrap, properties };
}

Deno.test("a batch takes as many indexes as it has messages, and gives them back when it is not written", async () => {
  const fs = new PowerLossFiles();
  await using store = await openStore(fs, { ...REPUT, onFailure: () => {} });
  const offsets = [
    await put(store, batch(3)),
    await put(store, { topic: TOPIC }),
    await put(store, batch(2)),
  ]
    .map(({ queueOffset }) => queueOffset);
  assert.deepEqual(offsets, [0, 3, 4]);
  fs.interfere = (verb) => {
    if (verb === "write") throw systemError("EIO");
  };
  const refused = await Promise.all([put(store, batch(5)), put(store, batch(5))]);
  fs.interfere = () => {};
  assert(refused.every(({ stored }) => !stored));
  assert.deepEqual(store.queueRange(TOPIC, 0), { min: 0, max: 6 });
});

Deno.test("batches that cannot be are refused", async () => {
  await using store = await openStore(undefined, REPUT);
  const reasonOf = async (wish: Parameters<typeof put>[1]) => {
    const { status, reason } = await put(store, wish);
    assert.equal(status, "MESSAGE_ILLEGAL");
    return reason!.replace("Cannot append message: ", "");
  };
  assert.match(await reasonOf({ ...batch(2), topic: "T" }), /needs a topic with batch queues/);
  for (const count of ["0", "32768", "-1", "x", "100000"]) {
    assert.equal(await reasonOf(batch(count)), `an inner batch of ${count} messages`);
  }
  assert.deepEqual(store.topics(), []);
});

Deno.test("a deleted topic's batch queues begin anew", async () => {
  const fs = new MemoryFiles();
  await using store = await openStore(fs, REPUT);
  await put(store, batch(3));
  store.deleteTopic(TOPIC);
  assert.equal(store.queueRange(TOPIC, 0), undefined);
  assert.equal((await put(store, batch(2))).queueOffset, 0);
});

function emptyQueue(fs: FileSystem): BatchQueue {
  const files = new OpenFiles(fs);
  return new BatchQueue(files, { topic: "T", queueId: 0, directory: "q/T/0", fileUnits: 2 });
}

function filled(fs: FileSystem, records: number): BatchQueue {
  const queue = emptyQueue(fs);
  for (let at = 0; at < records; at++) {
    const record = { physicalOffset: at * 100, size: 100, tagsCode: at, storeTimestamp: at };
    queue.append(record, { base: at * 3, count: 3 });
  }
  return queue;
}

Deno.test("BatchQueue.append() passes over a record the queue has", () => {
  const queue = filled(new MemoryFiles(), 3);
  const record = { physicalOffset: 200, size: 100, tagsCode: 0, storeTimestamp: 0 };
  assert.equal(queue.append(record, { base: 9, count: 1 }), false);
  assert.equal(queue.end, 9);
});

Deno.test("BatchQueue.unitOf() finds the unit of every message, in files and in memory", () => {
  const queue = filled(new MemoryFiles(), 3);
  queue.write();
  queue.append({ physicalOffset: 300, size: 9, tagsCode: 0, storeTimestamp: 0 }, {
    base: 9,
    count: 2,
  });
  const numbers = Array.from({ length: queue.end }, (_, index) => queue.unitOf(index));
  assert.deepEqual(numbers, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3]);
  assert.equal(queue.unitAt(4), undefined);
});

Deno.test("BatchQueue.truncateBehind() drops units in memory and in files, and nothing comes back", () => {
  for (const isWritten of [false, true]) {
    for (let kept = 0; kept <= 5; kept++) {
      const fs = new MemoryFiles();
      const queue = filled(fs, 5);
      if (isWritten) queue.write();
      queue.truncateBehind(kept * 100);
      assert.deepEqual([queue.endUnit, queue.end, queue.next], [kept, kept * 3, kept * 3]);
      queue.write();
      const again = emptyQueue(fs);
      again.load();
      assert.deepEqual([again.endUnit, again.end], [kept, kept * 3]);
      assert.equal(fs.list("q/T/0").length, Math.ceil(kept / 2));
    }
  }
});

Deno.test("BatchQueue.correctMin() goes to the first message the log has", () => {
  const queue = filled(new MemoryFiles(), 3);
  for (const [logStart, min] of [[0, 0], [1, 3], [100, 3], [200, 6], [201, 9]] as const) {
    queue.correctMin(logStart);
    assert.equal(queue.min, min);
  }
});

Deno.test("BatchQueue.sync() brings units and names to the disk", async () => {
  const fs = new PowerLossFiles();
  const queue = filled(fs, 5);
  assert(queue.unsynced);
  await queue.sync();
  assert(!queue.unsynced);
  const after = emptyQueue(fs.lose(() => false));
  after.load();
  assert.equal(after.end, 15);
});

Deno.test("BatchQueue.dropExpiredFiles() removes what lies before the queue's beginning", () => {
  const fs = new MemoryFiles();
  const options = { topic: "T", queueId: 0, directory: "batch/T/0", fileUnits: 4 };
  const queue = new BatchQueue(new OpenFiles(fs), options);
  for (let number = 0; number < 14; number++) {
    const record = { physicalOffset: 100 * number, size: 100, tagsCode: 0, storeTimestamp: 1 };
    assert(queue.append(record, { base: number * 3, count: 3 }));
  }
  queue.write();
  assert.equal(queue.dropExpiredFiles(), 0);
  queue.correctMin(700);
  assert.deepEqual([queue.min, queue.dropExpiredFiles()], [21, 1]);
  queue.correctMin(800);
  assert.deepEqual([queue.min, queue.dropExpiredFiles()], [24, 1]);
  assert.equal(queue.unitAt(queue.unitOf(25))?.physicalOffset, 800);
  queue.correctMin(1e9);
  assert.deepEqual([queue.min, queue.end, queue.dropExpiredFiles()], [42, 42, 1]);
  assert.equal(fs.list(options.directory).length, 1);
  const again = new BatchQueue(new OpenFiles(fs), options);
  again.load();
  assert.deepEqual([again.min, again.end], [36, 42]);
});

Deno.test("a topic that has messages in consume queues stays with them, whatever its attribute says", async () => {
  const fs = new MemoryFiles();
  const first = await openStore(fs);
  for (const body of ["a", "b"]) await put(first, { body });
  await first[Symbol.asyncDispose]();
  for (const expected of [2, 3]) {
    await using store = await openStore(fs, { isBatchTopic: () => true });
    assert.equal((await put(store)).queueOffset, expected);
    assert.deepEqual(store.queueRange("TopicTest", 0), { min: 0, max: expected + 1 });
    assert.deepEqual(fs.list("store/batchconsumequeue"), []);
  }
});
