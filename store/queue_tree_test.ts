import assert from "node:assert/strict";
import { SmallQueue } from "../testdata/small_queue.ts";
import { MemoryFiles } from "./file_memory.ts";
import { OpenFiles } from "./open_files.ts";
import { QueueTable } from "./queue_table.ts";
import { takeUpQueues, treeEnds } from "./queue_tree.ts";

const DIRECTORY = "store/consumequeue";
const FIRST = `${DIRECTORY}/A/0/00000000000000000000`;
const SECOND = `${DIRECTORY}/A/0/00000000000000000200`;

/** Queues A/0 with 15 units in two files, A/1 with 5 and B/0 with 1. */
function sample(): MemoryFiles {
  const fs = new MemoryFiles();
  new SmallQueue(10, fs, `${DIRECTORY}/A/0`).putRecords(0, 15, 0);
  new SmallQueue(10, fs, `${DIRECTORY}/A/1`).putRecords(0, 5, 2000);
  new SmallQueue(10, fs, `${DIRECTORY}/B/0`).putRecords(0, 1, 3000);
  return fs;
}

function tableOf(fs: MemoryFiles): QueueTable {
  return new QueueTable(new OpenFiles(fs), { directory: DIRECTORY, fileUnits: 10 });
}

function leftOf(fs: MemoryFiles) {
  const queues = tableOf(fs);
  queues.load();
  return treeEnds(fs, queues);
}

/** What is odd once something was done to the files, and the queues there are then. */
function taken(work: (fs: MemoryFiles) => void, exists = true) {
  const fs = sample();
  const left = leftOf(fs);
  work(fs);
  const queues = tableOf(fs);
  const odd = takeUpQueues(fs, queues, { left, exists: () => exists }).map((it) => {
    return `${it.queue.topic}/${it.queue.queueId}: ${it.why}; ${it.hole} ${it.isSame}`;
  });
  const ends = [...queues].map(({ topic, queueId, min, end }) =>
    `${topic}/${queueId} ${min}-${end}`
  );
  return { odd, ends, queues, fs };
}

const ALL = ["A/0 0-15", "A/1 0-5", "B/0 0-1"];

Deno.test("takeUpQueues() takes up what is as it was left, opening nothing", () => {
  const { odd, ends, queues, fs } = taken((fs) => {
    fs.openRead = () => assert.fail("a file was opened");
  });
  assert.deepEqual([odd, ends], [[], ALL]);
  fs.openRead = MemoryFiles.prototype.openRead.bind(fs);
  assert.equal(queues.get("A", 0)!.unitAt(12)!.physicalOffset, 1200);
  assert.deepEqual(treeEnds(fs, queues), leftOf(fs), "and can be left again");
});

Deno.test("takeUpQueues() tells what became of a last file", () => {
  const cases: readonly [work: (fs: MemoryFiles) => void, odd: string, end: string][] = [
    [(fs) => fs.remove(SECOND), "A/0: its last file is gone; 10 false", "A/0 0-10"],
    [
      (fs) => fs.cut(SECOND, 45),
      "A/0: its last file is shorter than it was left; 12 false",
      "A/0 0-12",
    ],
    [
      (fs) => fs.openWrite(SECOND).truncate(201),
      "A/0: its last file is longer than it was left; 15 false",
      "A/0 0-15",
    ],
    [
      (fs) => fs.openWrite(SECOND).write(new Uint8Array(40), 60),
      "A/0: its last file is not the one left; 13 false",
      "A/0 0-13",
    ],
    [
      (fs) => fs.put(SECOND, fs.snapshot().get(SECOND)!),
      "A/0: its last file is not the one left; 15 true",
      "A/0 0-15",
    ],
    [
      (fs) => fs.remove(`${DIRECTORY}/A/0`),
      "A/0: its last file is gone; 0 false",
      "A/0 0-0",
    ],
  ];
  for (const [work, odd, end] of cases) {
    assert.deepEqual(taken(work), { ...taken(work), odd: [odd], ends: [end, ...ALL.slice(1)] });
  }
});

