import assert from "node:assert/strict";
import { readTruth, storeInMemory, type Truth, type TruthQueue } from "../testdata/fixture.ts";
import { queueMinJava4, queueMinJava5 } from "../testdata/java_queue_min.ts";
import { describedStore, loadedStores } from "../testdata/store_cases.ts";
import { batchQueueEnd, batchQueueMin, BatchQueueReader } from "./batch_queue_reader.ts";
import type { FileSystem } from "./file.ts";
import { queueDirectory, storePaths } from "./names.ts";
import { extOffset, QueueExtReader, type QueueExtUnit } from "./queue_ext_reader.ts";
import { queueEnd, queueMin } from "./queue_range.ts";
import { listQueues, type QueueDirectory, QueueReader } from "./queue_reader.ts";
import { listSegments } from "./segments.ts";

const PATHS = storePaths("store");

function idOf(queue: { readonly topic: string; readonly queueId: number }): string {
  return `${queue.topic}/${queue.queueId}`;
}

/** Java 4.x reads the progress of delayed messages and makes a queue in memory for every level. */
function hasFiles(truth: Truth, queue: TruthQueue): boolean {
  return !(truth.version.startsWith("4.") && queue.topic === "SCHEDULE_TOPIC_XXXX" &&
    queue.maxOffset === 0 && queue.maxPhysicOffset === -1);
}

/** An extension unit as Java prints it. */
function printed({ size, tagsCode, storeTimestamp, bitMap }: QueueExtUnit): string {
  const bits = bitMap.length === 0 ? "null" : `[${Array.from(new Int8Array(bitMap)).join(", ")}]`;
  return `CqExtUnit{size=${size}, tagsCode=${tagsCode}, msgStoreTime=${storeTimestamp}, ` +
    `bitMapSize=${bitMap.length}, filterBitMap=${bits}}`;
}

function checkSimple(
  files: FileSystem,
  queue: QueueDirectory,
  { truth, expected }: { readonly truth: Truth; readonly expected: TruthQueue },
): void {
  const reader = new QueueReader(files, listSegments(files, queue.path));
  const ext = new QueueExtReader(
    files,
    listSegments(files, queueDirectory(PATHS.consumeQueueExt, queue)),
  );
  const { minPhyOffset: logMin, maxPhyOffset: logEnd } = truth;
  const { index: end, physicalEnd } = queueEnd(reader, { logEnd });
  assert.equal(end, expected.maxOffset);
  const javaMin = truth.version.startsWith("4.") ? queueMinJava4 : queueMinJava5;
  assert.equal(javaMin(reader, { end, logMin }), expected.minOffset);
  checkOwnMin(reader, { truth, expected });
  checkPhysicalEnd(physicalEnd, { truth, expected, lastSize: expected.cq.at(-1)?.[2] ?? 0 });
  assert.equal(expected.cq.length, end - expected.minOffset);
  for (const [index, physicalOffset, size, tagsCode, batchNum = 1] of expected.cq) {
    assert(reader.moveTo(index!) && reader.isValid() && !reader.isPadding());
    assert.deepEqual([reader.physicalOffset, reader.size, 1], [physicalOffset, size, batchNum]);
    const inJava = expected[`ext@${index!}`];
    assert.equal(inJava !== undefined, reader.isExtAddress());
    if (inJava === undefined) assert.equal(reader.tagsCode(), BigInt(tagsCode!));
    else {
      const { unit } = ext.read(extOffset(reader.tagsCodeHigh, reader.tagsCodeLow));
      assert(unit !== undefined);
      assert.equal(printed(unit), inJava);
      assert.equal(unit.tagsCode, BigInt(tagsCode!));
    }
  }
  reader.close();
  ext.close();
}

/** Ours is Java 5's, and differs from Java 4's where all units lead to records that are gone. */
function checkOwnMin(
  reader: QueueReader,
  { truth, expected }: { readonly truth: Truth; readonly expected: TruthQueue },
): void {
  const gone = expected.maxPhysicOffset <= truth.minPhyOffset && truth.minPhyOffset > 0;
  const own = queueMin(reader, { end: expected.maxOffset, logMin: truth.minPhyOffset });
  assert.equal(own, gone ? expected.maxOffset : expected.minOffset);
}

