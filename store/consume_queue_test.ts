import assert from "node:assert/strict";
import fc from "fast-check";
import { PowerLossFiles } from "../testdata/power_loss.ts";
import { SmallQueue } from "../testdata/small_queue.ts";
import { ConsumeQueue } from "./consume_queue.ts";
import type { FileSystem } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { offsetName } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { QueueReader } from "./queue_reader.ts";
import { listSegments } from "./segments.ts";

const FILE_UNITS = 10;
const DIRECTORY = "consumequeue/T/0";
const UNIT_BYTES = QUEUE_UNIT.size;

function openQueue(fs: FileSystem = new MemoryFiles(), fileUnits = FILE_UNITS): ConsumeQueue {
  const options = { topic: "T", queueId: 0, directory: DIRECTORY, fileUnits };
  return new ConsumeQueue(new OpenFiles(fs, 2), options);
}

/** The queue as a broker finds it that starts now. */
function loaded(fs: FileSystem, fileUnits?: number): ConsumeQueue {
  const queue = openQueue(fs, fileUnits);
  queue.load();
  return queue;
}

/** The unit these tests put at an index. */
function unit(index: number): { physicalOffset: number; size: number; tagsCode: number } {
  return { physicalOffset: 1000 + index * 100, size: 100, tagsCode: index % 2 ? -index : index };
}

function appendMany(queue: ConsumeQueue, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    assert.equal(queue.append(index, unit(index)), "appended");
  }
}

/** Physical offsets of the units from an index on. */
function offsetsFrom(queue: ConsumeQueue, from: number, count = 1000): number[] {
  const bytes = new Uint8Array(count * UNIT_BYTES);
  const read = queue.read(from, bytes);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: read }, (_, at) => {
    return QUEUE_UNIT.read(view, at * UNIT_BYTES).physicalOffset;
  });
}

function offsetsOf(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => unit(from + at).physicalOffset);
}

Deno.test("ConsumeQueue.append() gives indexes one after the other", () => {
  const queue = openQueue();
  assert.deepEqual([queue.min, queue.end, queue.next, queue.physicalEnd], [0, 0, 0, 0]);
  appendMany(queue, 0, 25);
  assert.deepEqual([queue.min, queue.end, queue.next, queue.physicalEnd], [0, 25, 25, 3500]);
  assert.deepEqual(offsetsFrom(queue, 0), offsetsOf(0, 25));
});

Deno.test("ConsumeQueue.append() takes an index once", () => {
  const queue = openQueue();
  appendMany(queue, 0, 3);
  assert.equal(queue.append(2, unit(77)), "duplicate");
  assert.equal(queue.append(0, unit(77)), "duplicate");
  assert.deepEqual(offsetsFrom(queue, 0), offsetsOf(0, 3));
});

Deno.test("ConsumeQueue.append() fills a gap with padding, so that position and index stay in step", () => {
  const queue = openQueue();
  appendMany(queue, 0, 2);
  assert.equal(queue.append(4, unit(4)), "gap");
  assert.deepEqual(queue.unitAt(3), { physicalOffset: 0, size: QUEUE_PADDING.size });
  assert.deepEqual(queue.unitAt(4), { physicalOffset: 1400, size: 100 });
  assert.deepEqual([queue.end, queue.next], [5, 5]);
});

Deno.test("ConsumeQueue: a queue that begins inside a file is padded as Java pads it", () => {
  const fs = new MemoryFiles();
  const queue = openQueue(fs);
  assert.equal(queue.append(13, unit(13)), "appended");
  queue.write();
  assert.deepEqual([queue.min, queue.end], [13, 14]);
  const java = new SmallQueue(FILE_UNITS, new MemoryFiles(), DIRECTORY).pad(13)
    .put(13, { ...unit(13), tagsCode: BigInt(unit(13).tagsCode) });
  assert.deepEqual(fs.snapshot(), java.files.snapshot());
});

Deno.test("ConsumeQueue.read() before a first write makes no file and finds nothing", () => {
  const fs = new MemoryFiles();
  const queue = openQueue(fs);
  queue.append(13, unit(13));
  assert.deepEqual(offsetsFrom(queue, 10), []);
  assert.equal(queue.unitAt(12), undefined);
  assert.deepEqual(fs.list(DIRECTORY), []);
});

