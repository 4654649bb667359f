import assert from "node:assert/strict";
import { SmallQueue } from "../testdata/small_queue.ts";
import { ConsumeQueue } from "./consume_queue.ts";
import { DispatchRequest } from "./dispatch.ts";
import { MemoryFiles } from "./file_memory.ts";
import { OpenFiles } from "./open_files.ts";
import { QueueLanes } from "./queue_lanes.ts";
import { StoredUnits } from "./stored_units.ts";

function queueOf(topic: string, queueId: number, files = new MemoryFiles()): ConsumeQueue {
  const directory = `store/consumequeue/${topic}/${queueId}`;
  return new ConsumeQueue(new OpenFiles(files), { topic, queueId, directory, fileUnits: 10 });
}

function requestOf(wish: Partial<DispatchRequest>): DispatchRequest {
  return Object.assign(new DispatchRequest(), { topic: "T", size: 100, queued: true, ...wish });
}

Deno.test("QueueLanes.append() takes the next record of a queue that was opened, and no other", () => {
  const lanes = new QueueLanes();
  assert(!lanes.append(requestOf({})));
  const queues = [queueOf("T", 0), queueOf("T", 3), queueOf("U", 0)];
  for (const queue of queues) lanes.open(queue, undefined);
  assert(lanes.append(requestOf({ physicalOffset: 10 })));
  assert(lanes.append(requestOf({ topic: "U", physicalOffset: 20 })));
  assert(lanes.append(requestOf({ queueId: 3, physicalOffset: 30 })));
  assert(lanes.append(requestOf({ queueOffset: 1, physicalOffset: 40 })));
  for (const queueOffset of [0, 1, 3, -1]) assert(!lanes.append(requestOf({ queueOffset })));
  for (const queueId of [1, -1, 5_000]) assert(!lanes.append(requestOf({ queueId })));
  assert(!lanes.append(requestOf({ topic: "V" })));
  assert.deepEqual(queues.map(({ end }) => end), [2, 1, 1]);
  assert.equal(queues[0]!.unitAt(1)!.physicalOffset, 40);
});

Deno.test("QueueLanes.append() leaves a record alone to which the queue's files do not lead", () => {
  const files = new MemoryFiles();
  new SmallQueue(10, files, "store/consumequeue/T/0").putRecords(0, 3, 0);
  const queue = queueOf("T", 0, files);
  queue.load();
  const stored = new StoredUnits(queue, 3);
  queue.truncate(1);
  const lanes = new QueueLanes();
  lanes.open(queue, stored);
  assert(!lanes.append(requestOf({ queueOffset: 1, physicalOffset: 101 })));
  assert(lanes.append(requestOf({ queueOffset: 1, physicalOffset: 100 })));
  assert(lanes.append(requestOf({ queueOffset: 2, physicalOffset: 200 })));
  assert(!lanes.append(requestOf({ queueOffset: 3, physicalOffset: 300 })), "nobody knows of it");
});
