import assert from "node:assert/strict";
import { batchQueueEnd, batchQueueMin, BatchQueueReader } from "./batch_queue_reader.ts";
import { MemoryFiles } from "./file_memory.ts";
import { BATCH_QUEUE_UNIT } from "./format.ts";
import { offsetName } from "./names.ts";
import { listSegments } from "./segments.ts";

const FILE_UNITS = 4;
const FILE_BYTES = FILE_UNITS * BATCH_QUEUE_UNIT.size;

/** A queue of batches of the given sizes, records 100 bytes apart, `gap` indexes between them. */
function batches(
  sizes: readonly number[],
  options: { from?: number; gap?: number } = {},
): MemoryFiles {
  const fs = new MemoryFiles();
  let index = options.from ?? 0;
  sizes.forEach((batchSize, number) => {
    const path = `q/${offsetName(Math.floor(number / FILE_UNITS) * FILE_BYTES)}`;
    if (fs.stat(path) === undefined) fs.put(path, new Uint8Array(FILE_BYTES));
    const bytes = new Uint8Array(BATCH_QUEUE_UNIT.size);
    BATCH_QUEUE_UNIT.write(new DataView(bytes.buffer), 0, {
      physicalOffset: 1000 + number * 100,
      size: 100,
      tagsCode: BigInt(-number),
      storeTimestamp: 1_700_000_000_000 + number,
      baseOffset: index,
      batchSize,
      compactedOffset: -1,
      reserved: 0,
    });
    fs.openWrite(path).write(bytes, (number % FILE_UNITS) * BATCH_QUEUE_UNIT.size);
    index += batchSize + (options.gap ?? 0);
  });
  return fs;
}

function readerOf(fs: MemoryFiles): BatchQueueReader {
  return new BatchQueueReader(fs, listSegments(fs, "q"));
}

Deno.test("BatchQueueReader.moveTo() reads the unit of a number, across files", () => {
  const reader = readerOf(batches([3, 1, 5, 2, 7]));
  assert(reader.moveTo(4));
  assert.deepEqual(
    [reader.number, reader.physicalOffset, reader.size, reader.baseOffset, reader.batchSize],
    [4, 1400, 100, 11, 7],
  );
  assert.equal(reader.storeTimestamp, 1_700_000_000_004);
  assert.equal(reader.tagsCode(), -4n);
  assert(reader.moveTo(0) && reader.next());
  assert.deepEqual([reader.number, reader.baseOffset], [1, 3]);
  assert(reader.moveTo(7));
  assert(!reader.isValid());
  assert(!reader.next());
  reader.close();
});

Deno.test("BatchQueueReader.moveToIndex() finds the batch that holds an index", () => {
  const sizes = [3, 1, 5, 2, 7];
  const reader = readerOf(batches(sizes, { from: 100 }));
  const end = batchQueueEnd(reader).number;
  let index = 100;
  sizes.forEach((size, number) => {
    for (let nth = 0; nth < size; nth++) {
      assert(reader.moveToIndex(index, end), `index ${index}`);
      assert.equal(reader.number, number);
      index++;
    }
  });
  assert(!reader.moveToIndex(99, end));
  assert(!reader.moveToIndex(index, end));
  reader.close();
});

Deno.test("BatchQueueReader.moveToIndex() tells an index between batches", () => {
  const reader = readerOf(batches([2, 2], { gap: 3 }));
  const end = batchQueueEnd(reader).number;
  const found = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => reader.moveToIndex(index, end));
  assert.deepEqual(found, [true, true, false, false, false, true, true, false]);
  reader.close();
});

Deno.test("batchQueueEnd() is behind the last valid unit", () => {
  const none = { number: 0, index: 0, physicalStart: -1 };
  assert.deepEqual(batchQueueEnd(readerOf(new MemoryFiles())), none);
  assert.deepEqual(batchQueueEnd(readerOf(batches([0, 5]))), none);
  const reader = readerOf(batches([3, 1, 5, 2, 7]));
  assert.deepEqual(batchQueueEnd(reader), { number: 5, index: 18, physicalStart: 1400 });
  // Seventeen units are five files; a hole in the first two is out of sight, as in Java.
  const sizes = new Array(17).fill(1);
  sizes[1] = 0;
  assert.equal(batchQueueEnd(readerOf(batches(sizes))).number, 17);
  reader.close();
});

Deno.test("batchQueueMin() is the first message of the first record the log still has", () => {
  const reader = readerOf(batches([3, 1, 5], { from: 10 }));
  const end = batchQueueEnd(reader);
  const min = (logMin: number) => batchQueueMin(reader, { end, logMin });
  assert.deepEqual([0, 1000, 1001, 1100, 1101, 1200, 1201].map(min), [10, 10, 13, 13, 14, 14, 19]);
  reader.close();
});
