import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { MemoryFiles } from "../file_memory.ts";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT } from "../format.ts";
import { offsetName, storePaths } from "../names.ts";
import { findQueueSizes } from "./queue_sizes.ts";

const PATHS = storePaths("store");

/** A store whose queues have one file each, of so many bytes. */
function queuesOf(kind: "consumequeue" | "batchconsumequeue", ...bytes: number[]): MemoryFiles {
  const fs = new MemoryFiles();
  bytes.forEach((length, queueId) => {
    fs.put(`store/${kind}/T/${queueId}/${offsetName(0)}`, new Uint8Array(length));
  });
  return fs;
}

Deno.test("findQueueSizes() finds what the broker of a recorded store was set to", () => {
  assert.deepEqual(findQueueSizes(storeInMemory("5.5.0-e-bcq-102"), PATHS), {
    simple: 60,
    batch: 8,
  });
  const { simple, batch } = findQueueSizes(storeInMemory("4.9.7-a-clean-101"), PATHS);
  assert.deepEqual([simple, batch], [60, undefined]);
});

Deno.test("findQueueSizes() takes what most queues have, and files of no whole units for nothing", () => {
  const { size } = QUEUE_UNIT;
  const simple = queuesOf("consumequeue", 7 * size, 9 * size, 9 * size, 7, 0, 10 * size + 1);
  assert.deepEqual(findQueueSizes(simple, PATHS), { simple: 9, batch: undefined });
  const batch = queuesOf("batchconsumequeue", 3 * BATCH_QUEUE_UNIT.size);
  assert.deepEqual(findQueueSizes(batch, PATHS), { simple: undefined, batch: 3 });
  assert.deepEqual(findQueueSizes(new MemoryFiles(), PATHS), {
    simple: undefined,
    batch: undefined,
  });
});
