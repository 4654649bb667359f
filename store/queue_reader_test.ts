import assert from "node:assert/strict";
import fc from "fast-check";
import { SmallQueue } from "../testdata/small_queue.ts";
import { MemoryFiles } from "./file_memory.ts";
import { QUEUE_EXT_ADDRESS_MAX, QUEUE_PADDING } from "./format.ts";
import { storePaths } from "./names.ts";
import { listQueueFiles, listQueues, QueueTrees } from "./queue_reader.ts";

Deno.test("QueueReader.moveTo() reads the unit of an index, across files", () => {
  const reader = new SmallQueue(5).putRecords(3, 9, 1000).reader();
  for (const index of [11, 3, 4, 5, 9, 10]) {
    assert(reader.moveTo(index));
    assert.deepEqual([reader.index, reader.physicalOffset, reader.size], [
      index,
      1000 + (index - 3) * 100,
      100,
    ]);
  }
  assert(reader.moveTo(3));
  let count = 1;
  while (reader.next() && reader.isValid()) count++;
  assert.equal(count, 9);
  reader.close();
});

Deno.test("QueueReader.moveTo() is false where no file has the unit, and keeps the last one", () => {
  const reader = new SmallQueue(5).putRecords(10, 3, 1000).reader();
  assert(reader.moveTo(11));
  assert(!reader.moveTo(9));
  assert(!reader.moveTo(15));
  assert.deepEqual([reader.index, reader.physicalOffset], [11, 1100]);
  assert(reader.moveTo(14));
  assert(!reader.isValid());
  reader.close();
});

Deno.test("QueueReader tells valid units, padding and room as Java does", () => {
  const queue = new SmallQueue(10).put(
    0,
    { physicalOffset: 0, size: 1 },
    { physicalOffset: -1, size: 100 },
    { physicalOffset: 100, size: 0 },
    { physicalOffset: 100, size: -5 },
    QUEUE_PADDING,
    { physicalOffset: 5, size: QUEUE_PADDING.size },
  );
  const reader = queue.reader();
  const seen: [boolean, boolean][] = [];
  for (let index = 0; index < 7; index++) {
    assert(reader.moveTo(index));
    seen.push([reader.isValid(), reader.isPadding()]);
  }
  assert.deepEqual(seen, [
    [true, false],
    [false, false],
    [false, false],
    [false, false],
    [true, true],
    [true, false],
    [false, false],
  ]);
  reader.close();
});

Deno.test("QueueReader.tagsCode() has all 64 bits, and isExtAddress() Java's border", () => {
  const border = [QUEUE_EXT_ADDRESS_MAX - 1n, QUEUE_EXT_ADDRESS_MAX, QUEUE_EXT_ADDRESS_MAX + 1n];
  const codes = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(...border),
  );
  fc.assert(fc.property(codes, (tagsCode) => {
    const reader = new SmallQueue(1).put(0, { tagsCode }).reader();
    assert(reader.moveTo(0));
    assert.equal(reader.tagsCode(), tagsCode);
    assert.equal(reader.isExtAddress(), tagsCode <= QUEUE_EXT_ADDRESS_MAX);
    assert.equal(reader.tagsCodeLow, Number(BigInt.asIntN(32, tagsCode)));
    assert.equal(reader.tagsCodeHigh, Number(tagsCode >> 32n));
    reader.close();
  }));
});

function listing(...paths: string[]) {
  const fs = new MemoryFiles();
  for (const path of paths) {
    if (path.endsWith("/")) fs.makeDirectory(`store/${path.slice(0, -1)}`);
    else fs.put(`store/${path}`, new Uint8Array(1));
  }
  const { queues, strays, isRocksDb } = listQueues(fs, storePaths("store"));
  const names = queues.map(({ kind, topic, queueId }) => `${kind} ${topic} ${queueId}`);
  return { names, strays, isRocksDb };
}

Deno.test("listQueues() finds the queues of both trees, sorted by topic, number and kind", () => {
  assert.deepEqual(
    listing(
      "consumequeue/b/10/",
      "consumequeue/b/9/",
      "consumequeue/%RETRY%a/0/00000000000000000000",
      "batchconsumequeue/b/9/",
      "batchconsumequeue/a/2147483647/",
    ).names,
    ["simple %RETRY%a 0", "batch a 2147483647", "simple b 9", "batch b 9", "simple b 10"],
  );
});

Deno.test("listQueueFiles() knows by the kind of a queue where its files may begin", () => {
  const fs = new MemoryFiles();
  for (const start of [40, 46]) fs.put(`q/${String(start).padStart(20, "0")}`, new Uint8Array(9));
  const starts = (kind: "simple" | "batch") =>
    listQueueFiles(fs, { kind, path: "q" }).segments.map(({ start }) => start);
  assert.deepEqual([starts("simple"), starts("batch")], [[40], [46]]);
});

Deno.test("listQueues() tells what is no queue", () => {
  const { names, strays } = listing(
    "consumequeue/T/0/",
    "consumequeue/T/00/",
    "consumequeue/T/-1/",
    "consumequeue/T/-0/",
    "consumequeue/T/2147483648/",
    "consumequeue/T/x/",
    "consumequeue/T/1",
    "consumequeue/empty/",
    "consumequeue/note",
  );
  // A Java broker takes up what damage in a record made, too.
  assert.deepEqual(names, ["simple T -1", "simple T 0"]);
  assert.deepEqual(strays, [
    "store/consumequeue/T/-0",
    "store/consumequeue/T/00",
    "store/consumequeue/T/1",
    "store/consumequeue/T/2147483648",
    "store/consumequeue/T/x",
    "store/consumequeue/note",
  ]);
});

Deno.test("listQueues() detects RocksDB and does not take its files for strays", () => {
  const found = listing(
    "consumequeue/CURRENT",
    "consumequeue/000004.log",
    "batchconsumequeue/b/0/",
  );
  assert.deepEqual(found, { names: ["batch b 0"], strays: [], isRocksDb: true });
  // A topic may have that name.
  assert.deepEqual(listing("consumequeue/CURRENT/0/").names, ["simple CURRENT 0"]);
});

Deno.test("listQueues() of a store without queues is empty", () => {
  assert.deepEqual(listing(), { names: [], strays: [], isRocksDb: false });
});

Deno.test("QueueTrees finds topic by topic what listQueues() finds at once", () => {
  const fs = new MemoryFiles();
  const put = (path: string) => fs.put(path, new Uint8Array(1));
  for (const queue of ["B/10", "B/9", "A/0", "b/0", "A/07"]) put(`s/consumequeue/${queue}/f`);
  for (const queue of ["A/0", "C/1"]) put(`s/batchconsumequeue/${queue}/f`);
  put("s/consumequeue/file");
  const trees = new QueueTrees(fs, storePaths("s"));
  const names = [...trees.walk()].map((it) => `${it.kind} ${it.topic}/${it.queueId}`);
  assert.deepEqual(names, [
    ...["simple A/0", "batch A/0", "simple B/9", "simple B/10", "batch C/1", "simple b/0"],
  ]);
  assert.deepEqual([...trees.walk()], listQueues(fs, storePaths("s")).queues);
  assert.deepEqual(trees.topics(), ["A", "B", "C", "b", "file"]);
  assert.deepEqual([...trees.walk("B")].map((it) => it.queueId), [9, 10]);
  for (const none of ["file", "", "..", "B/9", "../batchconsumequeue/C"]) {
    assert.deepEqual([...trees.walk(none)], [], none);
  }
  assert.deepEqual([...new QueueTrees(new MemoryFiles(), storePaths("s")).walk()], []);
});
