import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import { ConsumeQueue } from "./consume_queue.ts";
import { QUEUE_PADDING } from "./format.ts";
import { OpenFiles } from "./open_files.ts";
import { SmallQueue } from "../testdata/small_queue.ts";
import { StoredUnits } from "./stored_units.ts";

const DIRECTORY = "store/consumequeue/T/0";

function opened(files: MemoryFiles): ConsumeQueue {
  const options = { topic: "T", queueId: 0, directory: DIRECTORY, fileUnits: 10 };
  const queue = new ConsumeQueue(new OpenFiles(files), options);
  queue.load();
  return queue;
}

Deno.test("StoredUnits tells where the units of several files lead, in any order", () => {
  const queue = opened(new SmallQueue(10, new MemoryFiles(), DIRECTORY).putRecords(0, 95, 0).files);
  const stored = new StoredUnits(queue, 95);
  for (const index of [0, 94, 9, 10, 33, 32, 64, 31]) {
    assert.equal(stored.offsetAt(index), index * 100, `${index}`);
  }
  for (const index of [-1, 95, 1e9, Number.MIN_SAFE_INTEGER]) {
    assert.equal(stored.offsetAt(index), -1, `${index}`);
  }
});

Deno.test("StoredUnits knows what the queue was, whatever is dropped and put again", () => {
  const queue = opened(new SmallQueue(10, new MemoryFiles(), DIRECTORY).putRecords(0, 40, 0).files);
  const stored = new StoredUnits(queue, 40);
  queue.truncate(5);
  queue.append(5, { physicalOffset: 7777, size: 100, tagsCode: 0 });
  assert.equal(stored.offsetAt(5), 500);
  assert.equal(stored.offsetAt(39), 3900);
});

Deno.test("StoredUnits takes padding, zeros and what lies behind the end for nothing", () => {
  const small = new SmallQueue(10, new MemoryFiles(), DIRECTORY).putRecords(0, 12, 0);
  small.put(3, QUEUE_PADDING).put(4, { physicalOffset: 5, size: 0 });
  const stored = new StoredUnits(opened(small.files), 8);
  assert.deepEqual([2, 3, 4, 5, 8].map((index) => stored.offsetAt(index)), [200, -1, -1, 500, -1]);
  const past = [2, 3, 4, 5, 8].map((index) => stored.leadsPast(index, 200));
  assert.deepEqual(past, [false, false, false, true, false]);
});