Deno.test("ConsumeQueue.read() ends at the end of the queue, and finds nothing outside of it", () => {
  const queue = openQueue();
  appendMany(queue, 0, 5);
  assert.deepEqual(offsetsFrom(queue, 3), offsetsOf(3, 5));
  assert.deepEqual(offsetsFrom(queue, 3, 1), offsetsOf(3, 4));
  for (const index of [5, 6, -1]) {
    assert.deepEqual(offsetsFrom(queue, index), []);
    assert.equal(queue.unitAt(index), undefined);
  }
});

Deno.test("ConsumeQueue.read() joins files and memory when most units are no longer in memory", () => {
  const queue = openQueue(new MemoryFiles(), 700);
  for (let index = 0; index < 5000; index++) {
    queue.append(index, unit(index));
    if (index % 100 === 0) queue.write();
  }
  assert.deepEqual(offsetsFrom(queue, 0, 5000), offsetsOf(0, 5000));
  assert.deepEqual(offsetsFrom(queue, 2999, 1500), offsetsOf(2999, 4499));
});

Deno.test("ConsumeQueue.write() is what makes units last; files roll by themselves", () => {
  const fs = new MemoryFiles();
  const queue = openQueue(fs);
  appendMany(queue, 0, 23);
  assert.equal(queue.unwritten, 23);
  assert.equal(loaded(fs).end, 0);
  queue.write();
  assert.equal(queue.unwritten, 0);
  assert.equal(fs.list(DIRECTORY).length, 3);
  const again = loaded(fs);
  assert.deepEqual([again.min, again.end, again.next], [0, 23, 23]);
  assert.deepEqual(offsetsFrom(again, 0), offsetsOf(0, 23));
  appendMany(again, 23, 30);
  again.write();
  assert.deepEqual(offsetsFrom(loaded(fs), 18), offsetsOf(18, 30));
});

Deno.test("ConsumeQueue.write() writes the format's bytes, negative tags codes included", () => {
  const fs = new MemoryFiles();
  const queue = openQueue(fs);
  appendMany(queue, 0, 4);
  queue.append(4, { physicalOffset: 2 ** 40, size: 5, tagsCode: 1_700_000_000_000 });
  queue.write();
  const reader = new QueueReader(fs, listSegments(fs, DIRECTORY));
  const tags = [0, 1, 2, 3, 4].map((index) => {
    assert(reader.moveTo(index));
    return reader.tagsCode();
  });
  reader.close();
  assert.deepEqual(tags, [0n, -1n, 2n, -3n, 1_700_000_000_000n]);
});

Deno.test("ConsumeQueue.load() takes the size of the files it finds", () => {
  const fs = new MemoryFiles();
  new SmallQueue(7, fs, DIRECTORY).putRecords(0, 9, 1000);
  const queue = loaded(fs, 300_000);
  assert.equal(queue.end, 9);
  appendMany(queue, 9, 20);
  queue.write();
  assert.deepEqual(fs.list(DIRECTORY).length, 3);
  assert.deepEqual(offsetsFrom(queue, 0), offsetsOf(0, 20));
});

Deno.test("ConsumeQueue.load(): an empty last file, made ahead, does not hide the one before", () => {
  const fs = new MemoryFiles();
  const small = new SmallQueue(FILE_UNITS, fs, DIRECTORY).putRecords(0, 10, 1000);
  small.put(10, { size: 0 });
  const queue = loaded(fs);
  assert.deepEqual([queue.end, queue.physicalEnd], [10, 2000]);
});

Deno.test("ConsumeQueue.truncate() gives indexes again, and nothing of the old units comes back", () => {
  const fs = new MemoryFiles();
  const queue = openQueue(fs);
  appendMany(queue, 0, 35);
  queue.write();
  queue.truncate(12);
  assert.deepEqual([queue.end, queue.next], [12, 12]);
  assert.deepEqual(offsetsFrom(queue, 10), offsetsOf(10, 12));
  queue.write();
  assert.equal(loaded(fs).end, 12);
  assert.equal(fs.list(DIRECTORY).length, 2);
  queue.append(12, unit(50));
  queue.write();
  assert.deepEqual(offsetsFrom(loaded(fs), 11), [unit(11).physicalOffset, unit(50).physicalOffset]);
});