Deno.test("takeUpQueues() sees what became of an older file, and where units begin to be wrong", () => {
  const cases: readonly [work: (fs: MemoryFiles) => void, hole: number][] = [
    [(fs) => fs.remove(FIRST), 0],
    [(fs) => fs.cut(FIRST, 100), 5],
    [(fs) => fs.openWrite(FIRST).write(new Uint8Array(20), 60), 3],
    // Units that lead behind those that follow.
    [(fs) => new SmallQueue(10, fs, `${DIRECTORY}/A/0`).putRecords(0, 10, 5000), 10],
  ];
  for (const [work, hole] of cases) {
    const why = "an older file is not the one left";
    assert.deepEqual(taken(work).odd, [`A/0: ${why}; ${hole} false`]);
  }
  const touch = (fs: MemoryFiles) => fs.put(FIRST, fs.snapshot().get(FIRST)!);
  assert.deepEqual(taken(touch).odd, ["A/0: an older file is not the one left; 15 true"]);
});

Deno.test("takeUpQueues() finds queues and topics the table does not know", () => {
  const { odd, ends } = taken((fs) => {
    new SmallQueue(10, fs, `${DIRECTORY}/A/7`).putRecords(0, 2, 9000);
    new SmallQueue(10, fs, `${DIRECTORY}/C/0`).putRecords(0, 3, 9500);
    fs.makeDirectory(`${DIRECTORY}/D/0`);
    fs.makeDirectory(`${DIRECTORY}/A/x`);
    fs.put(`${DIRECTORY}/stray`, Uint8Array.of(1));
  });
  assert.deepEqual(odd, [
    "A/7: the table of queue ends does not know it; Infinity false",
    "C/0: the table of queue ends does not know it; Infinity false",
  ]);
  assert.deepEqual(ends, ["A/0 0-15", "A/1 0-5", "A/7 0-2", "B/0 0-1", "C/0 0-3", "D/0 0-0"]);
});

Deno.test("takeUpQueues() leaves out what is gone of a topic that was deleted, not of another", () => {
  const work = (fs: MemoryFiles) => fs.remove(`${DIRECTORY}/B`);
  assert.deepEqual(taken(work, false), { ...taken(work, false), odd: [], ends: ALL.slice(0, 2) });
  const { odd, ends } = taken(work, true);
  assert.deepEqual(odd, ["B/0: its last file is gone; 0 false"]);
  assert.deepEqual(ends, [...ALL.slice(0, 2), "B/0 0-0"]);
});

Deno.test("a queue without files is left, and its folder looked at again", () => {
  const fs = sample();
  fs.makeDirectory(`${DIRECTORY}/A/2`);
  const left = leftOf(fs);
  const queues = tableOf(fs);
  assert.deepEqual(takeUpQueues(fs, queues, { left, exists: () => true }), []);
  assert.equal(queues.get("A", 2)!.end, 0);
  new SmallQueue(10, fs, `${DIRECTORY}/A/2`).putRecords(0, 4, 0);
  const [odd] = takeUpQueues(fs, tableOf(fs), { left, exists: () => true });
  assert.equal(odd!.why, "it had no files when the store was stopped");
  fs.remove(`${DIRECTORY}/A/2`);
  const others = tableOf(fs);
  assert.deepEqual(takeUpQueues(fs, others, { left, exists: () => true }), []);
  assert.equal(others.get("A", 2), undefined);
});

Deno.test("treeEnds() leaves out a queue of which something is not on the disk", async () => {
  const fs = sample();
  const queues = tableOf(fs);
  queues.load();
  const unit = { physicalOffset: 9000, size: 100, tagsCode: 0 };
  const queue = queues.get("A", 1)!;
  const idsOf = () => treeEnds(fs, queues).topics[0]!.queues.map((it) => it.queueId);
  assert.deepEqual(idsOf(), [0, 1]);
  queue.append(5, unit);
  assert.deepEqual(idsOf(), [0]);
  queue.write();
  assert.deepEqual(idsOf(), [0]);
  await queue.sync();
  assert.deepEqual(idsOf(), [0, 1]);
  assert.equal(treeEnds(fs, queues).topics[0]!.queues[1]!.end, 6);
});
