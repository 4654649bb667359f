import assert from "node:assert/strict";
import { BatchQueueTable } from "./batch_queue_table.ts";
import { MemoryFiles } from "./file_memory.ts";
import { OpenFiles } from "./open_files.ts";
import { PutTopics } from "./put_topics.ts";
import { QueueTable } from "./queue_table.ts";
import { refusedPut, StagedPut } from "./staged_put.ts";

const PLACE = { physicalOffset: 100, queueOffset: 7, storeTimestamp: 1_700_000_000_000 };

function staged(): StagedPut {
  const files = new OpenFiles(new MemoryFiles());
  const topics = new PutTopics({
    queues: new QueueTable(files, { directory: "q", fileUnits: 10 }),
    batchQueues: new BatchQueueTable(files, {
      directory: "b",
      fileUnits: 10,
      isBatch: () => false,
    }),
  });
  return new StagedPut(topics.of("TopicTest"), undefined, PLACE, () => {});
}

Deno.test("StagedPut is the answer to a put that is stored", () => {
  const put = staged();
  const { status, stored, physicalOffset, queueOffset, storeTimestamp, physicalOffsets } = put;
  assert.deepEqual([status, stored, physicalOffsets], ["PUT_OK", true, [100]]);
  assert.deepEqual({ physicalOffset, queueOffset, storeTimestamp }, PLACE);
});

Deno.test("StagedPut names every record of a batch", () => {
  const put = staged();
  put.batchOffsets = [100, 200, 300];
  assert.deepEqual(put.physicalOffsets, [100, 200, 300]);
});

Deno.test("StagedPut.timedOut(): the message is stored, only the disk has not confirmed", () => {
  assert.deepEqual(staged().timedOut(), {
    status: "FLUSH_DISK_TIMEOUT",
    stored: true,
    ...PLACE,
    physicalOffsets: [100],
    wroteBytes: 0,
  });
});

Deno.test("refusedPut() has no place in the log", () => {
  const { stored, physicalOffset, queueOffset, physicalOffsets, reason } = refusedPut(
    "MESSAGE_ILLEGAL",
    "why",
  );
  assert.deepEqual([stored, physicalOffset, queueOffset, physicalOffsets], [false, -1, -1, []]);
  assert.equal(reason, "why");
});
