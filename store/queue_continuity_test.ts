import assert from "node:assert/strict";
import { storeInMemory, storeNames } from "../testdata/fixture.ts";
import { SmallStore } from "../testdata/small_store.ts";
import { BatchQueueTable } from "./batch_queue_table.ts";
import type { MemoryFiles } from "./file_memory.ts";
import { QUEUE_PADDING } from "./format.ts";
import { LogLookup } from "./log_lookup.ts";
import { offsetName, storePaths } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { type Discontinuity, findDiscontinuity } from "./queue_continuity.ts";
import { QueueTable } from "./queue_table.ts";
import { listSegments } from "./segments.ts";
import { readTopicKinds } from "./topic_kinds.ts";

const PATHS = storePaths("store");
const QUEUE = "store/consumequeue/TopicTest/0";
const BODY = new Uint8Array(70);

interface Looked {
  readonly found: ReadonlyMap<string, Discontinuity>;
  readonly mins: ReadonlyMap<string, number>;
  readonly opened: readonly string[];
}

/** Loads all queues and looks at their files. */
function look(fs: MemoryFiles, replayedFrom = Infinity): Looked {
  using files = new OpenFiles(fs);
  const queues = new QueueTable(files, { directory: PATHS.consumeQueue, fileUnits: 10 });
  const { isBatch } = readTopicKinds(fs, PATHS);
  const directory = PATHS.batchConsumeQueue;
  const batchQueues = new BatchQueueTable(files, { directory, fileUnits: 10, isBatch });
  queues.load();
  batchQueues.load();
  const log = listSegments(fs, PATHS.commitLogs);
  const lookup = new LogLookup(fs, log);
  const opened: string[] = [];
  const openRead = fs.openRead.bind(fs);
  fs.openRead = (path) => {
    opened.push(path);
    return openRead(path);
  };
  const found = new Map<string, Discontinuity>();
  const mins = new Map<string, number>();
  for (const queue of [...queues, ...batchQueues]) {
    const name = `${queue.topic}/${queue.queueId}`;
    const flaw = findDiscontinuity(queue, { fs, log, lookup, replayedFrom });
    if (flaw !== undefined) found.set(name, flaw);
    mins.set(name, "firstUnit" in queue ? queue.firstUnit : queue.min);
  }
  fs.openRead = openRead;
  lookup.close();
  return { found, mins, opened };
}

/** 45 messages of one queue and one of another, in files of 10 units and 4096 bytes. */
function sample(): SmallStore {
  return new SmallStore().addMany(45, { body: BODY }).addMany(1, { queueId: 1 }).save();
}

function only({ found }: Looked): Discontinuity | undefined {
  assert(found.size < 2);
  return found.get("TopicTest/0");
}

Deno.test("findDiscontinuity() finds nothing in what a Java broker leaves", () => {
  let queues = 0;
  for (const name of storeNames()) {
    if (/-c-(damage|flip)-|rocksdb/.test(name)) continue;
    const { found, mins } = look(storeInMemory(name));
    assert.deepEqual([...found], [], name);
    queues += mins.size;
  }
  assert(queues > 200);
});

Deno.test("findDiscontinuity() of queues of one file that begins at 0 opens nothing", () => {
  const { found, opened } = look(new SmallStore().addMany(9).addMany(3, { queueId: 1 }).files);
  assert.deepEqual([found.size, opened.filter((it) => it.includes("commitlog"))], [0, []]);
});

Deno.test("findDiscontinuity() tells of each file that is missing, and where the hole begins", () => {
  const missing: readonly (readonly [file: number, hole: number, why: RegExp])[] = [
    [0, 10, /a file in front of 0{17}200 is missing/],
    [1, 10, /the file behind 0{20} is missing/],
    [2, 20, /the file behind 0{17}200 is missing/],
    [3, 30, /the file behind 0{17}400 is missing/],
  ];
  for (const [file, hole, why] of missing) {
    const { files: fs } = sample();
    fs.remove(`${QUEUE}/${offsetName(file * 200)}`);
    const found = only(look(fs))!;
    assert.equal(found.hole, hole);
    assert.match(found.why, why);
  }
});

Deno.test("findDiscontinuity() tells of an older file that is not full, or is another's", () => {
  const path = `${QUEUE}/${offsetName(200)}`;
  const older = sample().files;
  older.zero(path, 60, 140);
  assert.deepEqual(only(look(older)), {
    hole: 13,
    why: "00000000000000000200 is not full, and units follow it",
  });
  for (const other of [0, 400]) {
    const { files: fs } = sample();
    fs.put(path, fs.snapshot().get(`${QUEUE}/${offsetName(other)}`)!.slice());
    assert.deepEqual(only(look(fs)), {
      hole: 10,
      why: "00000000000000000200 leads to other records",
    });
  }
});

Deno.test("findDiscontinuity() bears a unit that leads to a damaged record, stand-ins and padding", () => {
  const damaged = sample();
  damaged.log.flip(damaged.log.records[9]!.at + 5);
  assert.equal(only(look(damaged.files)), undefined);

  const standIn = sample();
  const { queue } = standIn.queue("TopicTest", 0);
  const { at, length } = standIn.log.records[8]!;
  for (const index of [9, 10]) queue.put(index, { physicalOffset: at, size: length });
  assert.equal(only(look(standIn.files)), undefined);

  const padded = new SmallStore();
  padded.queue("TopicTest", 0).end = 23;
  padded.addMany(20, { body: BODY });
  for (let index = 20; index < 23; index++) {
    padded.queue("TopicTest", 0).queue.put(index, QUEUE_PADDING);
  }
  assert.equal(only(look(padded.save().files)), undefined);
});

Deno.test("findDiscontinuity(): files of expired messages may be missing; the queue begins behind them", () => {
  const { files: fs, log } = sample();
  // The last message that has expired is the 24th, in the third file.
  const expired = log.records.findIndex((it) => it.at >= 4096);
  assert(expired > 20 && expired < 30);
  fs.remove(`store/commitlog/${offsetName(0)}`);
  fs.remove(`${QUEUE}/${offsetName(0)}`);
  assert.equal(only(look(fs)), undefined);
  fs.put(`${QUEUE}/${offsetName(0)}`, new Uint8Array(200).fill(1));
  fs.remove(`${QUEUE}/${offsetName(200)}`);
  const looked = look(fs);
  assert.equal(only(looked), undefined);
  assert.equal(looked.mins.get("TopicTest/0"), 20);
});

Deno.test("findDiscontinuity(): a file that begins with the first message of the log is no sign", () => {
  const store = new SmallStore({ logStart: 8192 });
  store.queue("TopicTest", 0).end = 10;
  store.addMany(3, { queueId: 1 }).addMany(12, { body: BODY }).save();
  assert.equal(only(look(store.files)), undefined);
});

Deno.test("findDiscontinuity() leaves to the replay what the replay brings", () => {
  const { files: fs, log } = sample();
  fs.remove(`${QUEUE}/${offsetName(400)}`);
  assert.equal(only(look(fs, log.records[30]!.at + 1))?.hole, 20);
  assert.equal(only(look(fs, log.records[30]!.at)), undefined);
});
