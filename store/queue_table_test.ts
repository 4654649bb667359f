import assert from "node:assert/strict";
import { storeInMemory } from "../testdata/fixture.ts";
import { SmallQueue } from "../testdata/small_queue.ts";
import type { FileSystem } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { OpenFiles } from "./open_files.ts";
import { isSafeTopic, QueueTable } from "./queue_table.ts";

function open(fs: FileSystem): QueueTable {
  const queues = new QueueTable(new OpenFiles(fs), { directory: "consumequeue", fileUnits: 10 });
  queues.load();
  return queues;
}

const UNIT = { physicalOffset: 0, size: 100, tagsCode: 0 };

Deno.test("isSafeTopic() takes Java's topic names, and those of other languages", () => {
  for (
    const topic of [
      "T",
      "%RETRY%group",
      "%LMQ%a",
      "SCHEDULE_TOPIC_XXXX",
      "a.b",
      "..a",
      "主题",
      "a b",
    ]
  ) {
    assert(isSafeTopic(topic), topic);
  }
  assert(isSafeTopic("t".repeat(255)));
});

Deno.test("isSafeTopic() takes no name that leads elsewhere or is damaged", () => {
  const names = ["", ".", "..", "../a", "a/b", "a\\b", "a\0b", "a\nb", "a\ufffdb", "t".repeat(256)];
  for (const topic of names) assert(!isSafeTopic(topic), JSON.stringify(topic));
});

Deno.test("QueueTable.load() takes up every queue, and nothing that is none", () => {
  const fs = new MemoryFiles();
  new SmallQueue(10, fs, "consumequeue/B/0").putRecords(0, 3, 0);
  new SmallQueue(10, fs, "consumequeue/A/11").putRecords(0, 1, 0);
  new SmallQueue(10, fs, "consumequeue/A/2").putRecords(0, 2, 0);
  new SmallQueue(10, fs, "consumequeue/A/x").putRecords(0, 2, 0);
  fs.put("consumequeue/stray", Uint8Array.of(1));
  const queues = open(fs);
  assert.deepEqual([...queues.topics()], ["A", "B"]);
  assert.deepEqual([...queues].map((it) => `${it.topic}/${it.queueId} ${it.end}`), [
    "A/11 1",
    "A/2 2",
    "B/0 3",
  ]);
  assert.equal(queues.get("A", 2)!.end, 2);
  assert.equal(queues.get("A", 3), undefined);
  assert.deepEqual(queues.queuesOf("C"), []);
});

Deno.test("QueueTable.load() refuses queues that are kept in RocksDB", () => {
  const fs = storeInMemory("5.5.0-e-rocksdb-102");
  const queues = new QueueTable(new OpenFiles(fs), {
    directory: "store/consumequeue",
    fileUnits: 60,
  });
  assert.throws(
    () => queues.load(),
    /^Error: Cannot open consume queues in "store\/consumequeue": they are kept in RocksDB$/,
  );
});

Deno.test("QueueTable.getOrCreate() makes a queue once, and no file for it", () => {
  const fs = new MemoryFiles();
  const queues = open(fs);
  const queue = queues.getOrCreate("T", 3);
  assert.equal(queues.getOrCreate("T", 3), queue);
  assert.notEqual(queues.getOrCreate("T", 4), queue);
  assert.deepEqual(fs.list("consumequeue"), []);
});

Deno.test("QueueTable.delete() removes one topic's queues and folder, which may come again at 0", () => {
  const fs = new MemoryFiles();
  const queues = open(fs);
  for (const topic of ["T", "U"]) {
    const queue = queues.getOrCreate(topic, 0);
    queue.append(0, UNIT);
    queue.write();
  }
  const held = queues.getOrCreate("T", 0);
  queues.delete("T");
  queues.delete("T");
  queues.delete("..");
  assert.deepEqual(fs.list("consumequeue"), ["U"]);
  assert.equal(held.end, 0);
  held.write();
  assert.deepEqual(fs.list("consumequeue"), ["U"]);
  assert.equal(queues.getOrCreate("T", 0).append(0, UNIT), "appended");
  assert.deepEqual([...queues.topics()], ["U", "T"]);
});

Deno.test("QueueTable goes over queues that are made or deleted meanwhile", () => {
  const queues = open(new MemoryFiles());
  for (const queueId of [0, 1, 2]) queues.getOrCreate("A", queueId).append(0, UNIT);
  const met: string[] = [];
  for (const queue of queues) {
    met.push(`${queue.topic}/${queue.queueId} ${queue.end}`);
    if (queue.topic === "A" && queue.queueId === 0) {
      queues.delete("A");
      queues.getOrCreate("B", 0);
    }
  }
  // Those of the deleted topic are met still, and are empty.
  assert.deepEqual(met, ["A/0 1", "A/1 0", "A/2 0", "B/0 0"]);
});

Deno.test("QueueTable.lightCount counts light queues, found or made, until they are deleted", () => {
  const fs = new MemoryFiles();
  const queues = open(fs);
  for (const topic of ["%LMQ%a", "T", "%LMQ%b", "%LMQ%a"]) {
    const queue = queues.getOrCreate(topic, 0);
    queue.append(queue.end, UNIT);
    queue.write();
  }
  assert.equal(queues.lightCount, 2);
  queues.delete("%LMQ%a");
  queues.delete("%LMQ%a");
  queues.delete("T");
  assert.equal(queues.lightCount, 1);
  assert.equal(open(fs).lightCount, 1);
});
