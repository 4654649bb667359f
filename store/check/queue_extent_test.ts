import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import type { QueueDirectory } from "../queue_reader.ts";
import { extentAround } from "./queue_extent.ts";

const QUEUE: QueueDirectory = {
  kind: "simple",
  topic: "TopicTest",
  queueId: 0,
  path: "store/consumequeue/TopicTest/0",
};

Deno.test("extentAround() is silent about offsets within, and tells the ends for all others", () => {
  const { files } = new SmallStore({ fileUnits: 4 }).addMany(10);
  const at = (offset: number) => extentAround(files, QUEUE, { offsets: [offset], logStart: 0 });
  for (const offset of [1, 4, 5, 9, 10]) assert.equal(at(offset), undefined, `${offset}`);
  for (const offset of [0, 11, 12, 13, 1e12, -5]) {
    assert.deepEqual(at(offset), { min: 0, max: 10 }, `${offset}`);
  }
});

Deno.test("extentAround() tells the ends as soon as one of several offsets is not within", () => {
  const { files } = new SmallStore({ fileUnits: 4 }).addMany(10);
  assert.equal(extentAround(files, QUEUE, { offsets: [10, 1, 5], logStart: 0 }), undefined);
  const extent = extentAround(files, QUEUE, { offsets: [10, 11, 5], logStart: 0 });
  assert.deepEqual(extent, { min: 0, max: 10 });
});

Deno.test("extentAround() leaves out units in front of the log and behind its end", () => {
  const store = new SmallStore({ fileUnits: 4 }).addMany(10);
  const { records } = store.log;
  const limits = { logStart: records[3]!.at, logEnd: records[7]!.at };
  const at = (offset: number) => extentAround(store.files, QUEUE, { offsets: [offset], ...limits });
  for (const offset of [4, 5, 7]) assert.equal(at(offset), undefined, `${offset}`);
  for (const offset of [0, 2, 3, 8, 10]) {
    assert.deepEqual(at(offset), { min: 3, max: 7 }, `${offset}`);
  }
});

Deno.test("extentAround() counts the messages of a batch queue, and not its units", () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const queue = { ...QUEUE, kind: "batch", path: "store/batchconsumequeue/T_bcq/0" } as const;
  const extent = extentAround(files, queue, { offsets: [1e6], logStart: 0 });
  assert(extent !== undefined && extent.min === 0 && extent.max > 14);
});

Deno.test("extentAround() finds nothing in a queue without files", () => {
  const { files } = new SmallStore();
  assert.deepEqual(extentAround(files, QUEUE, { offsets: [3], logStart: 0 }), { min: 0, max: 0 });
});