Deno.test("ConsumeQueue.truncate() of everything leaves a queue that begins where it began", () => {
  const fs = new MemoryFiles();
  const queue = openQueue(fs);
  queue.append(13, unit(13));
  queue.write();
  queue.truncate(13);
  queue.write();
  assert.deepEqual([queue.min, queue.end], [13, 13]);
  assert.equal(queue.append(13, unit(14)), "appended");
  queue.truncate(20);
  assert.equal(queue.end, 14);
});

Deno.test("ConsumeQueue.truncateBehind() drops units that lead to an offset or behind it", () => {
  const queue = openQueue();
  appendMany(queue, 0, 20);
  queue.truncateBehind(1550);
  assert.deepEqual([queue.end, queue.physicalEnd], [6, 1600]);
  queue.truncateBehind(1500);
  assert.equal(queue.end, 5);
  queue.truncateBehind(9999);
  assert.equal(queue.end, 5);
});

Deno.test("ConsumeQueue.truncateBehind() ends the queue at a page that was lost, whatever follows", () => {
  const fs = new MemoryFiles();
  for (let lost = 0; lost < 60; lost += 10) {
    const queue = openQueue(fs, 100);
    appendMany(queue, 0, 80);
    queue.write();
    fs.zero(`${DIRECTORY}/${offsetName(0)}`, lost * UNIT_BYTES, 10 * UNIT_BYTES);
    const after = loaded(fs, 100);
    // Units up to here are known to be on the disk.
    after.truncateBehind(unit(lost).physicalOffset);
    assert.deepEqual(offsetsFrom(after, 0), offsetsOf(0, lost));
    fs.remove(DIRECTORY);
  }
});

Deno.test("ConsumeQueue.truncateBehind() keeps padding at the end: its indexes were given", () => {
  const queue = openQueue();
  appendMany(queue, 0, 3);
  queue.pad();
  queue.pad();
  queue.truncateBehind(1300);
  assert.equal(queue.end, 5);
  queue.truncateBehind(1200);
  assert.equal(queue.end, 2);
});

Deno.test("ConsumeQueue.indexOfPhysical() finds the first unit at or behind an offset, over padding", () => {
  const queue = openQueue();
  appendMany(queue, 0, 3);
  queue.append(6, unit(6));
  assert.equal(queue.indexOfPhysical(0), 0);
  assert.equal(queue.indexOfPhysical(1100), 1);
  assert.equal(queue.indexOfPhysical(1101), 2);
  // Padding stands for the unit behind it.
  assert.equal(queue.indexOfPhysical(1201), 3);
  assert.equal(queue.indexOfPhysical(1601), 7);
});

Deno.test("ConsumeQueue.correctMin() passes units whose records are gone", () => {
  const queue = openQueue();
  appendMany(queue, 0, 10);
  queue.correctMin(1250);
  assert.deepEqual([queue.min, queue.end], [3, 10]);
  assert.equal(queue.unitAt(2), undefined);
  queue.correctMin(99_999);
  assert.deepEqual([queue.min, queue.end], [10, 10]);
  assert.equal(queue.append(10, unit(10)), "appended");
});

Deno.test("ConsumeQueue.correctMin() passes the padding a queue begins with", () => {
  const fs = new MemoryFiles();
  new SmallQueue(FILE_UNITS, fs, DIRECTORY).pad(5).putRecords(5, 2, 1000);
  const queue = loaded(fs);
  assert.equal(queue.min, 0);
  queue.correctMin(0);
  assert.deepEqual([queue.min, queue.end], [5, 7]);
});

Deno.test("ConsumeQueue.adopt() keeps all 64 bits of a tags code", () => {
  const fs = new MemoryFiles();
  const address = -(2n ** 63n) + 7n;
  new SmallQueue(FILE_UNITS, fs, DIRECTORY).put(0, { physicalOffset: 1000, tagsCode: address });
  const queue = loaded(fs);
  queue.reopen(0);
  assert.equal(queue.end, 0);
  queue.adopt(queue.storedAt(0)!);
  queue.write();
  const reader = new QueueReader(fs, listSegments(fs, DIRECTORY));
  assert(reader.moveTo(0));
  assert.equal(reader.tagsCode(), address);
  reader.close();
});

