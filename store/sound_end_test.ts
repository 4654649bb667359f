import assert from "node:assert/strict";
import { storeInMemory } from "../testdata/fixture.ts";
import { SmallStore } from "../testdata/small_store.ts";
import { BatchQueueTable } from "./batch_queue_table.ts";
import { LogLookup } from "./log_lookup.ts";
import { QUEUE_PADDING } from "./format.ts";
import { storePaths } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { QueueTable } from "./queue_table.ts";
import { listSegments } from "./segments.ts";
import { lastOf, soundEnd, type UnitLimits } from "./sound_end.ts";

const PATHS = storePaths("store");
const BODY = new Uint8Array(40);

function sample(): SmallStore {
  const store = new SmallStore();
  for (let nth = 0; nth < 8; nth++) {
    store.add({ body: BODY, properties: `TAGS\u0001tag${nth}\u0002` });
  }
  return store.addMany(2, { queueId: 1, body: BODY }).save();
}

function endOf({ files }: SmallStore, limits: UnitLimits = {}, queueId = 0): number | undefined {
  using open = new OpenFiles(files);
  const queues = new QueueTable(open, { directory: PATHS.consumeQueue, fileUnits: 10 });
  queues.load();
  const lookup = new LogLookup(files, listSegments(files, PATHS.commitLog));
  try {
    return soundEnd(queues.get("TopicTest", queueId)!, { lookup, ...limits });
  } finally {
    lookup.close();
  }
}

function behind(store: SmallStore, nth: number): number {
  const { at, length } = store.log.records[nth]!;
  return at + length;
}

Deno.test("soundEnd() is behind the record of the last unit, within limits", () => {
  const store = sample();
  assert.equal(endOf(store), behind(store, 7));
  assert.equal(endOf(store, {}, 1), behind(store, 9));
  for (let hole = 1; hole <= 8; hole++) {
    assert.equal(endOf(store, { hole }), behind(store, hole - 1));
  }
  assert.equal(endOf(store, { hole: 0 }), undefined);
  for (let nth = 1; nth < 8; nth++) {
    const logEnd = store.log.records[nth]!.at;
    assert.equal(endOf(store, { logEnd }), behind(store, nth - 1));
    assert.equal(endOf(store, { logEnd, hole: 1 }), behind(store, 0));
  }
});

Deno.test("soundEnd() goes one unit back where a cut left half of the last one, and no farther", () => {
  const wrong = (nth: number, wish: object) => {
    const store = sample();
    const { at, length } = store.log.records[nth]!;
    const tagsCode = BigInt("tag0".length);
    store.queue().queue.put(nth, { physicalOffset: at, size: length, tagsCode, ...wish });
    return store;
  };
  const before = behind(sample(), 6);
  assert.equal(endOf(wrong(7, { size: 4 })), before);
  assert.equal(endOf(wrong(7, {})), before, "with another tags code");
  assert.equal(endOf(wrong(7, { physicalOffset: 3 })), before);
  assert.equal(endOf(wrong(7, { physicalOffset: sample().log.records[8]!.at })), before);
  const twice = wrong(7, {});
  const { at, length } = twice.log.records[0]!;
  twice.queue().queue.put(6, { physicalOffset: at, size: length });
  assert.equal(endOf(twice), undefined);
});

Deno.test("soundEnd() of a queue with another's units is not known", () => {
  const store = sample();
  const [one, two] = store.log.records.slice(8);
  const units = [one!, two!].map(({ at, length }) => ({ physicalOffset: at, size: length }));
  store.queue("Other", 0).queue.put(0, ...units);
  using open = new OpenFiles(store.files);
  const queues = new QueueTable(open, { directory: PATHS.consumeQueue, fileUnits: 10 });
  queues.load();
  const lookup = new LogLookup(store.files, listSegments(store.files, PATHS.commitLog));
  assert.equal(soundEnd(queues.get("Other", 0)!, { lookup }), undefined);
  lookup.close();
});

Deno.test("lastOf() passes over padding and takes stand-ins for one unit", () => {
  const store = sample();
  const { queue } = store.queue();
  const { at, length } = store.log.records[7]!;
  const unit = { physicalOffset: at, size: length };
  queue.put(8, unit, unit, QUEUE_PADDING);
  using open = new OpenFiles(store.files);
  const queues = new QueueTable(open, { directory: PATHS.consumeQueue, fileUnits: 10 });
  queues.load();
  const last = lastOf(queues.get("TopicTest", 0)!);
  assert.deepEqual(last, { first: 7, last: 9, ...unit });
  assert.equal(endOf(store), behind(store, 7));
  const empty = new SmallStore();
  empty.queue().queue.pad(3);
  using files = new OpenFiles(empty.files);
  const padded = new QueueTable(files, { directory: PATHS.consumeQueue, fileUnits: 10 });
  padded.load();
  assert.equal(lastOf(padded.get("TopicTest", 0)!), undefined);
});

Deno.test("every queue of Java's stores leads to its own record last, of whatever kind it is", () => {
  let compared = 0;
  for (
    const name of ["4.9.7-a-clean-101", "5.5.0-e-bcq-102", "5.5.0-e-lmq-102", "5.5.0-e-cqext-102"]
  ) {
    const fs = storeInMemory(name);
    using open = new OpenFiles(fs);
    const queues = new QueueTable(open, { directory: PATHS.consumeQueue, fileUnits: 60 });
    const directory = PATHS.batchConsumeQueue;
    const batchQueues = new BatchQueueTable(open, {
      directory,
      fileUnits: 60,
      isBatch: () => true,
    });
    queues.load();
    batchQueues.load();
    const lookup = new LogLookup(fs, listSegments(fs, PATHS.commitLog));
    for (const queue of [...queues, ...batchQueues]) {
      const last = lastOf(queue);
      if (last === undefined) continue;
      const id = `${name}: ${queue.topic}/${queue.queueId}`;
      assert.equal(soundEnd(queue, { lookup }), last.physicalOffset + last.size, id);
      compared++;
    }
    lookup.close();
  }
  assert(compared > 20);
});
