import assert from "node:assert/strict";
import { BatchQueueTable } from "./batch_queue_table.ts";
import { MemoryFiles } from "./file_memory.ts";
import { OpenFiles } from "./open_files.ts";
import { PutTopics } from "./put_topics.ts";
import { QueueTable } from "./queue_table.ts";

function tables(isBatch: (topic: string) => boolean = () => false) {
  const files = new OpenFiles(new MemoryFiles());
  return {
    queues: new QueueTable(files, { directory: "store/consumequeue", fileUnits: 100 }),
    batchQueues: new BatchQueueTable(files, {
      directory: "store/batchconsumequeue",
      fileUnits: 100,
      isBatch,
    }),
  };
}

Deno.test("PutTopics knows the limits of a topic by its name", () => {
  const topics = new PutTopics(tables());
  const facts = (name: string) => {
    const { bytes, isV2, isSafe, bytesMax } = topics.of(name);
    return [bytes.length, isV2, isSafe, bytesMax];
  };
  assert.deepEqual(facts("TopicTest"), [9, false, true, 127]);
  assert.deepEqual(facts("主题"), [6, false, true, 127]);
  assert.deepEqual(facts(`%RETRY%${"g".repeat(200)}`), [207, true, true, 255]);
  assert.deepEqual(facts("../up"), [5, false, false, 127]);
  assert.deepEqual(facts("half\ud83d"), [7, false, false, 127]);
});

Deno.test("PutTopic.queue() is the table's queue, whatever its id", () => {
  const all = tables();
  const topic = new PutTopics(all).of("TopicTest");
  for (const queueId of [0, 7, 1_023, 1_024, 2_000_000_000, -1]) {
    assert.equal(topic.queue(queueId), all.queues.getOrCreate("TopicTest", queueId));
    assert.equal(topic.queue(queueId), topic.queue(queueId));
  }
});

Deno.test("PutTopics.forget() lets go of queues that were removed", () => {
  const all = tables();
  const topics = new PutTopics(all);
  const before = topics.of("TopicTest").queue(0);
  topics.of("Other");
  topics.forget("TopicTest");
  all.queues.delete("TopicTest");
  assert.notEqual(topics.of("TopicTest").queue(0), before);
  assert.equal(topics.of("TopicTest").queue(0), all.queues.get("TopicTest", 0));
});

Deno.test("PutTopic.isBatch says where its messages belong", () => {
  const all = tables((topic) => topic === "Batches");
  const topics = new PutTopics(all);
  assert.deepEqual([topics.of("Batches").isBatch, topics.of("Other").isBatch], [true, false]);
  assert.equal(topics.of("Batches").batchQueue(3), all.batchQueues.getOrCreate("Batches", 3));
});