Deno.test("ConsumeQueue.reopen(): the same units again touch no file, others replace", async () => {
  const fs = new PowerLossFiles();
  const queue = openQueue(fs);
  appendMany(queue, 0, 25);
  await queue.sync();
  const writes: string[] = [];
  fs.interfere = (verb, path) => {
    if (verb === "write") writes.push(path);
  };
  queue.reopen(0);
  appendMany(queue, 0, 15);
  queue.write();
  assert.deepEqual(writes.length, 1, "only what stood behind the end");
  assert.equal(loaded(fs).end, 15);
  queue.reopen(5);
  queue.append(5, unit(99));
  queue.write();
  assert.deepEqual(offsetsFrom(loaded(fs), 4), [unit(4).physicalOffset, unit(99).physicalOffset]);
});

Deno.test("ConsumeQueue.adoptWhile() takes up stored units as long as they please", () => {
  const fs = new MemoryFiles();
  const queue = openQueue(fs);
  appendMany(queue, 0, 25);
  queue.write();
  queue.reopen(0);
  queue.adoptWhile(20, (physicalOffset) => physicalOffset < 1_800);
  assert.equal(queue.end, 8);
  assert.deepEqual(offsetsFrom(queue, 0), offsetsOf(0, 8));
  queue.adoptWhile(100, () => true);
  assert.equal(queue.end, 30, "as far as there are files");
});

Deno.test("ConsumeQueue.sync(): what it has synced is there after a loss of power", async () => {
  const fs = new PowerLossFiles();
  const queue = openQueue(fs);
  appendMany(queue, 0, 25);
  assert(queue.unsynced);
  await queue.sync();
  assert(!queue.unsynced);
  appendMany(queue, 25, 29);
  queue.write();
  assert(queue.unsynced);
  assert.equal(loaded(atWorst(fs)).end, 25);
  await queue.sync();
  assert.deepEqual(offsetsFrom(loaded(atWorst(fs)), 0), offsetsOf(0, 29));
});

Deno.test("ConsumeQueue.sync() covers units a killed process wrote, though they need no write", async () => {
  for (const isAdopted of [false, true]) {
    const fs = new PowerLossFiles();
    const killed = openQueue(fs);
    appendMany(killed, 0, 25);
    killed.write();
    const queue = loaded(fs);
    queue.reopen(0);
    if (isAdopted) queue.adoptWhile(25, () => true);
    else appendMany(queue, 0, 25);
    queue.write();
    assert(queue.unsynced);
    await queue.sync();
    assert.deepEqual(offsetsFrom(loaded(atWorst(fs)), 0), offsetsOf(0, 25));
  }
});

Deno.test("ConsumeQueue.sync() that failed can be told: the units still wait", async () => {
  const fs = new PowerLossFiles();
  const queue = openQueue(fs);
  appendMany(queue, 0, 5);
  fs.interfere = (verb) => {
    if (verb === "sync") throw new Error("EIO");
  };
  await assert.rejects(queue.sync(), /EIO/);
  assert(queue.unsynced);
});

Deno.test("ConsumeQueue.discard() empties the queue for whoever still holds it", async () => {
  const fs = new PowerLossFiles();
  const queue = openQueue(fs);
  appendMany(queue, 0, 25);
  queue.write();
  const sync = queue.sync();
  queue.discard();
  fs.remove("consumequeue/T");
  await sync;
  assert.deepEqual([queue.unsynced, queue.unwritten, queue.end, queue.next], [false, 0, 0, 0]);
  queue.write();
  await queue.sync();
  assert.deepEqual(offsetsFrom(queue, 0), []);
  assert.equal(fs.stat("consumequeue/T"), undefined);
});

/** A disk that forgot everything it could; the folders above the queues were there before. */
function atWorst(fs: PowerLossFiles): PowerLossFiles {
  fs.syncDirectory(".");
  return fs.lose(() => false);
}

/** The only unit expires before it was written; the next one begins the queue's first file. */
const EXPIRED_UNWRITTEN = [
  { verb: "append", count: 1 },
  { verb: "truncate", count: 1 },
  { verb: "correct", count: 0 },
  { verb: "leap", count: 1 },
  { verb: "load", count: 2 },
];