/** Java 4.2 keeps the start of the last record; a queue cut to nothing has the end of the log. */
function checkPhysicalEnd(
  physicalEnd: number,
  { truth, expected, lastSize }: {
    readonly truth: Truth;
    readonly expected: TruthQueue;
    readonly lastSize: number;
  },
): void {
  if (truth.version === "4.2.0") assert.equal(physicalEnd - lastSize, expected.maxPhysicOffset);
  else if (physicalEnd >= 0) assert.equal(physicalEnd, expected.maxPhysicOffset);
  else assert([-1, truth.maxPhyOffset].includes(expected.maxPhysicOffset));
}

function checkBatch(
  files: FileSystem,
  queue: QueueDirectory,
  { truth, expected }: { readonly truth: Truth; readonly expected: TruthQueue },
): void {
  const reader = new BatchQueueReader(files, listSegments(files, queue.path));
  const end = batchQueueEnd(reader);
  assert.equal(end.index, expected.maxOffset);
  assert.equal(end.physicalStart, expected.maxPhysicOffset);
  assert.equal(end.number, expected.cq.length);
  assert.equal(batchQueueMin(reader, { end, logMin: truth.minPhyOffset }), expected.minOffset);
  expected.cq.forEach((unit, number) => {
    assert(reader.moveTo(number) && reader.isValid());
    const { baseOffset, physicalOffset, size, batchSize } = reader;
    const found = [baseOffset, physicalOffset, size, Number(reader.tagsCode()), batchSize];
    assert.deepEqual(found, unit);
    for (let index = baseOffset; index < baseOffset + batchSize; index++) {
      assert(reader.moveToIndex(index, end.number));
      assert.equal(reader.number, number);
    }
  });
  assert.equal(reader.moveToIndex(end.index, end.number), false);
  reader.close();
}

for (const store of loadedStores()) {
  Deno.test(`queues and units are those Java found: ${store.name}`, () => {
    const truth = readTruth(store.name);
    const files = describedStore(store);
    const listing = listQueues(files, PATHS);
    assert.deepEqual(listing.strays, []);
    assert.equal(listing.isRocksDb, store.isRocksDb === true);
    const expected = truth.queues.filter((queue) => hasFiles(truth, queue));
    assert.deepEqual(listing.queues.map(idOf).sort(), expected.map(idOf).sort());
    for (const queue of listing.queues) {
      const inJava = expected.find((it) => idOf(it) === idOf(queue))!;
      assert.equal(queue.kind, inJava.cqType === "BatchCQ" ? "batch" : "simple");
      const check = queue.kind === "batch" ? checkBatch : checkSimple;
      check(files, queue, { truth, expected: inJava });
    }
  });
}

for (const store of loadedStores().filter((it) => it.described === "after-java-recovery")) {
  Deno.test(`units recorded before Java's recovery are those Java kept: ${store.name}`, () => {
    const truth = readTruth(store.name);
    const files = storeInMemory(store.name, "recorded");
    const inJava = new Map(truth.queues.map((queue) => [idOf(queue), queue]));
    for (const queue of listQueues(files, PATHS).queues) {
      const units = inJava.get(idOf(queue))!.cq;
      const check = queue.kind === "batch" ? checkBatchKept : checkSimpleKept;
      check(files, queue, { truth, units: new Map(units.map((unit) => [unit[0]!, unit])) });
    }
  });
}

/** What Java kept of a queue, by index. */
interface Kept {
  readonly truth: Truth;
  readonly units: ReadonlyMap<number, readonly number[]>;
}

/** What is not there yet, Java made from the log; what leads before the log, Java passes over. */
function checkSimpleKept(files: FileSystem, queue: QueueDirectory, { truth, units }: Kept): void {
  const reader = new QueueReader(files, listSegments(files, queue.path));
  const { index: end } = queueEnd(reader, { logEnd: truth.maxPhyOffset });
  for (let index = reader.files.first; index < end; index++) {
    assert(reader.moveTo(index));
    const kept = units.get(index);
    if (kept === undefined) assert(reader.physicalOffset < truth.minPhyOffset);
    else assert.deepEqual([index, reader.physicalOffset, reader.size], kept.slice(0, 3));
  }
  reader.close();
}

function checkBatchKept(files: FileSystem, queue: QueueDirectory, { units }: Kept): void {
  const reader = new BatchQueueReader(files, listSegments(files, queue.path));
  const { number: end } = batchQueueEnd(reader);
  for (let number = 0; number < end; number++) {
    assert(reader.moveTo(number));
    const { baseOffset, physicalOffset, size } = reader;
    assert.deepEqual([baseOffset, physicalOffset, size], units.get(baseOffset)?.slice(0, 3));
  }
  reader.close();
}
