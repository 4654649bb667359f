import assert from "node:assert/strict";
import { openStore, put } from "../testdata/open_store.ts";
import { ColdUnits, leadsOn } from "./cold_units.ts";
import { ConsumeQueue } from "./consume_queue.ts";
import type { ReadableFile } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { QUEUE_UNIT } from "./format.ts";
import { readI64 } from "./layout.ts";
import { OpenFiles } from "./open_files.ts";

const UNIT_BYTES = QUEUE_UNIT.size;
const QUEUE = { topic: "T", queueId: 0 };

/** Files that tell how often units were read with the event loop held up. */
class WatchedFiles extends MemoryFiles {
  syncReads = 0;
  asyncReads = 0;

  override openRead(path: string): ReturnType<MemoryFiles["openWrite"]> {
    return this.#watched(super.openRead(path), path);
  }

  override openWrite(path: string): ReturnType<MemoryFiles["openWrite"]> {
    return this.#watched(super.openWrite(path), path);
  }

  #watched<File extends ReadableFile>(file: File, path: string): File {
    if (!path.includes("consumequeue")) return file;
    const { read, readAsync } = file;
    file.read = (into, at) => {
      this.syncReads++;
      return read.call(file, into, at);
    };
    file.readAsync = (into, at) => {
      this.asyncReads++;
      return readAsync.call(file, into, at);
    };
    return file;
  }
}

/** A queue of so many units in files of 10, of which none is in memory. */
function coldQueue(count: number, fs = new MemoryFiles()): ConsumeQueue {
  const open = () => {
    const options = { ...QUEUE, directory: "consumequeue/T/0", fileUnits: 10 };
    return new ConsumeQueue(new OpenFiles(fs), options);
  };
  const written = open();
  for (let index = 0; index < count; index++) {
    written.append(index, { physicalOffset: index * 100, size: 100, tagsCode: 0 });
  }
  written.write();
  const queue = open();
  queue.load();
  return queue;
}

function offsetsIn({ view, count }: { view: DataView; count: number }): number[] {
  return Array.from({ length: count }, (_, unit) => readI64(view, unit * UNIT_BYTES) / 100);
}

Deno.test("ColdUnits.load() brings units of several files and those in memory in one block", async () => {
  const queue = coldQueue(25);
  for (let index = 25; index < 28; index++) {
    queue.append(index, { physicalOffset: index * 100, size: 100, tagsCode: 0 });
  }
  const block = await new ColdUnits().load(queue, 7);
  assert.deepEqual([block.from, ...offsetsIn(block)], [7, ...Array(21).keys().map((it) => it + 7)]);
  assert.deepEqual(offsetsIn(await new ColdUnits(1, 4).load(queue, 22)), [22, 23, 24, 25]);
  assert.equal((await new ColdUnits().load(queue, 28)).count, 0);
});

Deno.test("ColdUnits.find() knows the last block of each queue, and of so many queues", async () => {
  const units = new ColdUnits(2, 10);
  const [one, two, three] = [coldQueue(30), coldQueue(30), coldQueue(30)];
  const block = await units.load(one, 5);
  assert.equal(units.find(one, 5, 10), block);
  assert.equal(units.find(one, 12, 3), block);
  assert.equal(units.find(one, 12, 4), undefined, "it ends before");
  assert.equal(units.find(one, 4, 2), undefined, "it begins behind");
  assert.equal(units.find(two, 5, 1), undefined);
  await units.load(two, 0);
  units.find(one, 5, 1);
  await units.load(three, 0);
  assert.equal(units.find(two, 0, 1), undefined, "two was used longest ago");
  assert.equal(units.find(one, 5, 1), block);
  const last = await units.load(one, 25);
  assert.equal(units.find(one, 27, 32), last, "there are no more");
});

Deno.test("leadsOn() wants the unit and its neighbour, but for the last of a queue", () => {
  const units = { from: 10, count: 5, view: new DataView(new ArrayBuffer(100)) };
  const all = [9, 10, 13, 14, 15];
  assert.deepEqual(all.map((it) => leadsOn(units, it, 99)), [false, true, true, false, false]);
  assert.deepEqual(all.map((it) => leadsOn(units, it, 15)), [false, true, true, true, false]);
  assert.equal(leadsOn(units, 12, 12), false, "the queue has become shorter");
});

Deno.test("a consumer of a backlog is led by units that are read asynchronously, a block at a time", async () => {
  const fs = new WatchedFiles();
  {
    await using store = await openStore(fs, { queueFileUnits: 5000, segmentBytes: 4_000_000 });
    for (let nth = 0; nth < 5000; nth++) await put(store, QUEUE);
  }
  await using store = await openStore(fs, { queueFileUnits: 5000 });
  fs.syncReads = fs.asyncReads = 0;
  let count = 0;
  for (let queueOffset = 0; queueOffset < 5000;) {
    const result = await store.get({ ...QUEUE, queueOffset, countMax: 32 });
    assert.equal(result.status, "FOUND");
    assert(result.nextBeginOffset > queueOffset);
    count += result.count;
    queueOffset = result.nextBeginOffset;
  }
  assert.equal(count, 5000);
  assert.equal(fs.syncReads, 0);
  assert(fs.asyncReads < 8, `${fs.asyncReads} reads`);
});

Deno.test("a queue that grows, or goes, while its units are read", async () => {
  const fs = new MemoryFiles();
  {
    await using store = await openStore(fs);
    for (let nth = 0; nth < 3; nth++) await put(store, QUEUE);
  }
  await using store = await openStore(fs);
  const first = store.get({ ...QUEUE, queueOffset: 0, countMax: 9 });
  assert(first instanceof Promise);
  await put(store, QUEUE);
  const { count, nextBeginOffset } = await first;
  // Of the last one that was read the neighbour is not known any more: it comes with the next read.
  assert.deepEqual([count, nextBeginOffset], [2, 2]);
  const rest = await store.get({ ...QUEUE, queueOffset: 2, countMax: 9 });
  assert.deepEqual([rest.count, rest.nextBeginOffset], [2, 4]);
  const second = store.get({ ...QUEUE, queueOffset: 1, countMax: 9 });
  store.deleteTopic(QUEUE.topic);
  const { status } = await second;
  assert(["FOUND", "NO_MESSAGE_IN_QUEUE", "NO_MATCHED_LOGIC_QUEUE"].includes(status), status);
});