/** What is left of a queue after the second cut would be padding. */
const CUT_TO_PADDING = [
  { verb: "append", count: 1 },
  { verb: "correct", count: 0 },
  { verb: "truncate", count: 1 },
  { verb: "leap", count: 1 },
  { verb: "truncate", count: 1 },
  { verb: "load", count: 0 },
];

Deno.test("ConsumeQueue agrees with a list of units, whatever is done to it", () => {
  const step = fc.record({
    verb: fc.constantFrom("append", "append", "leap", "truncate", "write", "load", "correct"),
    count: fc.oneof(fc.nat(30), fc.nat(3000)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const fs = new MemoryFiles();
      let queue = openQueue(fs, 64);
      let model: number[] = [];
      let offset = 0;
      // What has expired may be padding when it is loaded, and stays expired.
      let expired = 0;
      const append = (index: number) => {
        offset += 100;
        queue.append(index, { physicalOffset: offset, size: 100, tagsCode: 0 });
        while (model.length < index) model.push(0);
        model.push(offset);
      };
      append(0);
      for (const { verb, count } of steps) {
        if (verb === "append") { for (let n = 0; n < count; n++) append(queue.end); }
        else if (verb === "leap") append(queue.end + count % 100);
        else if (verb === "truncate") {
          const end = Math.max(queue.min, 1, queue.end - count);
          // Padding alone is no queue once it is loaded: whoever cuts it so far back replays the log.
          const isPadding = model[end - 1] === 0 &&
            model.slice(queue.min, end).every((it) => it === 0);
          if (!isPadding) queue.truncate(end);
          model = model.slice(0, queue.end);
        } else if (verb === "write") queue.write();
        else if (verb === "correct") queue.correctMin(Math.max(0, offset - count * 100));
        else {
          queue.write();
          queue = loaded(fs, 64);
        }
        assert.equal(queue.end, model.length);
        expired = Math.min(Math.max(expired, queue.min), queue.end);
        const from = Math.max(expired, queue.end - count - 1);
        assert.deepEqual(offsetsFrom(queue, from, 5000), model.slice(from));
      }
    }),
    { numRuns: 150, examples: [[EXPIRED_UNWRITTEN], [CUT_TO_PADDING]] },
  );
});

Deno.test("ConsumeQueue.dropExpiredFiles() removes what lies before the queue's beginning", () => {
  const fs = new MemoryFiles();
  const queue = openQueue(fs);
  appendMany(queue, 0, 35);
  queue.write();
  queue.correctMin(unit(19).physicalOffset);
  assert.equal(queue.min, 19);
  assert.equal(queue.dropExpiredFiles(), 1);
  assert.deepEqual(offsetsFrom(queue, 19), Array.from({ length: 16 }, (_, at) => 2900 + at * 100));
  queue.correctMin(1e9);
  assert.deepEqual([queue.min, queue.dropExpiredFiles(), queue.end], [35, 2, 35]);
  assert.deepEqual(fs.list(DIRECTORY), [offsetName(30 * UNIT_BYTES)]);
  appendMany(queue, 35, 36);
  queue.write();
  const again = loaded(fs);
  again.correctMin(unit(35).physicalOffset);
  assert.deepEqual([again.min, again.end], [35, 36]);
});

Deno.test("ConsumeQueue reads the same, however few units it keeps in memory", () => {
  for (const kept of [1, 16, 1024]) {
    const files = new OpenFiles(new MemoryFiles());
    const queue = new ConsumeQueue(files, {
      topic: "TopicTest",
      queueId: 0,
      directory: "store/consumequeue/TopicTest/0",
      fileUnits: 100,
      keptUnitsMax: () => kept,
    });
    for (let index = 0; index < 1_000; index++) {
      queue.append(index, { physicalOffset: index * 100, size: 100, tagsCode: index });
      if (index % 7 === 0) queue.write();
      for (const at of [0, index >> 1, Math.max(0, index - kept), index]) {
        assert.equal(queue.unitAt(at)?.physicalOffset, at * 100, `${at} of ${index}, kept ${kept}`);
      }
    }
  }
});
